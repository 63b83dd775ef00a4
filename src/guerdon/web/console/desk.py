"""The desk staff work at: one program, one market or all, some days or all, in one language.

`staff_page` guards every page of the console: without a session the reader is sent to sign in and comes back;
what `web/routes.py` does not give them is not there, and a form of a page they may only read is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from guerdon.access.grants import WHOLE_PROGRAM, Person, Scope
from guerdon.access.policy import Area, Power
from guerdon.engine.approvals.acting import Acting
from guerdon.engine.approvals.mine import count_mine
from guerdon.program.model import Program
from guerdon.queries.overview import Cut
from guerdon.store.access.views import SavedView, list_views
from guerdon.store.database import Transaction
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Unit
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.languages import OWN_NAMES, locale_of
from guerdon.web.console.frame.menu import menu_of
from guerdon.web.console.frame.views import FILTERS, shown_views, terms_of
from guerdon.web.console.places import Mark, written_mark
from guerdon.web.refusals import ACCESS, note_refusal
from guerdon.web.rights import Rights, load_rights
from guerdon.web.rooms import room
from guerdon.web.routes import ROUTES

PRESET_DAYS = (7, 30, 90)
# What people may type into an address by hand, and what may say who somebody is.
TYPED = {"q", "member", "email"}
YEARS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """What a view is given."""

    request: HttpRequest
    program_id: int
    program: Program
    cut: Cut
    locale: str
    now: datetime
    rights: Rights
    # The part of the program in which this reader may do what they ask for.
    scope: Scope = WHOLE_PROGRAM

    @property
    def person(self) -> Person:
        """Who sits here."""
        return self.rights.person

    @property
    def actor(self) -> str:
        """Who sits here, as audit rows and signatures name them."""
        return show("per", self.person.person_id)

    def may(self, area: Area, power: Power = "read") -> bool:
        """Whether the reader may do this anywhere in the program."""
        return self.rights.may(area, power)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction in which row security shows what is open for what was asked, and no more."""
        with room().reading(self.program_id, scope=self.scope) as tx:
            yield tx

    def seeing(self, area: Area) -> "Desk | None":
        """The desk within what the reader sees of another area; None where that is nothing."""
        scope = self.rights.scope(area)
        return None if scope is None else replace(self, scope=scope)

    @property
    def unit(self) -> Unit:
        """The unit whose figures are shown."""
        return self.program.units[self.cut.unit]

    @property
    def today(self) -> date:
        """Today, in the program's time zone."""
        return self.now.astimezone(ZoneInfo(self.program.time_zone)).date()

    def address(self, path: str = "", **terms: object) -> str:
        """An address in this program's console that keeps the cut; a term of None leaves it out."""
        return console_address(self.program.key, self.cut, path, **terms)

    def arriving(self, name: str, mark: Mark, about: str | None = None) -> str:
        """Where a list hears of rows that came after its newest one, under the filters that it shows."""
        said = self.request.GET
        # What is called a view there is the kind of stream here.
        terms = {"show" if term == "view" else term: said.get(term) for term in FILTERS[name]}
        return self.address("stream", view="list", list=name, about=about, mark=written_mark(mark), **terms)

    def show(self, template: str, here: str, **context: Any) -> HttpResponse:
        """Answer with a page of the console."""
        return page(self.request, template, locale=self.locale, **frame(self, here), **context)


def staff_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a view of a desk answer requests of signed-in staff, as far as they may.

    A POST reaches the view only where the address has something to change and the reader may.
    """

    @wraps(view)
    def guarded(request: HttpRequest, key: str, **parts: str) -> HttpResponseBase:
        # Django's models can only be imported once Django is ready.
        from guerdon.web.accounts.forms.once import taken_once  # noqa: PLC0415
        from guerdon.web.accounts.forms.refilled import refilled  # noqa: PLC0415

        if not request.user.is_authenticated:
            return _to_sign_in(request)
        found = room().program_by_key(key)
        if found is None:
            raise Http404
        program_id, program = found
        now = utc_now()
        rights = load_rights(program_id, request.user.email, now)
        if rights is None:
            raise Http404
        scope = _admit(request, rights)
        if scope is None:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        cut = read_cut(request.GET, program)
        if request.GET.get("in") and cut.into is None:
            # Another unit in its place would be a wrong sum that nobody asked for.
            return page(request, "fault.html", status=404, fault="unit")
        desk = Desk(request, program_id, program, cut, locale_of(request), now, rights, scope)
        return refilled(request, taken_once(request, partial(view, desk, **parts)))

    return guarded


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send somebody to the sign-in, and from there on to what they typed, or else where they wanted to go."""
    from guerdon.web.accounts.forms.kept import keep_typed  # noqa: PLC0415  as above

    kept = keep_typed(request) if request.method == "POST" else None
    # What was typed into an address may say who somebody is, and is not carried on.
    wanted = request.path if TYPED & request.GET.keys() else request.get_full_path()
    onward = urlencode({"next": kept or wanted})
    return HttpResponse(status=303, headers={"Location": f"/account/sign-in?{onward}"})


def _admit(request: HttpRequest, rights: Rights) -> Scope | None:
    """The part of the program that is open for what is asked here; None for a method there is not."""
    match = request.resolver_match
    row = ROUTES.get(match.route) if match else None
    seen = rights.reads(row) if row else None
    # What one may not read and what is not there are the same.
    if row is None or row.area is None:
        raise Http404
    if seen is None:
        _note_refused(request, rights, row.area, row.read)
        raise Http404
    _renew_session(request, rights)
    if request.method in {"GET", "HEAD"}:
        return seen
    if request.method != "POST" or row.change is None:
        return None
    changed = rights.scope(row.area, row.change)
    if changed is None:
        _note_refused(request, rights, row.area, row.change)
        raise PermissionDenied
    return changed


def _note_refused(request: HttpRequest, rights: Rights, area: Area, power: Power) -> None:
    route = request.resolver_match.route if request.resolver_match else ""
    actor = show("per", rights.person.person_id)
    note_refusal(
        rights.program_id, actor, ACCESS, area, power=power, address=route, method=str(request.method)
    )


def _renew_session(request: HttpRequest, rights: Rights) -> None:
    """Give the session another id when the roles of its owner are not what they were."""
    marks: dict[str, str] = request.session.get("rights", {})
    program, before = str(rights.program_id), marks.get(str(rights.program_id))
    if before == rights.mark:
        return
    request.session["rights"] = {**marks, program: rights.mark}
    if before is not None:
        request.session.cycle_key()


def read_cut(terms: Mapping[str, str], program: Program) -> Cut:
    """Read the cut from an address; what is no market, day or money unit of ours is left out."""
    market, into = terms.get("market", ""), terms.get("in", "")
    return Cut(
        unit=next(iter(program.units)),
        market=market if market in program.markets else None,
        first=_day(terms.get("from", "")),
        last=_day(terms.get("to", "")),
        into=into if into in money_units(program) else None,
    )


def money_units(program: Program) -> list[str]:
    """The units in which figures can be added up."""
    return [unit.key for unit in program.units.values() if unit.kind == "money"]


def console_address(key: str, cut: Cut, path: str = "", **terms: object) -> str:
    """An address in a program's console that keeps the cut."""
    kept: dict[str, object] = {
        "market": cut.market,
        "from": cut.first.isoformat() if cut.first else None,
        "to": cut.last.isoformat() if cut.last else None,
        "in": cut.into,
        **terms,
    }
    said = urlencode({name: value for name, value in kept.items() if value not in {None, ""}})
    return f"/console/{key}/{path}{'?' if said else ''}{said}"


def frame(desk: Desk, here: str) -> dict[str, Any]:
    """What the frame around every page of the console shows."""
    return {
        "desk": desk,
        "program": desk.program,
        "cut": desk.cut,
        "zone": desk.program.time_zone,
        "here": here,
        "address": desk.address,
        "may": desk.may,
        "opens": desk.rights.opens,
        "menu": menu_of(desk.rights.opens, desk.locale, here, {"decisions": _waits_for_me(desk)}),
        "saved_views": partial(_saved_views, desk),
        "view_terms": lambda name: terms_of(name, desk.request.GET.urlencode()),
        "view_id": partial(show, "viw"),
        "home": desk.address(desk.rights.home or ""),
        "staff": desk.request.user,
        "languages": OWN_NAMES,
        "presets": _presets(desk),
        "reporting_units": money_units(desk.program),
    }


def _saved_views(desk: Desk, name: str) -> list[tuple[SavedView, str, bool]]:
    """The reader's views of a list, asked for when its menu is rendered."""
    with desk.transaction() as tx:
        kept = list_views(tx, desk.program_id, desk.person.person_id, name)
    return shown_views(f"/console/{desk.program.key}/{name}", name, desk.request.GET.urlencode(), kept)


def _waits_for_me(desk: Desk) -> int:
    """How many decisions wait for the reader, wherever they stand."""
    if not desk.may("decisions"):
        return 0
    with room().reading(desk.program_id) as tx:
        return count_mine(tx, Acting(desk.program_id, desk.program, desk.person, room().vault, desk.now))


def _presets(desk: Desk) -> list[tuple[int, date, date]]:
    return [(days, desk.today - timedelta(days=days - 1), desk.today) for days in PRESET_DAYS]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # PostgreSQL and Python agree on these years, and no program is older.
    return day if abs(day.year - utc_now().year) <= YEARS_SHOWN else None
