"""When a report comes: each hour of a person's clock, whatever is done to clocks; what it tells of."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from guerdon.store.reports.slots import Slots

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("slots", "instant", "next_one"),
    [
        (Slots("day", None, 7, BERLIN), "2026-02-04 06:59", "2026-02-04 07:00"),
        (Slots("day", None, 7, BERLIN), "2026-02-04 07:00", "2026-02-05 07:00"),
        (Slots("week", 1, 7, BERLIN), "2026-02-04 07:00", "2026-02-09 07:00"),
        (Slots("week", 7, 0, BERLIN), "2026-02-07 23:59", "2026-02-08 00:00"),
        (Slots("month", 28, 23, BERLIN), "2026-02-28 23:00", "2026-03-28 23:00"),
        # Clocks go forward at two on 29 March, and back at three on 25 October.
        (Slots("day", None, 2, BERLIN), "2026-03-28 12:00", "2026-03-29 03:00"),
        (Slots("day", None, 2, BERLIN), "2026-03-29 12:00", "2026-03-30 02:00"),
        (Slots("day", None, 7, BERLIN), "2026-10-24 07:00", "2026-10-25 07:00"),
    ],
)
def test_the_next_time_is_by_the_clock_of_its_reader(slots: Slots, instant: str, next_one: str) -> None:
    assert slots.after(at(instant)) == at(next_one)


@pytest.mark.parametrize("every", ["day", "week", "month"])
@pytest.mark.parametrize("zone", [BERLIN, "America/St_Johns", "Pacific/Apia", "UTC"])
def test_each_time_follows_the_one_before_and_the_last_is_found_again(every: str, zone: str) -> None:
    slots = Slots(every, {"week": 3, "month": 28}.get(every), 2, zone)  # type: ignore[arg-type]
    first = slots.after(datetime(2025, 12, 31, tzinfo=UTC))
    was = first
    for _ in range(400):
        following = slots.after(was)
        assert was < following <= was + timedelta(days=32)
        middle = was + (following - was) / 2
        assert slots.last(first, middle) == was == slots.last(first, was)
        assert slots.after(middle) == following
        was = following


def test_what_is_missed_is_the_latest_and_never_before_the_first() -> None:
    slots = Slots("day", None, 7, BERLIN)
    first = at("2026-02-04 07:00")
    assert slots.last(first, at("2026-02-11 08:00")) == at("2026-02-11 07:00")
    assert slots.last(first, at("2026-02-04 07:00")) == first
    # Changed to another hour meanwhile, it does not come for a time before that.
    assert slots.last(at("2026-02-11 09:00"), at("2026-02-11 08:30")) == at("2026-02-11 09:00")


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("day", (date(2026, 3, 1), date(2026, 3, 1))),
        ("week", (date(2026, 2, 23), date(2026, 3, 1))),
        ("month", (date(2026, 2, 1), date(2026, 2, 28))),
    ],
)
def test_it_tells_of_whole_days_that_are_over(every: str, days: tuple[date, date]) -> None:
    slots = Slots(every, None if every == "day" else 2, 7, BERLIN)  # type: ignore[arg-type]
    assert slots.days(date(2026, 3, 2)) == days
