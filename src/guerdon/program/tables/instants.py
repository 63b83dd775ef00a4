"""Days and instants in the cells of a table, as microseconds since 1970: what a word means, and back.

A day is the whole of it, in the zone of its column: as a bound it begins or ends there. An instant is written
as conditions write it, with its offset.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from guerdon.expressions.instants import MICROSECOND, read_timestamp

YEAR_MIN, YEAR_MAX = 1900, 2100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def microseconds(at: datetime) -> int:
    """An instant as a number."""
    return (at - _EPOCH) // MICROSECOND


# All the instants that there are.
FIRST = microseconds(datetime.min.replace(tzinfo=UTC))
LAST = microseconds(datetime.max.replace(tzinfo=UTC))


def read_instants(word: str, zone: tzinfo) -> tuple[int, int] | None:
    """The first and the last microsecond of a day, or an instant as both."""
    if _DAY.fullmatch(word):
        try:
            day = date.fromisoformat(word)
        except ValueError:
            return None
        if not YEAR_MIN <= day.year <= YEAR_MAX:
            return None
        return _midnight(day, zone), _midnight(day + timedelta(days=1), zone) - 1
    at = read_timestamp(word)
    if at is None or not YEAR_MIN <= at.year <= YEAR_MAX:
        return None
    return microseconds(at), microseconds(at)


def instant_of(number: int) -> str:
    """An instant as conditions write it."""
    return _at(number, UTC).isoformat().replace("+00:00", "Z")


def shown_instant(number: int, zone: tzinfo) -> str:
    """An instant as people write it in a cell: a day where one begins."""
    at = _at(number, zone)
    return at.date().isoformat() if begin_of_day(number, zone) == number else at.isoformat()


def begin_of_day(number: int, zone: tzinfo) -> int:
    """When the day of an instant begins."""
    return _midnight(_at(number, zone).date(), zone)


def _at(number: int, zone: tzinfo) -> datetime:
    return (_EPOCH + number * MICROSECOND).astimezone(zone)


def _midnight(day: date, zone: tzinfo) -> int:
    return microseconds(datetime.combine(day, time(), zone).astimezone(UTC))
