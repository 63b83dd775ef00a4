"""Figures on screens are what the books hold: sums, percentiles, steps, series and budgets."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.redeem.house import NOW, House, opened_house

from guerdon.queries.budgets import list_budgets
from guerdon.queries.overview import Cut, Delays, Overview, load_overview
from guerdon.queries.receipts import count_reasons, list_latest
from guerdon.queries.series import Series, load_series
from guerdon.values.money import Money

ALL = Cut("EUR")
TODAY = NOW.date()


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    with opened_house(database, secret) as made:
        made.stock_everything()
        yield made


def overview_of(house: House, cut: Cut = ALL) -> Overview:
    with house.opens(None)() as tx:
        return load_overview(tx, house.program, cut)


def series_of(house: House, now: datetime, cut: Cut = ALL) -> Series:
    with house.opens(None)() as tx:
        return load_series(tx, house.program, cut, now)


def test_nothing_has_happened_yet(house: House) -> None:
    figures = overview_of(house)
    assert (figures.sums.issued, figures.members, figures.owed, figures.events) == (0, 0, 0, 0)
    assert figures.reward_delays.within_ms(0.5) is None
    assert series_of(house, NOW).points == ()
    assert all(step.members == step.events == 0 for step in figures.steps)


def test_sums_are_those_of_the_books(house: House) -> None:
    house.enroll(1)
    house.enroll(2)
    chosen = house.reward(1, at=NOW)
    house.reward(1, at=NOW + timedelta(hours=1), value=Money(35_000, "EUR"), rule="referral")
    house.reward(2, at=NOW)
    house.choose(1, chosen, now=NOW + timedelta(hours=2))
    figures = overview_of(house)
    assert (figures.sums.issued, figures.sums.issued_value) == (3, 75_000)
    assert (figures.sums.redeemed, figures.sums.redeemed_value) == (1, 20_000)
    assert (figures.sums.redeemed_48h, figures.sums.redeemed_phone) == (1, 1)
    assert figures.owed == 55_000
    assert figures.members == 2


def test_a_step_counts_members_who_were_rewarded_here_and_a_step_before(house: House) -> None:
    for member_id, rules in ((1, ["test_drive", "booking"]), (2, ["test_drive"]), (3, ["booking"])):
        house.enroll(member_id)
        for rule in rules:
            house.reward(member_id, rule=rule)
    booking = next(step for step in overview_of(house).steps if step.type == "booking.confirmed")
    assert (booking.members, booking.members_before, booking.went_on) == (2, 2, 1)
    assert booking.issued == 2


def test_a_cut_by_market_and_days_leaves_the_rest_out(house: House) -> None:
    house.enroll(1)
    house.reward(1, at=NOW)
    house.reward(1, at=NOW - timedelta(days=40))
    assert overview_of(house, Cut("EUR", "DE")).sums.issued == 2
    assert overview_of(house, Cut("EUR", "FR")).sums.issued == 0
    last_days = Cut("EUR", None, TODAY - timedelta(days=7), TODAY)
    assert (overview_of(house, last_days).sums.issued, overview_of(house, last_days).members) == (1, 1)


def test_no_cut_shows_more_redeemed_than_given(house: House) -> None:
    house.enroll(1)
    day = timedelta(days=1)
    # Two events came late, one in time; each reward is redeemed on a day of its own.
    rewards = [
        house.reward(1, at=NOW - 2 * day, happened=NOW - 9 * day),
        house.reward(1, at=NOW - 2 * day, happened=NOW - 4 * day),
        house.reward(1, at=NOW - 2 * day),
    ]
    for n, reward in enumerate(rewards):
        house.choose(1, reward, now=NOW - (2 - n) * day)
    days = [TODAY - n * day for n in range(10)]
    cuts = [ALL, *(Cut("EUR", "DE", first, last) for first in days for last in days if first <= last)]
    for cut in cuts:
        sums, points = overview_of(house, cut).sums, series_of(house, NOW, cut).points
        assert (sums.redeemed, sums.redeemed_value) <= (sums.issued, sums.issued_value), cut
        assert all(point.redeemed <= point.issued for point in points), cut
        assert sum(point.redeemed for point in points) == sums.redeemed_value, cut
    assert overview_of(house, Cut("EUR", None, TODAY - 4 * day, TODAY - 4 * day)).sums.redeemed == 1
    assert overview_of(house, Cut("EUR", None, TODAY - day, TODAY)).sums.redeemed == 0


def test_a_chart_of_one_day_ends_with_that_day(house: House) -> None:
    house.enroll(1)
    house.reward(1, at=NOW - timedelta(days=30))
    day = TODAY - timedelta(days=30)
    points = series_of(house, NOW, Cut("EUR", None, day, day)).points
    assert {point.at.date() for point in points} == {day}


def test_a_percentile_is_the_upper_bound_of_its_class() -> None:
    delays = Delays(((100, 5), (200, 4), (1000, 1)))
    assert [delays.within_ms(share) for share in (0.5, 0.51, 0.9, 0.99)] == [100, 200, 200, 1000]


def test_the_first_day_is_told_by_minutes(house: House) -> None:
    house.enroll(1)
    house.reward(1, at=NOW)
    house.reward(1, at=NOW + timedelta(minutes=10))
    series = series_of(house, NOW + timedelta(minutes=20))
    assert series.pace == "minute"
    assert [point.issued for point in series.points] == [20_000, *[0] * 9, 20_000, *[0] * 10]


def test_later_it_is_told_by_days_without_gaps_and_then_by_weeks(house: House) -> None:
    house.enroll(1)
    house.reward(1, at=NOW)
    by_day = series_of(house, NOW + timedelta(days=9))
    assert (by_day.pace, len(by_day.points)) == ("day", 10)
    assert [point.issued for point in by_day.points] == [20_000, *[0] * 9]
    by_week = series_of(house, NOW + timedelta(days=120))
    assert by_week.pace == "week"
    assert sum(point.issued for point in by_week.points) == 20_000
    assert by_week.points[0].at.weekday() == 0


def test_a_series_adds_up_to_the_sum_whatever_its_pace(house: House) -> None:
    house.enroll(1)
    for days in (0, 1, 5, 30, 100):
        house.reward(1, at=NOW - timedelta(days=days))
    for cut in (ALL, Cut("EUR", "DE"), Cut("EUR", None, TODAY - timedelta(days=1), TODAY)):
        issued = overview_of(house, cut).sums.issued_value
        assert sum(point.issued for point in series_of(house, NOW, cut).points) == issued


def test_budgets_tell_what_is_left_and_forecast_nothing_from_a_single_day(house: House) -> None:
    house.enroll(1)
    house.reward(1, at=NOW)
    with house.opens(None)() as tx:
        lines = list_budgets(tx, house.program, TODAY)
    germany = next(line for line in lines if line.market == "DE")
    assert (germany.total, germany.left) == (40_000_000, 39_980_000)
    assert {line.runs_out_in_days for line in lines} == {None}


def test_a_budget_runs_out_at_the_pace_of_late(house: House) -> None:
    house.enroll(1)
    for days in range(4):
        house.reward(1, at=NOW - timedelta(days=days))
    with house.opens(None)() as tx:
        [germany] = list_budgets(tx, house.program, TODAY, "DE")
    assert germany.runs_out_in_days == germany.left // 20_000


def test_the_latest_events_come_first_with_what_they_earned(house: House) -> None:
    house.enroll(1)
    house.reward(1, at=NOW)
    later = house.reward(1, at=NOW + timedelta(hours=1))
    house.choose(1, later, now=NOW + timedelta(hours=2))
    with house.opens(None)() as tx:
        latest = list_latest(tx, 10)
        before = list_latest(tx, 10, before=latest[0].id)
        assert count_reasons(tx) == []
        assert list_latest(tx, 10, "FR") == []
    assert {receipt.id for receipt in before} == {receipt.id for receipt in latest[1:]}
    redeemed = next(receipt for receipt in latest if receipt.redeemed)
    assert redeemed.redeemed is not None
    assert redeemed.redeemed.item == "green_basket"
    assert [rule.value for receipt in latest for rule in receipt.issued] == [20_000, 20_000]


def test_a_day_is_the_day_of_the_programs_time_zone() -> None:
    # Half past eleven at night in London is tomorrow in Berlin, where the example's program lives.
    cut = Cut("EUR", None, date(2026, 5, 4), date(2026, 5, 4))

    class Berlin:
        time_zone = "Europe/Berlin"
        rules: tuple[str, ...] = ()

    terms = cut.terms(Berlin())  # type: ignore[arg-type]
    assert terms["start"] == datetime(2026, 5, 3, 22, tzinfo=UTC)
    assert terms["end"] == datetime(2026, 5, 4, 22, tzinfo=UTC)
