"""Locations side by side, each figure against the median of its market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from django.http import HttpResponse

from guerdon.queries.locations.figures import Standing
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.locations.measures import Measure, Measures
from guerdon.web.console.locations.reading import first_day, read_locations
from guerdon.web.console.locations.sayings import NONE, Teller
from guerdon.web.console.words import Namer

FEWEST, MOST = 2, 6
CHOICES_MAX = 1_000
# So many times the median of its market, or so small a part of it, is marked.
MUCH_MORE, MUCH_LESS = 1.5, 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one location, the median of its market, and where the rows behind it are."""

    own: str
    market: str
    path: str | None
    # Whether it is worse than the median by half or more.
    stands_out: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of all that are compared."""

    name: str
    cells: Sequence[Cell]


@staff_page
def comparison(desk: Desk) -> HttpResponse:
    """Two to six locations side by side; with fewer, the form that chooses them."""
    with desk.transaction() as tx:
        seen = read_locations(desk, tx)
    asked = dict.fromkeys(desk.request.GET.getlist("of"))
    chosen = [seen.standings[key] for key in asked if key in seen.standings][:MOST]
    markets: dict[str, list[Standing]] = {}
    for each in seen.standings.values():
        markets.setdefault(each.location.market, []).append(each)
    rows = _rows(desk, chosen, markets) if len(chosen) >= FEWEST else []
    return desk.show(
        "console/locations/compare.html",
        "locations",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.program, desk.locale),
        chosen=chosen,
        calls=seen.calls,
        rows=rows,
        peers={market: len(mine) for market, mine in markets.items()},
        choices=[each.location for each in seen.standings.values()][:CHOICES_MAX],
        places=range(max(FEWEST, min(len(chosen) + 1, MOST))),
        first=first_day(desk.today),
        fewest=FEWEST,
        most=MOST,
    )


def _rows(desk: Desk, chosen: Sequence[Standing], markets: Mapping[str, Sequence[Standing]]) -> list[Row]:
    rows = []
    for measure in Measures(desk).all:
        cells = [_cell(desk, measure, each, markets[each.location.market]) for each in chosen]
        if any(cell.own != NONE for cell in cells):
            rows.append(Row(measure.name, cells))
    return rows


def _cell(desk: Desk, measure: Measure, each: Standing, peers: Sequence[Standing]) -> Cell:
    own, unit = measure.read(each), each.told_in(desk.program)
    # Amounts are compared within their unit alone.
    known = [
        value
        for value in (measure.read(peer) for peer in peers if peer.told_in(desk.program) in {unit, None})
        if value is not None
    ]
    usual = median(known) if known else None
    stands_out = (
        own is not None
        and usual is not None
        and (
            (measure.worse > 0 and own > MUCH_MORE * usual) or (measure.worse < 0 and own < MUCH_LESS * usual)
        )
    )
    return Cell(
        NONE if own is None else measure.write(own, each),
        NONE if usual is None else measure.write(usual, each),
        None if own is None else measure.path(each),
        stands_out,
    )
