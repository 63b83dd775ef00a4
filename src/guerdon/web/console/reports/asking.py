"""What a form or an address asks for: a report, of what, when; or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from guerdon.access.grants import Scope
from guerdon.access.narrowing import within_both
from guerdon.engine.reports.making import FORMATS, REPORTS, Order, may_have
from guerdon.store.reports.schedules import Wanted
from guerdon.store.reports.slots import EVERY, Slots
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.desk import Desk

Wrong = Literal["report", "format", "time", "place"]
HOURS, WEEKDAYS, MONTHDAYS = range(24), range(1, 8), range(1, 29)
# What one downloads tells of these days, where the address says no others.
DAYS = 7


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form holds, as text: what was typed, or what a schedule says."""

    fields: Mapping[str, str]
    formats: frozenset[str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


def own_reports(desk: Desk) -> list[str]:
    """The reports that the reader may have."""
    return [each for each in REPORTS if may_have(desk.program_id, desk.rights.grants, each, desk.now)]


def zones(desk: Desk) -> list[str]:
    """The clocks to choose from: the program's, and those of its markets."""
    markets = (market.time_zone for market in desk.program.markets.values())
    return list(dict.fromkeys((desk.program.time_zone, *markets)))


def read_wanted(desk: Desk) -> Wanted | Wrong:
    """Read a form."""
    said, post = _said(desk), desk.request.POST
    if said["report"] not in own_reports(desk) or said["language"] not in LANGUAGES:
        return "report"
    formats = [each for each in FORMATS if each in post.getlist("format")]
    if not formats:
        return "format"
    slots = _slots(desk, said)
    if slots is None:
        return "time"
    place = _place(desk, said["market"], said["location"])
    if place is None:
        return "place"
    return Wanted(said["report"], said["language"], formats, slots, *place)


def typed(desk: Desk) -> Typed:
    """What was typed, to be typed on."""
    return Typed(_said(desk), frozenset(desk.request.POST.getlist("format")) & FORMATS.keys())


def typed_of(wanted: Wanted) -> Typed:
    """What a form would have said for what is mailed."""
    slots = wanted.slots
    fields = {
        "report": wanted.report,
        "language": wanted.language,
        "every": slots.every,
        "weekday": str(slots.day) if slots.every == "week" else "",
        "monthday": str(slots.day) if slots.every == "month" else "",
        "hour": str(slots.hour),
        "zone": slots.zone,
        "market": wanted.market or "",
        "location": wanted.location or "",
    }
    return Typed(fields, frozenset(wanted.formats))


def read_order(desk: Desk, report: str) -> Order | None:
    """Read an address: of the days and the market that it names; None where that is nothing of theirs."""
    last = desk.cut.last or desk.today - timedelta(days=1)
    first = desk.cut.first or last - timedelta(days=DAYS - 1)
    place = _place(desk, desk.cut.market or "", desk.request.GET.get("location", ""))
    if report not in own_reports(desk) or place is None or first > last:
        return None
    return Order(report, desk.locale.partition("-")[0], first, last, *place)


def _said(desk: Desk) -> dict[str, str]:
    names = ("report", "language", "every", "weekday", "monthday", "hour", "zone", "market", "location")
    return {name: desk.request.POST.get(name, "")[:80] for name in names}


def _slots(desk: Desk, said: Mapping[str, str]) -> Slots | None:
    every = next((each for each in EVERY if each == said["every"]), None)
    hour, zone = _number(said["hour"], HOURS), said["zone"]
    if every is None or hour is None or zone not in zones(desk):
        return None
    if every == "day":
        return Slots("day", None, hour, zone)
    day = _number(said["weekday"], WEEKDAYS) if every == "week" else _number(said["monthday"], MONTHDAYS)
    return None if day is None else Slots(every, day, hour, zone)


def _number(text: str, among: range) -> int | None:
    return next((each for each in among if str(each) == text), None)


def _place(desk: Desk, market: str, location: str) -> tuple[str | None, str | None] | None:
    """The market or location that was named, in what the reader sees; None for any other."""
    places = {key: place.market for key, place in desk.program.locations.items()}
    if location:
        known = location in places and market in {"", places[location]}
        return (None, location) if known and _seen(desk, Scope((), (location,)), places) else None
    if market:
        known = market in desk.program.markets
        return (market, None) if known and _seen(desk, Scope((market,)), places) else None
    return None, None


def _seen(desk: Desk, asked: Scope, places: Mapping[str, str]) -> bool:
    return within_both(desk.scope, asked, places) is not None
