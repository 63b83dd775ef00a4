"""Promises of delivery: how soon a reward is with its member, and after how long people are alarmed."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from guerdon.program.catalog.nouns import Deliveries, Promise
from guerdon.program.places import Place

PROMISE_FIELDS = ("within", "at_most")
FIELDS = (*PROMISE_FIELDS, "rules")
LONGEST = timedelta(days=90)

_TIME = re.compile(r"([0-9]{1,6}) (second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def read_deliveries(place: Place | None, gives: Mapping[str, bool]) -> Deliveries:
    """Read `deliveries`, for rules that give a reward; what one does not say of its own is that of all."""
    if place is None:
        return Deliveries()
    fields = place.fields(optional=FIELDS)
    general = _read_promise(place, fields, Promise())
    own = {}
    for key, each in (fields["rules"].table() if "rules" in fields else {}).items():
        if key not in gives:
            each.unknown("rule", key, gives)
        elif not gives[key]:
            each.wrong(f"{key} gives no reward, and nothing of it is delivered", "remove it")
        else:
            own[key] = _read_promise(each, each.fields(optional=PROMISE_FIELDS), general)
    return Deliveries(general, own)


def _read_promise(place: Place, fields: Mapping[str, Place], above: Promise) -> Promise:
    within = read_length(fields["within"], LONGEST) if "within" in fields else None
    at_most = read_length(fields["at_most"], LONGEST) if "at_most" in fields else None
    promise = replace(above, within=within or above.within, at_most=at_most or above.at_most)
    if promise.within > promise.at_most:
        fields.get("at_most", fields.get("within", place)).wrong(
            f"the alarm (after {_said(promise.at_most)}) comes before the promise ({_said(promise.within)})",
            "write an `at_most` that is not shorter than `within`",
        )
    return promise


def read_length(place: Place, longest: timedelta) -> timedelta | None:
    """Read a length of time as people write one, `2 minutes`; one of whole days is the longest."""
    word = place.word()
    if word is None:
        return None
    found = _TIME.fullmatch(word.strip())
    time = timedelta(seconds=int(found.group(1)) * _SECONDS[found.group(2)]) if found else None
    if time is None or not timedelta(seconds=1) <= time <= longest:
        place.wrong(
            f"{word[:40]} is no length of time up to {longest.days} days",
            "write it like 2 minutes or 2 hours",
        )
        return None
    return time


def _said(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    unit = next(name for name, long in reversed(_SECONDS.items()) if seconds % long == 0)
    number = seconds // _SECONDS[unit]
    return f"{number} {unit}{'s' if number != 1 else ''}"
