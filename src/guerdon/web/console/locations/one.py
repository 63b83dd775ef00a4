"""One location: what it needs, its figures and the rows behind them, its budgets, what came, what waits."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse

from guerdon.access.grants import Target
from guerdon.engine.cards.confirming import confirmable
from guerdon.program.model import Location
from guerdon.queries.locations.budgets import PlaceBudget
from guerdon.queries.locations.rows import (
    BECAME,
    RewardsHere,
    list_days_here,
    list_rewards_here,
    list_waiting_here,
)
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.locations.reading import first_day, monday, read_locations
from guerdon.web.console.locations.sayings import Teller
from guerdon.web.console.places import read_place, written_place
from guerdon.web.console.words import Namer

PAGE_ROWS = 50
LATELY_SHOWN = 8
WAITING_SHOWN = 20
DIGITS_MAX = 18
LETTERS_MAX = 120


@staff_page
def location(desk: Desk, location: str) -> HttpResponse:
    """One location today."""
    with desk.transaction() as tx:
        seen = read_locations(desk, tx, location)
        standing = seen.standings.get(location)
        if standing is None:
            raise Http404
        days = list_days_here(tx, location, first_day(desk.today), desk.today)
        lately = list_rewards_here(tx, RewardsHere(location), LATELY_SHOWN) if desk.may("members") else []
        waiting = list_waiting_here(tx, location, WAITING_SHOWN)
    return desk.show(
        "console/locations/one.html",
        "locations",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.program, desk.locale),
        standing=standing,
        calls=seen.calls.get(location, ()),
        days=days,
        most=max((day.events for day in days), default=0),
        lately=lately,
        waiting=waiting,
        first=first_day(desk.today),
        weeks_from=monday(first_day(desk.today)),
        budgets=_budgets(desk, standing.budgets),
        app=_app_of(desk, standing.location),
        units=[unit for unit in desk.program.units if unit in standing.given],
    )


@staff_page
def rewards(desk: Desk, location: str) -> HttpResponse:
    """Rewards of a location, newest first: all, or those of a rule, an amount, some days."""
    place = desk.program.locations.get(location)
    # Somebody else's location is as unknown as one there is not.
    if place is None or not desk.scope.covers(place.market, location):
        raise Http404
    asked = _asked(desk, location)
    with desk.transaction() as tx:
        rows = list_rewards_here(tx, asked, PAGE_ROWS + 1)
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    return desk.show(
        "console/locations/rewards.html",
        "locations",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.program, desk.locale),
        place=place,
        asked=asked,
        kept={
            "rule": asked.rule,
            "unit": asked.unit,
            "value": asked.value,
            "became": asked.became,
        },
        rows=rows[:PAGE_ROWS],
        onward=written_place(last.received_at, last.id) if last else None,
        paged=asked.after is not None,
    )


def _budgets(desk: Desk, budgets: Sequence[PlaceBudget]) -> list[tuple[PlaceBudget, bool]]:
    """Its budgets as far as one reads them, and whether one may ask for more for each."""
    if not desk.may("budgets"):
        return []
    return [(each, _may_move(desk, each)) for each in budgets]


def _app_of(desk: Desk, place: Location) -> str:
    """The address of its own app, for whoever sees what is confirmed there; nothing where nothing is."""
    here = Target(desk.program_id, place.market, place.key)
    if not confirmable(desk.program) or not desk.rights.allows("evidence", "read", here):
        return ""
    return f"/location/{desk.program.key}/{place.key}"


def _may_move(desk: Desk, budget: PlaceBudget) -> bool:
    line = budget.line
    return desk.rights.allows("budgets", "write", Target(desk.program_id, line.market, line.location))


def _asked(desk: Desk, location: str) -> RewardsHere:
    said = desk.request.GET
    value, became = said.get("value", ""), said.get("became", "")
    return RewardsHere(
        location,
        rule=said.get("rule", "")[:LETTERS_MAX].replace("\0", "") or None,
        unit=said.get("unit", "")[:LETTERS_MAX].replace("\0", "") or None,
        value=int(value) if value.isascii() and value.isdecimal() and len(value) <= DIGITS_MAX else None,
        became=next((each for each in BECAME if each == became), None),
        start=_midnight(desk, desk.cut.first),
        end=_midnight(desk, desk.cut.last and desk.cut.last + timedelta(days=1)),
        after=read_place(said.get("after", "")),
    )


def _midnight(desk: Desk, day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, ZoneInfo(desk.program.time_zone)) if day else None
