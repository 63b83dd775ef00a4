"""Who needs a call and why, most urgent first; and all locations, by what one sorts and looks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse

from guerdon.queries.locations.calls import Call, most_urgent
from guerdon.queries.locations.figures import Given, Standing
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.locations.reading import Seen, first_day, monday, read_locations
from guerdon.web.console.locations.sayings import Teller
from guerdon.web.console.words import Namer

PAGE_ROWS = 50
LETTERS_MAX = 120
SORTS = ("urgent", "name", "given", "left", "events", "slow")
# Above all others: whoever has nothing there is neither slow nor nearly out of budget.
LAST = float("inf")


@dataclass(frozen=True, slots=True)
class Line:
    """A location as a row shows it: in the unit of which it gave most, or of its budget."""

    standing: Standing
    calls: Sequence[Call]
    unit: str | None
    given: Given


@dataclass(frozen=True, slots=True)
class Asked:
    """Which locations: those that need a call or all, by a market and a part of a name, in an order."""

    show_all: bool
    find: str
    sort: str
    after: str

    @property
    def kept(self) -> dict[str, str | None]:
        """What an address says to ask the same once more, beside the cut."""
        return {
            "show": "all" if self.show_all else None,
            "find": self.find or None,
            "sort": self.sort if self.sort != SORTS[0] else None,
        }


@staff_page
def locations(desk: Desk) -> HttpResponse:
    """Those that need a call, or all."""
    asked = read_asked(desk.request.GET)
    with desk.transaction() as tx:
        seen = read_locations(desk, tx)
    here = {
        key: each for key, each in seen.standings.items() if desk.cut.market in {None, each.location.market}
    }
    lines = sorted(_found(desk, asked, here, seen), key=_orders(asked.sort))
    start = next((n + 1 for n, line in enumerate(lines) if line.standing.key == asked.after), 0)
    page, more = lines[start : start + PAGE_ROWS], len(lines) > start + PAGE_ROWS
    return desk.show(
        "console/locations/list.html",
        "locations",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.program, desk.locale),
        asked=asked,
        sorts=SORTS,
        lines=page,
        found=len(lines),
        total=len(here),
        calling=sum(key in seen.calls for key in here),
        first=first_day(desk.today),
        weeks_from=monday(first_day(desk.today)),
        onward=page[-1].standing.key if more else None,
        paged=start > 0,
        by_budget=desk.may("budgets"),
    )


def read_asked(terms: Mapping[str, str]) -> Asked:
    """Read it from an address; what is no order of ours is the first."""
    sort = terms.get("sort", "")
    find = terms.get("find", "")[:LETTERS_MAX].replace("\0", "").strip()
    # Whoever looks for one by its name looks among all of them.
    return Asked(
        terms.get("show") == "all" or bool(find),
        find,
        sort if sort in SORTS else SORTS[0],
        terms.get("after", ""),
    )


def _found(desk: Desk, asked: Asked, here: Mapping[str, Standing], seen: Seen) -> list[Line]:
    sought = asked.find.casefold()
    lines = []
    for key, each in here.items():
        calls = seen.calls.get(key, ())
        if sought and sought not in each.location.name.casefold() and sought not in key.casefold():
            continue
        if not calls and not asked.show_all:
            continue
        unit = each.told_in(desk.program)
        lines.append(Line(each, calls, unit, each.given.get(unit or "", Given())))
    return lines


def _orders(sort: str) -> Callable[[Line], Any]:
    def name(line: Line) -> tuple[str, str]:
        return line.standing.location.name.casefold(), line.standing.key

    def left(line: Line) -> float:
        budget = line.standing.budget_in()
        return budget.line.left / budget.line.total if budget else LAST

    def urgent(line: Line) -> tuple[Any, ...]:
        return *most_urgent(line.calls), -len(line.calls), *name(line)

    return {
        "urgent": urgent,
        "name": name,
        "given": lambda line: (-line.given.value, *name(line)),
        "left": lambda line: (left(line), *name(line)),
        "events": lambda line: (line.standing.last_day or date.min, *name(line)),
        "slow": lambda line: (-(line.standing.p95 or 0), *name(line)),
    }[sort]
