"""Caps: how many messages a member gets in a calendar day, week and month of theirs, over all channels.

A message belongs to the day that was stored with it, in the zone of then, and to the one that it has in the
member's zone of now. Where these are two it counts on both, so that nobody who travels is told more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from guerdon.program.messages.nouns import Caps
from guerdon.rules.conscience.nouns import Told

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reached:
    """A cap that is reached: `cap:day:3:3`, and the first day of the member on which it is a new one."""

    reason: str
    again_on: date


def _week(day: date) -> tuple[date, date]:
    begin = day - timedelta(days=day.weekday())
    return begin, begin + 7 * _DAY


def _month(day: date) -> tuple[date, date]:
    begin = day.replace(day=1)
    return begin, (begin + 31 * _DAY).replace(day=1)


# The first day of a period and of the one after it, by a day in it; the longest first.
_PERIODS: Mapping[str, Callable[[date], tuple[date, date]]] = {
    "month": _month,
    "week": _week,
    "day": lambda day: (day, day + _DAY),
}


def reached(caps: Caps, told: Sequence[Told], day: date, zone: tzinfo) -> Reached | None:
    """The cap that is reached on a day of the member; of several the one that lasts longest."""
    for period, bounds in _PERIODS.items():
        most: int | None = getattr(caps, period)
        if most is None:
            continue
        begin, end = bounds(day)
        messages = {
            each.message_id
            for each in told
            if begin <= each.day < end or begin <= each.at.astimezone(zone).date() < end
        }
        if len(messages) >= most:
            return Reached(f"cap:{period}:{len(messages)}:{most}", end)
    return None
