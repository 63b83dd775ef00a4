"""When value ends: always at the end of a day in the program's time zone, told as the first instant after it.

Months are counted downward: what is given on the 31st ends on the 30th of a month that has no 31st, and what
hangs on the 29th of February ends on the 28th. What ends by inactivity has no day of its own: its unit has.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guerdon.program.model import Expiry

# Pending until an event says so: later than any day that a program could name.
UNTIL_TOLD = datetime.max.replace(tzinfo=UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after a day; also where the clock skips midnight."""
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last one that the month has."""
    later = day.month - 1 + months
    return _day_of(day.year + later // 12, later % 12 + 1, day.day)


def last_day(expiry: Expiry, start: date, joined: date | None) -> date | None:
    """The last day of value that became available on `start`; None: it has none of its own.

    `joined` is the day on which the member came, for anniversaries.
    """
    match expiry.kind:
        case "never" | "inactivity":
            return None
        case "rolling":
            return _later(expiry, start)
        case "date":
            earliest = _later(expiry, start)
            this_year = _day_of(earliest.year, expiry.month, expiry.day)
            return (
                this_year if this_year >= earliest else _day_of(earliest.year + 1, expiry.month, expiry.day)
            )
        case "anniversary":
            assert joined is not None, "an anniversary needs the day on which the member joined"
            first = _day_of(start.year, joined.month, joined.day)
            years = max(expiry.months // 12, 1) - (1 if first > start else 0)
            return _day_of(start.year + years, joined.month, joined.day)


def expires_at(expiry: Expiry, start: date, joined: date | None, zone: ZoneInfo) -> datetime | None:
    """The instant from which value that became available on `start` is no longer there."""
    last = last_day(expiry, start, joined)
    return None if last is None else end_of_day(last, zone)


def restored_until(expired: datetime | None, now: datetime, grace: timedelta) -> datetime | None:
    """Until when value that comes back may be used: as long as before, and never less than the grace."""
    return None if expired is None else max(expired, now + grace)


def _later(expiry: Expiry, start: date) -> date:
    return add_months(start, expiry.months) + timedelta(days=expiry.days)


def _day_of(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
