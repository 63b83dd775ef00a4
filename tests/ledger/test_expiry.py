"""When value ends: by the calendar of the program's zone, months downward, always with the day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.ledger.expiry import add_months, end_of_day, expires_at, last_day, restored_until
from guerdon.program.model import Expiry

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("start", "months", "ends"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 12, 15), 13, date(2028, 1, 15)),
    ],
)
def test_months_are_counted_downward(start: date, months: int, ends: date) -> None:
    assert add_months(start, months) == ends


def test_a_rolling_end_is_the_end_of_its_last_day_in_the_zone() -> None:
    ends = expires_at(Expiry("rolling", days=90), date(2026, 11, 21), None, BERLIN)
    assert ends == datetime(2027, 2, 19, 23, tzinfo=UTC)
    assert last_day(Expiry("rolling", days=90), date(2026, 11, 21), None) == date(2027, 2, 19)


def test_the_day_on_which_the_clock_changes_has_its_own_length() -> None:
    before, after = end_of_day(date(2026, 3, 28), BERLIN), end_of_day(date(2026, 3, 29), BERLIN)
    assert after - before == timedelta(hours=23)
    before, after = end_of_day(date(2026, 10, 24), BERLIN), end_of_day(date(2026, 10, 25), BERLIN)
    assert after - before == timedelta(hours=25)


def test_a_day_without_midnight_still_ends() -> None:
    # In Santiago the clock goes from 23:59:59 to 01:00 on that night.
    assert end_of_day(date(2026, 9, 5), ZoneInfo("America/Santiago")) == datetime(2026, 9, 6, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        (date(2026, 1, 1), date(2027, 12, 31)),
        (date(2026, 12, 31), date(2027, 12, 31)),
        (date(2027, 1, 1), date(2028, 12, 31)),
    ],
)
def test_a_fixed_date_is_the_first_that_is_long_enough_after(start: date, ends: date) -> None:
    assert last_day(Expiry("date", months=12, month=12, day=31), start, None) == ends


def test_a_fixed_date_on_the_leap_day_is_the_day_before_in_other_years() -> None:
    leap = Expiry("date", month=2, day=29)
    assert last_day(leap, date(2026, 3, 1), None) == date(2027, 2, 28)
    assert last_day(leap, date(2027, 3, 1), None) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("start", "months", "ends"),
    [
        (date(2026, 5, 1), 12, date(2026, 6, 15)),
        (date(2026, 6, 15), 12, date(2027, 6, 15)),
        (date(2026, 7, 1), 12, date(2027, 6, 15)),
        (date(2026, 5, 1), 24, date(2027, 6, 15)),
    ],
)
def test_an_anniversary_is_the_first_after_for_each_year(start: date, months: int, ends: date) -> None:
    assert last_day(Expiry("anniversary", months=months), start, date(2020, 6, 15)) == ends


def test_who_joined_on_the_leap_day_has_an_anniversary_every_year() -> None:
    assert last_day(Expiry("anniversary", months=12), date(2026, 1, 5), date(2024, 2, 29)) == date(
        2026, 2, 28
    )


@pytest.mark.parametrize("kind", ["never", "inactivity"])
def test_what_has_no_day_of_its_own_has_none(kind: str) -> None:
    expiry = Expiry("never") if kind == "never" else Expiry("inactivity", months=18)
    assert expires_at(expiry, date(2026, 1, 1), None, BERLIN) is None


@given(start=DAYS, months=st.integers(0, 120), days=st.integers(0, 3650))
def test_a_rolling_end_is_never_before_its_beginning(start: date, months: int, days: int) -> None:
    ends = last_day(Expiry("rolling", months=months, days=days), start, None)
    assert ends is not None
    assert ends >= start


@given(start=DAYS, joined=DAYS, years=st.integers(1, 10))
def test_an_anniversary_is_at_most_so_many_years_away(start: date, joined: date, years: int) -> None:
    ends = last_day(Expiry("anniversary", months=12 * years), start, joined)
    assert ends is not None
    assert start < ends <= add_months(start, 12 * years) + timedelta(days=1)
    assert (ends.month, ends.day) in {(joined.month, joined.day), (2, 28)}


def test_value_that_comes_back_lasts_as_before_or_for_the_grace() -> None:
    now, grace = datetime(2026, 5, 1, tzinfo=UTC), timedelta(days=30)
    assert restored_until(now + timedelta(days=60), now, grace) == now + timedelta(days=60)
    assert restored_until(now - timedelta(days=60), now, grace) == now + grace
    assert restored_until(None, now, grace) is None
