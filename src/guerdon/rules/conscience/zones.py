"""Clocks on walls: which zone a member lives by, and when a clock there shows a time next.

A clock may be put forward or back at any hour, and once a whole day was left out (Samoa, 30 December 2011).
So nothing is computed from wall times alone: what comes next is the time that was asked for, or the moment at
which the clock is changed, and whoever waits looks again.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from guerdon.expressions.instants import read_zone
from guerdon.program.messages.nouns import Contact

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
# No clock is further from UTC than this.
_FURTHEST = timedelta(hours=26)


def member_zone(contact: Contact, attributes: Mapping[str, object], market_zone: str) -> str:
    """The zone that a member lives by: their attribute's, where it names one, or else the market's."""
    name = attributes.get(contact.zone_attribute) if contact.zone_attribute is not None else None
    return name if isinstance(name, str) and read_zone(name) is not None else market_zone


def zone_named(name: str) -> tzinfo:
    """The zone of this name. Raises `ValueError` for one that `member_zone` could not have given."""
    found = read_zone(name)
    if found is None:
        raise ValueError(f"there is no time zone {name[:64]}")
    return found


def next_turn(after: datetime, zone: tzinfo, shown: time) -> datetime:
    """The first instant after another at which a wall clock shows this time, or is changed. In UTC."""
    begin = after.astimezone(UTC)
    local = begin.astimezone(zone).replace(tzinfo=None)
    turn = datetime.combine(local.date(), shown)
    length = (turn if turn > local else turn + _DAY) - local
    return _change(begin, begin + length, zone) or begin + length


def beginning_of(day: date, after: datetime, zone: tzinfo) -> datetime:
    """The first instant after another at which it is that day, or later. In UTC."""
    at = max(after.astimezone(UTC), datetime.combine(day, time(), UTC) - _FURTHEST)
    while at <= after or at.astimezone(zone).date() < day:
        at = next_turn(at, zone, time())
    return at


def _change(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """The first instant after one, and not after another, from which the clock is a different one."""
    # Clocks are changed on whole seconds.
    low = after.replace(microsecond=0)
    while low < until:
        high = low + _HOUR
        if _offset(high, zone) != _offset(low, zone):
            found = _halved(low, high, zone)
            return found if found <= until else None
        low = high
    return None


def _halved(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The first second of another offset, between two instants of which the second has it."""
    old = _offset(low, zone)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _offset(middle, zone) == old else (low, middle)
    return high


def _offset(at: datetime, zone: tzinfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
