"""What an event must earn, on cases small enough to do by hand."""

from dataclasses import replace

import pytest
from examples.ev_maker.simulator.contacts import Contact
from examples.ev_maker.simulator.events import MOMENTS, Change, expected
from examples.ev_maker.simulator.expect import (
    Expectation,
    Limit,
    Outcome,
    Pools,
    Refill,
    from_json,
    month_of,
    tight_budgets,
    to_json,
)
from examples.ev_maker.simulator.tally import resolve
from examples.ev_maker.simulator.terms import Terms

POOLS = Pools(
    limits=(
        Limit("member_month", amount_minor=60_000),
        Limit("test_drive_month", times=2, rules=frozenset({"test_drive"})),
    ),
    budgets={"by_market:NO": 1_000_000, "by_market:PT": 50_000},
)
ADA = Contact(
    "hubspot",
    "7",
    "Ada",
    "ada@example.com",
    "",
    "NO",
    "en",
    "oslo",
    employee=False,
    segment="private",
    contact="7",
)
NOON = 1_795_258_800_000


def claim(event_id: str, rule: str = "booking", contact: str = "7", **other: str) -> Expectation:
    value_minor = {"test_drive": 2_500, "booking": 20_000, "referral": 35_000}[rule]
    market = other.get("market", "NO")
    return Expectation(
        event_id=event_id,
        contact=contact,
        type=rule,
        market=market,
        month=other.get("month", "2026-11"),
        must="earn",
        rule=rule,
        value_minor=value_minor,
        claims=True,
        pays_from=f"by_market:{market}",
        happened_at=int(other.get("at", NOON)),
    )


def cancel(event_id: str, contact: str = "7", at: int = NOON) -> Expectation:
    return Expectation(
        event_id=event_id,
        contact=contact,
        type="booking.canceled",
        market="NO",
        month="2026-11",
        must="take_back",
        rule="canceled",
        claims=True,
        takes_back="booking",
        happened_at=at,
    )


def resolved(*claims: Expectation, order: str = "") -> dict[str, str]:
    decided = order.split() or [one.event_id for one in claims]
    return {key: outcome.reason for key, outcome in resolve(claims, decided, POOLS).items()}


def change(event_type: str, value: str = "") -> Change:
    name, known = MOMENTS[event_type]
    return Change(1, 7, NOON, name, known or value)


def test_a_month_in_the_programs_zone_begins_before_utcs() -> None:
    last_half_hour_of_october_in_utc = 1_793_489_400_000
    assert month_of(last_half_hour_of_october_in_utc, "UTC") == "2026-10"
    assert month_of(last_half_hour_of_october_in_utc, "Europe/Berlin") == "2026-11"


def test_a_claim_earns_its_value() -> None:
    assert resolve([claim("a")], ["a"], POOLS) == {"a": Outcome("earn", "booking", 20_000, "issued")}


def test_a_limit_may_be_used_up_to_its_last_cent() -> None:
    assert resolved(claim("a"), claim("b"), claim("c"), claim("d", "test_drive")) == {
        "a": "issued",
        "b": "issued",
        "c": "issued",
        "d": "limit:member_month",
    }


def test_a_refused_claim_leaves_the_limit_to_a_smaller_one() -> None:
    reasons = resolved(claim("a", "referral"), claim("b", "referral"), claim("c"), claim("d", "test_drive"))
    assert reasons == {"a": "issued", "b": "limit:member_month", "c": "issued", "d": "issued"}


def test_a_third_test_drive_in_a_month_earns_nothing_and_the_next_month_begins_anew() -> None:
    drives = [claim(name, "test_drive") for name in "abc"] + [claim("d", "test_drive", month="2026-12")]
    assert resolved(*drives) == {"a": "issued", "b": "issued", "c": "limit:test_drive_month", "d": "issued"}


def test_limits_are_each_members_own() -> None:
    claims = [claim("a", "referral"), claim("b", "referral", contact="8")]
    assert resolved(*claims) == {"a": "issued", "b": "issued"}


def test_the_budget_goes_to_whoever_was_decided_first() -> None:
    claims = [claim(name, contact=name, market="PT") for name in "abc"]
    assert resolved(*claims, order="c a b") == {"c": "issued", "a": "issued", "b": "budget:by_market"}


def test_a_budget_refusal_takes_nothing_from_the_limit() -> None:
    claims = [claim(name, contact=name, market="PT") for name in "ab"]
    claims += [claim("c", "referral", market="PT"), claim("d", "test_drive", market="PT")]
    claims += [claim("e", "referral"), claim("f")]
    reasons = resolved(*claims)
    assert reasons["c"] == "budget:by_market"
    assert (reasons["d"], reasons["e"], reasons["f"]) == ("issued", "issued", "issued")


def test_a_limit_refusal_takes_nothing_from_the_budget() -> None:
    drives = [claim(name, "test_drive", market="PT") for name in "abc"]
    bookings = [claim(name, contact=name, market="PT") for name in "de"]
    last_two = [claim(name, "test_drive", contact=name, market="PT") for name in "fg"]
    reasons = resolved(*drives, *bookings, *last_two)
    assert reasons.pop("c") == "limit:test_drive_month"
    assert set(reasons.values()) == {"issued"}, "50 + 400 + 50 euros are exactly the budget"


def test_a_cancellation_gives_back_to_limit_and_budget() -> None:
    bookings = [claim(name, contact=name, market="PT") for name in "ab"]
    later = [claim(name, contact=name, market="PT") for name in "def"]
    outcomes = resolve([*bookings, cancel("c", contact="a"), *later], "abcdef", POOLS)
    assert outcomes["c"] == Outcome("take_back", "canceled", 0, "", "canceled", 20_000)
    assert [outcomes[key].reason for key in "def"] == ["issued", "budget:by_market", "budget:by_market"]
    drives = [claim("a"), claim("b"), cancel("c"), claim("d", "referral")]
    assert resolved(*drives)["d"] == "issued", "200 + 350 euros are within the month's 600"


def test_a_cancellation_takes_the_latest_booking_and_each_only_once() -> None:
    early, late = claim("a", at=str(NOON - 2)), claim("b", at=str(NOON - 1))
    told = [early, late, cancel("c"), cancel("d"), cancel("e")]
    outcomes = resolve(told, "bacde", POOLS)
    assert [outcomes[key].must for key in "cde"] == ["take_back", "take_back", "nothing"]


def test_a_cancellation_waits_for_the_booking_that_had_happened_by_then() -> None:
    before, after = claim("a", at=str(NOON - 1)), claim("b", at=str(NOON + 1))
    outcomes = resolve([cancel("c"), after, before], "cba", POOLS)
    assert outcomes["c"] == Outcome("nothing", "canceled", 0, "nothing_to_cancel")
    assert outcomes["b"] == Outcome("earn", "booking", 20_000, "issued")
    assert outcomes["a"] == Outcome("earn", "booking", 20_000, "issued", "canceled", 20_000)


def test_a_canceled_booking_of_somebody_else_is_theirs() -> None:
    outcomes = resolve([claim("a"), cancel("c", contact="8")], "ac", POOLS)
    assert outcomes["c"].must == "nothing"


def test_what_is_too_much_within_some_hours_is_held_with_its_money() -> None:
    hour = 3_600_000
    pools = Pools((Limit("velocity", amount_minor=50_000, hours=24, holds=True),), {"by_market:PT": 75_000})
    told = [
        claim("a", "referral", market="PT", at=str(NOON)),
        claim("b", market="PT", at=str(NOON + 24 * hour)),
        claim("c", market="PT", at=str(NOON + 25 * hour)),
        claim("d", market="PT", contact="8"),
    ]
    reasons = {key: outcome.reason for key, outcome in resolve(told, "abcd", pools).items()}
    assert reasons == {"a": "issued", "b": "limit:velocity", "c": "issued", "d": "budget:by_market"}


def test_an_account_is_refilled_once_out_of_what_its_giver_kept() -> None:
    refills = {"by_market:PT": Refill(5_000, 40_000, "central:")}
    pools = Pools((), {"central:": 50_000, "by_market:PT": 20_000}, refills)
    told = [claim(name, contact=name, market="PT") for name in "abcd"]
    reasons = [outcome.reason for outcome in resolve(told, "abcd", pools).values()]
    assert reasons == ["issued", "issued", "issued", "budget:by_market"]


def test_what_was_not_decided_consumes_nothing() -> None:
    claims = [claim(name, contact=name, market="PT") for name in "abc"]
    assert resolved(*claims, order="b c nobody_knows") == {"b": "issued", "c": "issued"}


def test_what_claims_nothing_stays_as_it_was_foretold() -> None:
    waits = replace(claim("a"), claims=False, must="wait", reason="unknown_contact")
    assert resolve([waits], ["a"], POOLS)["a"] == Outcome("wait", "booking", 0, "unknown_contact")


def test_a_budget_is_tight_when_more_is_claimed_than_it_holds() -> None:
    claims = [claim(name, contact=name, market="PT") for name in "abc"] + [claim("d")]
    assert tight_budgets(claims, POOLS) == {"by_market:PT"}
    assert tight_budgets(claims[1:], POOLS) == frozenset()


def test_an_expectation_survives_its_line() -> None:
    assert from_json(to_json(claim("a"))) == claim("a")


@pytest.mark.parametrize(
    ("event_type", "rule", "value_minor"),
    [
        ("test_drive.completed", "test_drive", 2_500),
        ("booking.confirmed", "booking", 20_000),
        ("referral.succeeded", "referral", 35_000),
    ],
)
def test_each_moment_pays_what_the_program_says(
    terms: Terms, event_type: str, rule: str, value_minor: int
) -> None:
    foretold = expected(terms, ADA, event_type, change(event_type, "8"))
    assert (foretold.must, foretold.rule, foretold.value_minor) == ("earn", rule, value_minor)
    assert (foretold.pays_from, foretold.month) == ("by_market:NO", "2026-11")


def test_a_canceled_booking_takes_back_what_the_booking_gave(terms: Terms) -> None:
    foretold = expected(terms, ADA, "booking.canceled", change("booking.canceled"))
    assert (foretold.must, foretold.rule, foretold.takes_back) == ("take_back", "canceled", "booking")


def test_the_terms_of_the_pools_are_read(terms: Terms) -> None:
    assert terms.pools.limits[2] == Limit("velocity", amount_minor=100_000, hours=24, holds=True)
    assert terms.pools.budgets == {"central:": 100_000, "by_market:NO": 40_000_000, "by_market:PT": 100_000}
    assert terms.pools.refills == {"by_market:NO": Refill(2_000_000, 50_000, "central:")}


def test_an_employee_earns_nothing(terms: Terms) -> None:
    foretold = expected(terms, replace(ADA, employee=True), "booking.confirmed", change("booking.confirmed"))
    assert (foretold.must, foretold.reason) == ("nothing", "condition")


def test_nobody_earns_for_referring_themselves(terms: Terms) -> None:
    foretold = expected(terms, ADA, "referral.succeeded", change("referral.succeeded", "7"))
    assert (foretold.must, foretold.reason) == ("nothing", "condition")


def test_a_moment_without_a_rule_earns_nothing(terms: Terms) -> None:
    foretold = expected(terms, ADA, "test_drive.no_show", change("test_drive.no_show"))
    assert (foretold.must, foretold.reason) == ("nothing", "no_rule")


def test_norway_is_a_market_and_no_boolean(terms: Terms) -> None:
    assert terms.locations == {"NO": ("oslo", "bergen"), "PT": ("porto",)}
