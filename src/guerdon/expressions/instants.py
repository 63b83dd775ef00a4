"""Instants, durations and their parts, with CEL's meaning, to the microsecond.

A part of an instant is read in UTC, or in the zone that stands beside it.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from zoneinfo import ZoneInfo

from guerdon.expressions.integers import quotient

# What RFC 3339 and CEL allow; finer than microseconds would be cut in silence.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,9})?(?:h|ms|m|s|us|µs|ns)){1,6}", re.ASCII)
_DURATION_PIECE = re.compile(r"(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|ns)", re.ASCII)
_OFFSET = re.compile(r"([+-]?)([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
# With a place, so that neither the machine's own zone ("localtime") nor an old abbreviation is one.
_NAMED = re.compile(r"UTC|(?!posix/|right/)[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}", re.ASCII)
_MICROSECONDS = {
    "h": Fraction(3_600_000_000),
    "m": Fraction(60_000_000),
    "s": Fraction(1_000_000),
    "ms": Fraction(1000),
    "us": Fraction(1),
    "µs": Fraction(1),
    "ns": Fraction(1, 1000),
}
MICROSECOND = timedelta(microseconds=1)
# As Google's CEL has it: 64 bits of nanoseconds, 292 years.
DURATION_MAX = timedelta(microseconds=(2**63 - 1) // 1000)

PARTS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda at: at.year,
    "getMonth": lambda at: at.month - 1,
    "getDate": lambda at: at.day,
    "getDayOfMonth": lambda at: at.day - 1,
    "getDayOfWeek": lambda at: at.isoweekday() % 7,
    "getDayOfYear": lambda at: at.timetuple().tm_yday - 1,
    "getHours": lambda at: at.hour,
    "getMinutes": lambda at: at.minute,
    "getSeconds": lambda at: at.second,
}
# Of a duration: how many of these it has, cut toward zero.
UNITS_US = {"getHours": 3_600_000_000, "getMinutes": 60_000_000, "getSeconds": 1_000_000}


def read_timestamp(text: str) -> datetime | None:
    """Read an RFC 3339 instant with its offset, as UTC."""
    if _INSTANT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_duration(text: str) -> timedelta | None:
    """Read `1h30m`, `1.5h` or `-90s`; None also for what is finer than microseconds."""
    if _DURATION.fullmatch(text) is None:
        return None
    pieces = _DURATION_PIECE.findall(text)
    size = sum((Fraction(number) * _MICROSECONDS[unit] for number, unit in pieces), Fraction(0))
    if size.denominator != 1 or size > DURATION_MAX // MICROSECOND:
        return None
    return timedelta(microseconds=-int(size) if text.startswith("-") else int(size))


def read_zone(text: str) -> tzinfo | None:
    """Read `Europe/Berlin`, `UTC` or an offset such as `+02:00`."""
    offset = read_offset(text)
    if offset is not None:
        return timezone(offset)
    if _NAMED.fullmatch(text) is None:
        return None
    try:
        return ZoneInfo(text)
    except (LookupError, OSError, ValueError):
        return None


def read_offset(text: str) -> timedelta | None:
    """Read `+02:00`, as time east of Greenwich."""
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == "-" else size


def part_of_instant(part: str, zone: str) -> Callable[[datetime], int]:
    """Make the function that reads a part; beyond the years 1 to 9999 it raises `OverflowError`."""
    read, where = PARTS[part], _zone(zone)
    return lambda at: read(at.astimezone(where))


def part_of_duration(part: str) -> Callable[[timedelta], int]:
    """Make the function that says how many whole hours, minutes or seconds there are."""
    unit = UNITS_US[part]
    return lambda size: quotient(size // MICROSECOND, unit)


def days_between(zone: str, zone_of_first: str) -> Callable[[datetime, datetime], int]:
    """Make the function that counts the days from the first instant's day to the second's."""
    where, where_of_first = _zone(zone), _zone(zone_of_first)
    return lambda first, last: (last.astimezone(where).date() - first.astimezone(where_of_first).date()).days


def moved(left: datetime | timedelta, right: datetime | timedelta) -> datetime | timedelta:
    """`left + right`, of which at most one is an instant."""
    return _in_range(left + right)  # type: ignore[operator]  # the checker saw that they fit


def apart(left: datetime | timedelta, right: datetime | timedelta) -> datetime | timedelta:
    """`left - right`: two instants, two durations, or an instant and a duration."""
    return _in_range(left - right)  # type: ignore[operator]  # the checker saw that they fit


def _in_range(value: datetime | timedelta) -> datetime | timedelta:
    if isinstance(value, timedelta) and abs(value) > DURATION_MAX:
        raise OverflowError("a duration of more than 292 years")
    return value


def _zone(name: str) -> tzinfo:
    found = read_zone(name)
    assert found is not None, "the checker takes known zones only"
    return found
