"""Today: what was confirmed here since midnight, what each earned, and what is left of the budgets."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from guerdon.engine.cards.confirming import confirmable
from guerdon.engine.why.accounts import accounts_of
from guerdon.engine.why.telling import Teller
from guerdon.queries.locations.rank import load_rank
from guerdon.queries.why.events import count_confirmed, list_confirmed
from guerdon.store.persons import load_persons
from guerdon.values.app.visits import ids_between
from guerdon.values.ids import show
from guerdon.web.console.masks import masked
from guerdon.web.console.words import Namer
from guerdon.web.location.budget import budgets_here
from guerdon.web.location.place import Here, at_location, other_places
from guerdon.web.rooms import room

ROWS = 50


@at_location
def today(here: Here) -> HttpResponse:
    """Show the day."""
    desk, zone = here.desk, ZoneInfo(here.zone)
    begins = datetime.combine(desk.now.astimezone(zone).date(), time.min, zone)
    bounds = ids_between(here.place.key, begins, begins + timedelta(days=1))
    # By what was confirmed here, not by whose members: those of no location are among them.
    with room().reading(desk.program_id) as tx:
        rows = list_confirmed(tx, bounds, ROWS)
        total = count_confirmed(tx, bounds)
        accounts = accounts_of(rows, lambda version: here.book(tx, version))
        persons = load_persons(tx, room().vault, desk.program_id, {row.receipt.member_id for row in rows})
        rank = (
            load_rank(tx, (here.place.key, here.place.market), _places(here), desk.today)
            if here.compares
            else None
        )
    names = Namer(desk.program, desk.locale)
    visits = [
        (
            each.receipt,
            names.event(each.receipt.type),
            masked(person.name) if (person := persons.get(each.receipt.member_id)) and person.name else "",
            Teller(each.program or desk.program, desk.locale).member_line(each),
            any(story.outcome == "given" for story in each.stories),
        )
        for each in accounts
    ]
    return here.show(
        "today",
        visits=visits,
        total=total,
        day_now=begins.date(),
        numbered=lambda number: show("mem", number),
        budgets=budgets_here(here),
        rank=rank,
        compared=_compared(here),
        others=other_places(here),
        confirms=bool(confirmable(desk.program)),
    )


def _places(here: Here) -> int:
    """How many locations the market has."""
    return sum(each.market == here.place.market for each in here.desk.program.locations.values())


def _compared(here: Here) -> str:
    """Where whoever sees figures of the whole market finds all of them side by side; else nothing."""
    desk, market = here.desk, here.place.market
    scope = desk.rights.scope("figures")
    if scope is None or not scope.covers(market):
        return ""
    return desk.address("locations", market=market, show="all")
