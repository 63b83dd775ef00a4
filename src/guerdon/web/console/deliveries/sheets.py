"""The delivery clock for a spreadsheet: the page's tables whole, and the single rewards behind them.

Names of columns are the same in every language, so that a sheet that reads one reads the next. No cell
begins a formula, whatever somebody called a rule or a place. A file is whole: what is too much for one is
refused in words, and none is cut off.
"""

from collections.abc import Iterator, Sequence

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from guerdon.engine.deliveries.reading import read_deliveries
from guerdon.queries.deliveries.figures import BROKEN, BY, KEPT, LATER, Asked, Dimension, Figure
from guerdon.queries.deliveries.places import add_promises, load_slowest
from guerdon.queries.deliveries.singles import Single, Span, list_singles
from guerdon.queries.deliveries.underway import Part
from guerdon.suppliers.wired import documented_paces
from guerdon.text.exporting import Row
from guerdon.values.ids import show
from guerdon.web.console.deliveries.asking import asked_times, read_asked
from guerdon.web.console.deliveries.pages import listed
from guerdon.web.console.deliveries.saying import Teller
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer
from guerdon.web.downloads import streamed_csv, whole_csv

# A file of these is a few MB; whoever wants more asks for fewer weeks or a part at a time.
PLACES_MAX = 5_000
SINGLES_MAX = 20_000
AT_ONCE = 1_000
PROMISED = {"whole", "given"}
TABLE = (
    *("by", "key", "name", "measure", "first_week", "last_week", "number", "came", "p50_ms", "p95_ms"),
    *("p99_ms", "within", "at_most", "broken", "share_within", "under_way"),
)
SINGLES = (
    *("member", "reward", "order", "rule", "market", "location", "supplier", "state", "happened_at"),
    *("received_at", "decided_at", "approved_at", "given_at", "chosen_at", "ordered_at", "ended_at"),
    *("opened_at", "used_at", "expected_at", "lead_minutes"),
)


@staff_page
def table(desk: Desk) -> HttpResponse:
    """All lines of the page's tables, as they are asked for and as far as one sees them there."""
    asked = read_asked(desk)
    with desk.transaction() as tx:
        read = read_deliveries(tx, desk.program, asked, desk.now, documented_paces())
        places = load_slowest(tx, asked, read.rules, read.counted, desk.now, PLACES_MAX)
        add_promises(tx, asked, read.rules, places.found)
    if places.total > PLACES_MAX:
        return _too_many(desk)
    figures = {**read.figures, "location": places.found}
    underway: dict[tuple[Dimension, str], int] = {}
    for each in read.counted:
        for by in BY:
            whose = (by, str(getattr(each, by)))
            underway[whose] = underway.get(whose, 0) + 1
    rows = [
        _line(desk, asked, (by, key), figure, underway.get((by, key), 0))
        for by in BY
        for key, figure in sorted(figures.get(by, {}).items())
        if key or by == "supplier"
    ]
    return whole_csv(_name(desk, "delivery", asked), [TABLE, *rows])


@staff_page
def singles(desk: Desk) -> HttpResponseBase:
    """Single rewards of these weeks with their moments, the latest first."""
    asked = read_asked(desk)
    span = Span(*asked_times(desk, asked))
    with desk.transaction() as tx:
        too_many = list_singles(tx, asked.part, span, 1, skipped=SINGLES_MAX)
    if too_many:
        return _too_many(desk)
    return streamed_csv(_name(desk, "rewards", asked), SINGLES, _pages(desk, asked.part, span))


def _pages(desk: Desk, part: Part, span: Span) -> Iterator[Sequence[Row]]:
    """A file of single rewards, so many at a time: none is kept, and no transaction waits for its reader."""
    after: Single | None = None
    while True:
        with desk.transaction() as tx:
            found = list_singles(tx, part, span, AT_ONCE, after)
        yield [_single(each) for each in found]
        if len(found) < AT_ONCE:
            return
        after = found[-1]


def _too_many(desk: Desk) -> HttpResponse:
    """The page once more, and why there is no file."""
    return listed(desk, Teller(desk.locale).too_many())


def _line(desk: Desk, asked: Asked, whose: tuple[Dimension, str], figure: Figure, underway: int) -> Row:
    by, key = whose
    names, waits = Namer(desk.program, desk.locale), figure.waits
    name = {
        "rule": names.rule,
        "location": names.location,
        "market": names.market,
        "supplier": Teller(desk.locale).supplier,
    }[by](key)
    shown: Row = (None, None, None, None)
    if asked.measure in PROMISED:
        share = round(figure.kept[KEPT] / figure.promised, 4) if figure.promised else None
        shown = (figure.kept[KEPT], figure.kept[LATER], figure.kept[BROKEN], share)
    return (
        *(by, key, name, asked.measure, asked.first.isoformat(), asked.last.isoformat(), waits.n, waits.came),
        *(waits.within(50), waits.within(95), waits.within(99), *shown, underway),
    )


def _single(each: Single) -> Row:
    return (
        *(show("mem", each.member_id), show("rwd", each.reward_id)),
        show("ord", each.order_id) if each.order_id is not None else None,
        *(each.rule, each.market, each.location, each.supplier, each.state),
        *(each.happened_at, each.received_at, each.decided_at, each.approved_at, each.issued_at),
        *(each.chosen_at, each.ordered_at, each.ended_at, each.opened_at, each.used_at),
        *(each.expected_at, each.lead_minutes),
    )


def _name(desk: Desk, name: str, asked: Asked) -> str:
    return f"{desk.program.key}-{name}-{asked.first.isoformat()}"
