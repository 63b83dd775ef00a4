"""How value of a unit lives: when it may be spent, when it ends, how it is rounded, how much one may have.

A unit that says nothing of this is there at once, never expires and is rounded down.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from guerdon.program.model import Event, Expiry, Life, Pending
from guerdon.program.places import Place
from guerdon.program.units import read_amount
from guerdon.values.money import Unit

PENDING_DAYS_MAX = 365
YEARS_MAX = 10
ROUNDINGS: tuple[Literal["down", "half_up", "half_even"], ...] = ("down", "half_up", "half_even")

_MOST = {"day": 3650, "month": 12 * YEARS_MAX, "year": YEARS_MAX}
_LENGTH = re.compile(r"([0-9]{1,4}) (day|month|year)s?")
_DAY_OF_YEAR = re.compile(r"([0-9]{2})-([0-9]{2})")
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def read_lives(
    place: Place | None, units: Mapping[str, Unit], events: Mapping[str, Event]
) -> dict[str, Life]:
    """Read the lives of `units`, one for each."""
    lives = {key: Life(key) for key in units}
    for key, unit in (place.table() if place is not None and place.is_table() else {}).items():
        if key in units and unit.is_table():
            lives[key] = _read_life(unit.table(), units[key], events)
    return lives


def read_pending(place: Place, events: Mapping[str, Event]) -> Pending:
    """Read when earned value may be spent: `at_once`, `{ days: 14 }` or `{ until: order.delivered }`."""
    if not place.is_table():
        at_once = place.one_of(("at_once",), "time")
        return Pending() if at_once else Pending("until")
    fields = place.fields(optional=["days", "until"])
    if len(fields) != 1:
        place.wrong("value is pending for days or until an event", "write `{ days: 14 }`, or `at_once`")
        return Pending("until")
    if "days" in fields:
        return Pending("days", days=fields["days"].whole(1, PENDING_DAYS_MAX) or 1)
    return Pending("until", event=fields["until"].one_of(events, "event") or "")


def _read_life(fields: Mapping[str, Place], unit: Unit, events: Mapping[str, Event]) -> Life:
    life = Life(unit.key)
    if "expires" in fields:
        life = replace(life, expiry=_read_expiry(fields["expires"]))
    if "pending" in fields:
        life = replace(life, pending=read_pending(fields["pending"], events))
    if "rounding" in fields:
        life = replace(life, rounding=fields["rounding"].one_of(ROUNDINGS, "rounding") or "down")
    if "cap" in fields:
        cap = read_amount(fields["cap"], unit)
        if cap == 0:
            fields["cap"].wrong("nobody could ever have any", "leave the line out to have no cap")
        life = replace(life, cap_minor=cap or None)
    return life


def _read_expiry(place: Place) -> Expiry:
    if not place.is_table():
        place.one_of(("never",), "time")
        return Expiry()
    fields = place.fields(optional=["after", "inactive", "on", "anniversary"])
    kinds = [key for key in fields if key != "after" or "on" not in fields]
    if len(kinds) != 1:
        hint = (
            "write `{ after: 12 months }`, `{ inactive: 18 months }`, `{ on: 12-31 }`, `{ anniversary: 1 }`"
        )
        place.wrong("value expires in one way", f"{hint} or `never`")
        return Expiry()
    months, days = read_length(fields["after"]) if "after" in fields else (0, 0)
    match kinds[0]:
        case "after":
            return Expiry("rolling", months=months, days=days)
        case "inactive":
            months, days = read_length(fields["inactive"])
            return Expiry("inactivity", months=months, days=days)
        case "on":
            month, day = _read_day_of_year(fields["on"])
            return Expiry("date", months=months, days=days, month=month, day=day)
        case _:
            return Expiry("anniversary", months=12 * (fields["anniversary"].whole(1, YEARS_MAX) or 1))


def read_length(place: Place) -> tuple[int, int]:
    """Read `12 months`, `90 days` or `2 years` as months and days."""
    word = place.word()
    if word is None:
        return 0, 1
    found = _LENGTH.fullmatch(word.strip())
    if found is None or not 1 <= int(found.group(1)) <= _MOST[found.group(2)]:
        place.wrong(f"{word[:40]} is no length of time up to ten years", "write it like 12 months or 90 days")
        return 0, 1
    number, what = int(found.group(1)), found.group(2)
    if what == "day":
        return 0, number
    return number * (12 if what == "year" else 1), 0


def _read_day_of_year(place: Place) -> tuple[int, int]:
    word = place.word()
    if word is None:
        return 12, 31
    found = _DAY_OF_YEAR.fullmatch(word.strip())
    month, day = (int(found.group(1)), int(found.group(2))) if found else (0, 0)
    if not 1 <= month <= len(_DAYS_OF_MONTH) or not 1 <= day <= _DAYS_OF_MONTH[month - 1]:
        place.wrong(f"{word[:40]} is no day of the year", "write month and day like 12-31")
        return 12, 31
    if (month, day) == (2, 29):
        place.wrong("not every year has this day", "write 02-28 or 03-01")
    return month, day
