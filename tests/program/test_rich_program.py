"""What a program that uses every word becomes: lives, trees, limits, steps and ladders written out."""

from datetime import date
from decimal import Decimal

from tests.program.programs import Mistakes, read_whole

from guerdon.ledger.chart import budget_account
from guerdon.program.load import bundle, read_program
from guerdon.program.model import (
    ApprovalTimes,
    Campaign,
    Expiry,
    Life,
    Limit,
    Mature,
    Pending,
    Program,
    Rate,
    Reverse,
    Reward,
    Rung,
    TopUp,
)
from guerdon.values.money import Money


def test_every_unit_has_a_life(rich_program: Program) -> None:
    assert dict(rich_program.lives) == {
        "EUR": Life("EUR"),
        "NOK": Life("NOK"),
        "PTS": Life(
            "PTS",
            Expiry("rolling", months=12),
            Pending("until", event="order.delivered"),
            "half_up",
            100_000,
        ),
        "lease": Life("lease", Expiry("inactivity", months=18), Pending("days", days=14), "half_even"),
        "STAT": Life("STAT", Expiry("date", months=12, month=12, day=31)),
        "gems": Life("gems", Expiry("anniversary", months=24)),
    }


def test_a_unit_that_says_nothing_is_there_at_once_and_stays(program: Program) -> None:
    assert program.lives["stars"] == Life("stars", Expiry("never"), Pending("at_once"), "down", None)


def test_lengths_of_time_are_days_months_or_years(rich: str) -> None:
    for written, months, days in (("1 day", 0, 1), ("90 days", 0, 90), ("1 month", 1, 0), ("2 years", 24, 0)):
        read = read_whole(rich.replace("after: 12 months", f"after: {written}"))
        assert read.lives["PTS"].expiry == Expiry("rolling", months=months, days=days)


def test_money_comes_from_the_account_above_that_holds_its_unit(rich_program: Program) -> None:
    parents = {
        budget_account(budget.key, node.place): node.parent_account
        for budget in rich_program.budgets.values()
        for node in budget.nodes.values()
    }
    assert parents == {
        budget_account("central", ""): None,
        budget_account("by_market", "DE"): budget_account("central", ""),
        # Norway pays in its own currency, which the center does not hold.
        budget_account("by_market", "NO"): None,
        budget_account("by_dealer", "de-kiel"): budget_account("by_market", "DE"),
        budget_account("by_dealer", "de-bonn"): budget_account("by_market", "DE"),
        budget_account("by_dealer", "no-oslo"): budget_account("by_market", "NO"),
        budget_account("points", ""): None,
    }


def test_what_a_budget_says_is_kept(rich_program: Program) -> None:
    by_market, by_dealer = rich_program.budgets["by_market"], rich_program.budgets["by_dealer"]
    assert (by_market.per, by_market.parent, by_market.period) == ("market", "central", "year")
    assert (by_market.carry_over, by_market.when_empty) == (True, "hold")
    assert by_market.top_up == TopUp({"DE": 30_000}, {"DE": 50_000})
    assert by_market.amounts_minor == {"DE": 300_000, "NO": 900_000}
    assert {place: node.unit for place, node in by_market.nodes.items()} == {"DE": "EUR", "NO": "NOK"}
    assert by_dealer.amounts_minor == {"de-kiel": 200_000, "de-bonn": 100_000, "no-oslo": 0}
    assert by_dealer.nodes["de-bonn"].market == "DE"
    assert (by_dealer.warn_percent, by_dealer.when_empty, by_dealer.top_up) == ((50, 80), "refuse", None)
    assert rich_program.budgets["points"].warn_percent == (70, 90, 100)


def test_one_top_up_may_hold_for_all_places_and_a_share_of_nothing_is_none(rich: str) -> None:
    read = read_whole(
        rich.replace("NO: 9000.00 NOK", "NO: 0")
        .replace("below: { DE: 10% }, amount: { DE: 500.00 }", "below: 50%, amount: 500.00")
        .replace("no-oslo: 0 NOK", "no-oslo: 0")
        .replace("NO: 2300.00 NOK }, pay", "NO: 200.00 EUR }, pay")
    )
    assert read.budgets["by_market"].top_up == TopUp({"DE": 150_000}, {"DE": 50_000})


def test_a_budget_that_only_feeds_others_is_used(rich_mistakes: Mistakes) -> None:
    found = rich_mistakes("pay_from: by_dealer", "pay_from: by_market")
    assert [(problem.where, problem.what) for problem in found] == [
        ("budgets.by_dealer", "no rule pays from this budget")
    ]


def test_limits_say_what_they_count_apart_and_in_which_time(rich_program: Program) -> None:
    rules, both = tuple(rich_program.rules), ("DE", "NO")
    name = {"en": "Velocity"}
    assert rich_program.limits["velocity"] == Limit(
        "velocity", name, "member", "hours", None, 3, rules, both, hours=24, over="hold"
    )
    gift, advisor = rich_program.limits["gift"], rich_program.limits["advisor_day"]
    assert (gift.per, gift.field, gift.period, gift.over) == ("field", "contract", "year", "refuse")
    assert gift.amount == Money(50_000, "EUR")
    assert gift.rules == ("order", "spring_order")
    assert (advisor.per, advisor.field, advisor.period) == ("person", "advisor", "day")
    assert rich_program.limits["dealer"].markets == ("DE",)
    assert rich_program.limits["spring_ever"].per == "campaign"


def test_a_limit_that_holds_may_lie_below_what_a_rule_gives(rich: str) -> None:
    read = read_whole(rich.replace("amount: 500.00 EUR, rules", "amount: 20.00 EUR, over: hold, rules"))
    assert read.limits["gift"].over == "hold"


def test_amounts_differ_by_market(rich_program: Program) -> None:
    order = rich_program.rules["order"].reward
    assert order is not None
    assert order.value_in("DE") == Money(20_000, "EUR")
    assert order.value_in("NO") == Money(230_000, "NOK")
    assert order.value_in("SE") is None
    assert order.units == {"EUR", "NOK"}
    assert (order.valid_days, order.pending, order.reference) == (180, Pending("days", days=14), "order_no")


def test_a_rate_is_kept_to_the_last_digit(rich_program: Program) -> None:
    points = rich_program.rules["order_points"].reward
    rate = Rate("amount", Decimal("0.05"), "PTS", 500)
    assert points == Reward({}, rate, pay_from="points", reference="order_no")
    assert points.unit_in("NO") == "PTS"
    assert points.value_in("NO") is None


def test_only_money_needs_somebody_to_pay_it(rich_program: Program) -> None:
    status = rich_program.rules["status"].reward
    assert status is not None
    assert (status.pay_from, status.value, status.pending) == (None, Money(10, "STAT"), Pending())


def test_steps_look_back(rich_program: Program) -> None:
    assert rich_program.rules["return"].reversals == (
        Reverse("order", "order_no", "refunded", "total", "location"),
        Reverse("order_points", "order_no"),
    )
    assert rich_program.rules["status"].releases == (Mature("order_points", "order_no"),)
    assert rich_program.rules["order"].reversals == ()


def test_a_campaign_has_its_first_and_its_last_day(rich_program: Program) -> None:
    assert dict(rich_program.campaigns) == {
        "spring": Campaign("spring", {"en": "Spring"}, date(2026, 3, 1), date(2026, 5, 31))
    }
    spring_order = rich_program.rules["spring_order"]
    assert (spring_order.campaign, spring_order.markets) == ("spring", ("DE",))
    assert rich_program.rules["order"].markets == ("DE", "NO")


def test_an_item_is_only_where_its_category_is_allowed(rich_program: Program) -> None:
    assert rich_program.items["cake"].markets == ("DE", "NO")
    assert rich_program.items["power"].markets == ("NO",)
    assert rich_program.choices(Money(20_000, "EUR"), "DE") == [rich_program.items["cake"]]
    assert rich_program.allowed["DE"] == {"gift_card"}


def test_what_is_spent_from_a_balance_has_a_price(rich_program: Program) -> None:
    cake = rich_program.items["cake"]
    assert (cake.price_minor("PTS"), cake.price_minor("lease")) == (900, None)
    assert rich_program.items["power"].price_minor("lease") == 2500


def test_an_amount_stands_on_the_first_rung_that_takes_it(rich_program: Program) -> None:
    def rung_of(market: str, unit: str, amount_minor: int) -> int:
        ladder = rich_program.ladders["reward"]
        return next(n for n, rung in enumerate(ladder) if rung.takes(market, unit, amount_minor))

    assert rung_of("DE", "EUR", 25_000) == 0
    assert rung_of("DE", "EUR", 25_001) == 1
    # The lowest rung is Germany's alone.
    assert rung_of("NO", "NOK", 250_000) == 1
    assert rung_of("NO", "NOK", 1_000_001) == 2
    # Nobody said how much of these is little.
    assert rung_of("DE", "PTS", 1) == 2


def test_each_kind_of_request_has_a_ladder_without_being_told(
    program: Program, rich_program: Program
) -> None:
    both = Rung({}, ("finance", "program_owner"), 2)
    assert dict(program.ladders) == {
        "reward": (
            Rung({"EUR": 25_000}, ("dealer_manager",)),
            Rung({"EUR": 100_000}, ("program_owner",)),
            both,
        ),
        "adjustment": (Rung({}, ("finance",)),),
        "budget": (Rung({}, ("finance",)),),
        "bulk": (both,),
        "version": (Rung({}, ("program_owner",)),),
        "grant": (Rung({}, ("program_owner",)),),
    }
    assert program.approval == ApprovalTimes(336, 24)
    assert rich_program.ladders["version"] == (Rung({}, ("program_owner",), 2),)
    assert rich_program.ladders["bulk"] == (both,)


def test_little_may_pass_without_a_signature(rich: str) -> None:
    rung = "- { up_to: [250.00 EUR, 2500.00 NOK], by: [dealer_manager], markets: [DE] }"
    read = read_whole(rich.replace(rung, "- { up_to: 10.00 EUR, people: 0 }"))
    assert read.ladders["reward"][0] == Rung({"EUR": 1000}, (), 0)


def test_the_stored_copy_of_a_rich_program_makes_an_equal_one(rich_program: Program) -> None:
    again = read_program(bundle(rich_program))
    assert again == rich_program
    assert isinstance(again, Program)
    assert again.sha == rich_program.sha


def test_without_locations_nothing_is_divided_by_them(rich: str) -> None:
    start, end = rich.index("locations:\n"), rich.index("members:\n")
    found = read_program(rich[:start] + rich[end:])
    assert isinstance(found, list)
    assert {problem.where for problem in found if "the program has no locations" in problem.what} == {
        "budgets.by_dealer.amounts",
        "limits.dealer.per",
        "rules.return.then[0].reverse.if_spent",
    }


def test_ten_thousand_locations_may_each_have_a_budget(rich: str) -> None:
    rows = "".join(f"  l{number}: {{ name: L, market: DE }}\n" for number in range(9_900))
    amounts = ", ".join(f"l{number}: 0" for number in range(9_900))
    read = read_whole(
        rich.replace("locations:\n", "locations:\n" + rows).replace(
            "no-oslo: 0 NOK", f"no-oslo: 0 NOK, {amounts}"
        )
    )
    assert len(read.budgets["by_dealer"].nodes) == 9_903
