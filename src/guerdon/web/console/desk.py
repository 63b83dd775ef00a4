"""The desk staff work at: one program, one market or all, some days or all, in one language.

`staff_page` guards every page of the console: without a session the reader is sent to sign in and comes back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.program.model import Program
from guerdon.queries.overview import Cut
from guerdon.values.clock import utc_now
from guerdon.values.money import Unit
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.languages import OWN_NAMES, locale_of
from guerdon.web.rooms import room

PRESET_DAYS = (7, 30, 90)
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

    def show(self, template: str, here: str, **context: Any) -> HttpResponse:
        """Answer with a page of the console."""
        return page(self.request, template, locale=self.locale, **frame(self, here), **context)


def staff_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view of a desk answer requests of signed-in staff."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, key: str, **parts: str) -> HttpResponse:
        if not request.user.is_authenticated:
            onward = urlencode({"next": request.get_full_path()})
            return HttpResponse(status=303, headers={"Location": f"/account/sign-in?{onward}"})
        found = room().program_by_key(key)
        if found is None:
            raise Http404
        program_id, program = found
        now = utc_now()
        desk = Desk(request, program_id, program, read_cut(request.GET, program), locale_of(request), now)
        return view(desk, **parts)

    return guarded


def read_cut(terms: Mapping[str, str], program: Program) -> Cut:
    """Read the cut from an address; what is no market or day of ours is left out."""
    market = terms.get("market", "")
    return Cut(
        unit=next(iter(program.units)),
        market=market if market in program.markets else None,
        first=_day(terms.get("from", "")),
        last=_day(terms.get("to", "")),
    )


def console_address(key: str, cut: Cut, path: str = "", **terms: object) -> str:
    """An address in a program's console that keeps the cut."""
    kept: dict[str, object] = {
        "market": cut.market,
        "from": cut.first.isoformat() if cut.first else None,
        "to": cut.last.isoformat() if cut.last else None,
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
        "staff": desk.request.user,
        "languages": OWN_NAMES,
        "presets": _presets(desk),
    }


def _presets(desk: Desk) -> list[tuple[int, date, date]]:
    return [(days, desk.today - timedelta(days=days - 1), desk.today) for days in PRESET_DAYS]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # PostgreSQL and Python agree on these years, and no program is older.
    return day if abs(day.year - utc_now().year) <= YEARS_SHOWN else None
