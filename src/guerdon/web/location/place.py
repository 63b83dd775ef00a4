"""Who stands where: a desk at one location, which must lie in the part in which its person may do this."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase

from guerdon.access.grants import Target
from guerdon.engine.cards.confirming import Counter
from guerdon.program.model import Location, Program
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PLACES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Here:
    """A desk and the location at which it stands."""

    desk: Desk
    place: Location

    @property
    def base(self) -> str:
        """The address of its first page."""
        return base_of(self.desk.program, self.place.key)

    @property
    def zone(self) -> str:
        """The time zone of its market."""
        return self.desk.program.markets[self.place.market].time_zone

    @property
    def counter(self) -> Counter:
        """The same for whoever takes codes."""
        return Counter(self.desk.program_id, self.desk.program, self.place, self.desk.actor)

    @property
    def scans(self) -> bool:
        """Whether this person may confirm something here."""
        target = Target(self.desk.program_id, self.place.market, self.place.key)
        return self.desk.rights.allows("evidence", "write", target)

    @property
    def sees_budgets(self) -> bool:
        """Whether this person may see what is left here."""
        target = Target(self.desk.program_id, self.place.market, self.place.key)
        return self.desk.rights.allows("budgets", "read", target)

    @property
    def sees_people(self) -> bool:
        """Whether this person may see who works here."""
        target = Target(self.desk.program_id, self.place.market, self.place.key)
        return self.desk.rights.allows("people", "read", target)

    @property
    def compares(self) -> bool:
        """Whether this person may see figures of this location, and so how it stands among others."""
        target = Target(self.desk.program_id, self.place.market, self.place.key)
        return self.desk.rights.allows("figures", "read", target)

    def book(self, tx: Transaction, version: int | None = None) -> Playbook | None:
        """A version of the program, or the live one, ready for deciding."""
        number = room().version(self.desk.program_id) if version is None else version
        return room().playbook(tx, self.desk.program_id, number)

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Answer with a page of the app; `template` is one of `location/`, by its name."""
        program, locale = self.desk.program, self.desk.locale
        return page(
            self.desk.request,
            f"location/{template}.html",
            locale=locale,
            status=status,
            # Staff read it in their language, and it looks as members of its market know it.
            **branded(program, f"{locale.partition('-')[0]}-{self.place.market}"),
            here=self,
            place=self.place,
            base=self.base,
            zone=self.zone,
            names=Namer(program, locale),
            home=f"/console/{program.key}/{self.desk.rights.home or ''}",
            staff=self.desk.person.name,
            **context,
        )


def base_of(program: Program, location: str) -> str:
    """The address of a location's first page."""
    return f"/location/{program.key}/{location}"


def at_location(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Make a view of one location answer those who may do this there; for all others it is not there."""

    @staff_page
    @wraps(view)
    def guarded(desk: Desk, location: str, **parts: str) -> HttpResponse:
        place = desk.program.locations.get(location)
        # Somebody else's location is as unknown as one there is not.
        if place is None or not desk.scope.covers(place.market, place.key):
            raise Http404
        return view(Here(desk, place), **parts)

    return guarded


def other_places(here: Here) -> list[Location]:
    """The other locations at which this person confirms something, as they are named to them."""
    scope = here.desk.rights.scope("evidence", "write")
    if scope is None or scope.whole:
        return []
    found = [
        each
        for each in here.desk.program.locations.values()
        if scope.covers(each.market, each.key) and each.key != here.place.key
    ]
    return found[:PLACES_SHOWN]
