"""Limits in every dimension, at the exact boundary, and what a reversal gives back of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.harbor import NOW, Member, harbor, said

from guerdon.program.model import Campaign, Limit, LimitPer, LimitPeriod, Program
from guerdon.rules.facts import SHARED
from guerdon.rules.limits import LIFE, named
from guerdon.values.money import Money

SPRING = Campaign("spring", {"en": "Spring"}, NOW.date(), NOW.date())
# 10:00 of a Wednesday in Berlin.
TEN = datetime(2026, 5, 20, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def program() -> Program:
    return harbor()


def limited(program: Program, limit: Limit) -> Program:
    """The program with this limit alone."""
    return replace(program, limits={limit.key: limit})


def times(per: LimitPer, period: LimitPeriod, most: int, **more: object) -> Limit:
    limit = Limit("most", {"en": "Most"}, per, period, None, most, ("visit", "walk", "gift", "sale"))
    return replace(limit, **more)  # type: ignore[arg-type]


def counted(member: Member) -> dict[tuple[int, str], int]:
    return {(owner, name): used for (owner, name, _), used in member.facts.allowances.items()}


@pytest.mark.parametrize(
    ("per", "name", "owner"),
    [
        ("member", "most", 7),
        ("location", "most:de-kiel", SHARED),
        ("rule", "most:walk", SHARED),
        ("market", "most:DE", SHARED),
        ("program", "most", SHARED),
    ],
)
def test_a_limit_counts_where_it_says(program: Program, per: LimitPer, name: str, owner: int) -> None:
    member = Member(limited(program, times(per, "life", 3)))
    for _ in range(3):
        assert member.hears("walk.done").outcome == "earned"
    assert said(member.hears("walk.done")) == ["limit:most"]
    assert member.facts.allowances == {(owner, name, LIFE): 3}


def test_a_limit_of_a_rule_or_a_market_leaves_the_others_alone(program: Program) -> None:
    member = Member(limited(program, times("rule", "life", 1)))
    assert [member.hears(kind).outcome for kind in ("walk.done", "visit.done", "walk.done")] == [
        "earned",
        "earned",
        "refused",
    ]
    there = Member(limited(program, times("market", "life", 1)))
    assert there.hears("walk.done").outcome == "earned"
    there.market = "NO"
    assert there.hears("walk.done").outcome == "earned"
    assert there.hears("walk.done").outcome == "refused"


def test_a_limit_holds_in_its_markets_only(program: Program) -> None:
    member = Member(limited(program, times("member", "life", 1, markets=("NO",))))
    assert [member.hears("walk.done").outcome for _ in range(3)] == ["earned"] * 3


def test_who_belongs_to_no_location_uses_no_locations_share(program: Program) -> None:
    member = Member(limited(program, times("location", "life", 1)), location=None)
    assert [member.hears("walk.done").outcome for _ in range(2)] == ["earned"] * 2
    assert member.facts.allowances == {}


def test_a_campaigns_limit_counts_the_rules_of_the_campaign(program: Program) -> None:
    walk = replace(program.rules["walk"], campaign="spring")
    spring = replace(
        limited(program, times("campaign", "life", 1)),
        rules={**program.rules, "walk": walk},
        campaigns={"spring": SPRING},
    )
    member = Member(spring)
    assert [member.hears(kind).outcome for kind in ("walk.done", "visit.done", "walk.done")] == [
        "earned",
        "earned",
        "refused",
    ]
    assert counted(member) == {(SHARED, "most:spring"): 1}


def test_a_rule_holds_on_both_days_of_its_campaign_and_not_outside(program: Program) -> None:
    walk = replace(program.rules["walk"], campaign="spring")
    spring = replace(program, rules={**program.rules, "walk": walk}, campaigns={"spring": SPRING}, limits={})
    member = Member(spring)
    # The campaign's one day, in Berlin: from 22:00 to 22:00 UTC.
    first = datetime(2026, 5, 19, 22, tzinfo=UTC)
    assert said(member.hears("walk.done", first - timedelta(seconds=1))) == ["campaign"]
    assert said(member.hears("walk.done", first)) == ["issue"]
    assert said(member.hears("walk.done", first + timedelta(hours=24, seconds=-1))) == ["issue"]
    assert said(member.hears("walk.done", first + timedelta(hours=24))) == ["campaign"]


def test_a_gift_ceiling_counts_by_the_contract_and_the_year(program: Program) -> None:
    member = Member(program)
    assert [member.hears("gift.given", contract=c).outcome for c in "aab"] == ["earned"] * 3
    # 100 and 100 are given for a; 250 is the most.
    assert said(member.hears("gift.given", contract="a")) == ["limit:order_year"]
    new_year = datetime(2025, 12, 31, 22, 59, tzinfo=UTC)
    assert said(member.hears("gift.given", new_year, contract="a")) == ["issue"]
    assert {(name, period.year): used for (_, name, period), used in member.facts.allowances.items()} == {
        ("order_year:a", 2026): 20_000,
        ("order_year:b", 2026): 10_000,
        ("order_year:a", 2025): 10_000,
    }


def test_what_has_no_value_in_the_counted_field_is_refused_and_named(program: Program) -> None:
    assert said(Member(program).hears("gift.given")) == ["missing:event.contract"]


def test_who_acts_is_counted_over_all_members(program: Program) -> None:
    member = Member(program)
    assert [member.hears("sale.made", seller="ann").outcome for _ in range(2)] == ["earned"] * 2
    member.member_id = 8
    member.facts.lots[8] = []
    member.books = type(member.books)()
    assert said(member.hears("sale.made", seller="ann")) == ["limit:seller_day"]
    assert said(member.hears("sale.made", seller="bob")) == ["issue"]


@pytest.mark.parametrize(
    ("period", "inside", "outside"),
    [
        # Days, months and years are Berlin's.
        ("day", datetime(2026, 5, 20, 21, 59, tzinfo=UTC), datetime(2026, 5, 20, 22, tzinfo=UTC)),
        ("day", datetime(2026, 5, 19, 22, tzinfo=UTC), datetime(2026, 5, 19, 21, 59, tzinfo=UTC)),
        ("month", datetime(2026, 4, 30, 22, tzinfo=UTC), datetime(2026, 4, 30, 21, 59, tzinfo=UTC)),
        ("month", datetime(2026, 5, 31, 21, 59, tzinfo=UTC), datetime(2026, 5, 31, 22, tzinfo=UTC)),
        ("year", datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2025, 12, 31, 22, 59, tzinfo=UTC)),
        ("life", datetime(2001, 1, 1, tzinfo=UTC), None),
    ],
)
def test_a_period_begins_and_ends_in_the_programs_zone(
    program: Program, period: LimitPeriod, inside: datetime, outside: datetime | None
) -> None:
    member = Member(limited(program, times("member", period, 1)))
    assert member.hears("walk.done", TEN).outcome == "earned"
    assert member.hears("walk.done", inside).outcome == "refused"
    if outside is not None:
        assert member.hears("walk.done", outside).outcome == "earned"


def test_the_last_hours_are_counted_whole_and_never_too_few(program: Program) -> None:
    fast = limited(program, times("member", "hours", 2, hours=3))

    def after(**passed: int) -> str:
        member = Member(fast)
        member.hears("walk.done", TEN + timedelta(minutes=30))
        member.hears("walk.done", TEN + timedelta(minutes=40))
        return member.hears("walk.done", TEN + timedelta(minutes=30) + timedelta(**passed)).outcome

    assert after(hours=2, minutes=59) == "refused"
    assert after(hours=3) == "refused"
    # 13:59, three hours and 29 minutes later: the hour in which they happened still counts.
    assert after(hours=3, minutes=29) == "refused"
    assert after(hours=3, minutes=30) == "earned"


def test_the_last_hours_reach_over_midnight_and_over_the_change_of_the_clock(program: Program) -> None:
    fast = limited(program, times("member", "hours", 1, hours=3))
    member = Member(fast)
    # In the night to 29 March 2026 there is no 02:00 in Berlin.
    night = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert member.hears("walk.done", night).outcome == "earned"
    assert member.hears("walk.done", night + timedelta(hours=3)).outcome == "refused"
    assert member.hears("walk.done", night + timedelta(hours=4)).outcome == "earned"
    # In the night to 25 October 2026 there are two.
    night = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert member.hears("walk.done", night).outcome == "earned"
    assert member.hears("walk.done", night + timedelta(hours=2, minutes=50)).outcome == "refused"


def test_an_amount_fits_whole_up_to_the_last_cent_or_not_at_all(program: Program) -> None:
    most = Limit("most", {"en": "Most"}, "member", "life", Money(20_000, "EUR"), None, ("gift",))
    member = Member(limited(program, most))
    assert [member.hears("gift.given", contract="a").outcome for _ in range(3)] == [
        "earned",
        "earned",
        "refused",
    ]
    short = Member(limited(program, replace(most, amount=Money(19_999, "EUR"))))
    assert [short.hears("gift.given", contract="a").outcome for _ in range(2)] == ["earned", "refused"]


def test_an_amount_counts_its_own_unit_only(program: Program) -> None:
    most = Limit("most", {"en": "Most"}, "member", "life", Money(10, "SLOW"), None, ("walk", "visit", "gift"))
    member = Member(limited(program, most))
    kinds = ("walk.done", "visit.done", "walk.done", "walk.done")
    assert [member.hears(kind).outcome for kind in kinds] == ["earned", "earned", "earned", "refused"]
    assert counted(member) == {(7, "most"): 10}


def test_a_limit_that_refuses_comes_before_one_that_holds(program: Program) -> None:
    holds = times("member", "life", 1, key="first", over="hold")
    refuses = times("member", "life", 1, key="second")
    member = Member(replace(program, limits={"first": holds, "second": refuses}))
    member.hears("walk.done")
    assert said(member.hears("walk.done")) == ["limit:second"]


def test_a_refusal_uses_nothing_of_any_limit(program: Program) -> None:
    wide, narrow = times("member", "life", 9, key="wide"), times("member", "life", 1, key="narrow")
    member = Member(replace(program, limits={"wide": wide, "narrow": narrow}))
    for _ in range(4):
        member.hears("walk.done")
    assert counted(member) == {(7, "wide"): 1, (7, "narrow"): 1}


def test_a_reversal_gives_back_what_its_reward_had_used_where_it_had_used_it(program: Program) -> None:
    member = Member(program)
    member.hears("gift.given", TEN, contract="a")
    member.hears("gift.given", contract="a")
    assert said(member.hears("gift.given", contract="a")) == ["limit:order_year"]
    member.location = "de-ulm"
    assert member.hears("gift.undone", contract="a").outcome == "reversed"
    assert counted(member) == {(7, "order_year:a"): 10_000}
    assert said(member.hears("gift.given", contract="a")) == ["issue"]


def test_a_reversal_of_part_gives_back_that_part_and_the_time_with_the_last(program: Program) -> None:
    points = replace(program.rules["returned"].reversals[1], rule="points")
    undo = replace(program.rules["returned"], then=(points,))
    limits = {
        "amount": Limit("amount", {"en": ""}, "member", "life", Money(1000, "PTS"), None, ("points",)),
        "times": Limit("times", {"en": ""}, "location", "life", None, 9, ("points",)),
    }
    member = Member(replace(program, limits=limits, rules={**program.rules, "returned": undo}))
    member.hears("order.placed", order_no="1", amount=2_000)
    member.hears("order.returned", order_no="1", refunded=1, total=4)
    assert counted(member) == {(7, "amount"): 75, (SHARED, "times:de-kiel"): 1}
    member.hears("order.returned", order_no="1", refunded=3, total=4)
    assert counted(member) == {(7, "amount"): 0, (SHARED, "times:de-kiel"): 0}


def test_a_limit_younger_than_the_reward_gives_nothing_back_that_it_never_counted(program: Program) -> None:
    member = Member(replace(program, limits={}))
    member.hears("gift.given", contract="a")
    member.playbook = type(member.playbook)(program, 1, 2)
    assert member.hears("gift.undone", contract="a").outcome == "reversed"
    assert member.facts.allowances_used == {}


def test_the_highest_point_of_what_members_share_is_remembered(program: Program) -> None:
    member = Member(limited(program, times("program", "life", 5)))
    for kind in ("gift.given", "gift.given", "gift.undone", "gift.given"):
        member.hears(kind, contract="a")
    key = (SHARED, "most", LIFE)
    assert member.facts.allowances_used[key] == 2
    assert member.facts.allowances_highest[key] == 2


@pytest.mark.parametrize("value", ["x" * 81, "two\nlines", "a:b"])
def test_any_text_can_be_part_of_a_name(program: Program, value: str) -> None:
    member = Member(program)
    assert member.hears("gift.given", contract=value).outcome == "earned"
    ((_, name, _),) = member.facts.allowances
    assert name.startswith("order_year:")
    assert name.isprintable()
    assert len(name) < 100


def test_a_value_has_one_name_whether_it_was_decided_just_now_or_read_back() -> None:
    assert named(True) == "true"
    assert named(17) == "17"
    assert named(datetime(2026, 5, 1, 12, tzinfo=UTC)) == "2026-05-01T12:00:00Z"


@settings(max_examples=60, deadline=None)
@given(
    most=st.integers(1, 4),
    minutes=st.lists(st.integers(0, 60 * 24 * 3), min_size=1, max_size=20),
    hours=st.integers(1, 30),
)
def test_no_window_of_the_last_hours_ever_holds_more_than_its_limit(
    most: int, minutes: list[int], hours: int
) -> None:
    fast = limited(harbor_once(), times("member", "hours", most, hours=hours))
    member, given_at = Member(fast), []
    for minute in sorted(minutes):
        at = TEN + timedelta(minutes=minute)
        if member.hears("walk.done", at).outcome == "earned":
            given_at.append(at)
    for last in given_at:
        window = [at for at in given_at if last - timedelta(hours=hours) < at <= last]
        assert len(window) <= most


_known: list[Program] = []


def harbor_once() -> Program:
    if not _known:
        _known.append(harbor())
    return _known[0]
