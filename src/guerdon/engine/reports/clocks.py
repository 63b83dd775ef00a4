"""How long rewards took until they were in their member's hands, and whether promises were kept, by rule."""

from collections.abc import Sequence
from datetime import timedelta

from guerdon.engine.deliveries.reading import monday, read_deliveries
from guerdon.engine.reports.look import Look
from guerdon.queries.deliveries.figures import KEPT, Asked, Figure
from guerdon.queries.deliveries.underway import Part
from guerdon.store.database import Transaction
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.papers import Column, Table
from guerdon.text.papers import Figure as Said

# A week alone says little of the slowest of a hundred.
WEEKS = 4


def tell_clocks(look: Look, tx: Transaction) -> Sequence[Table]:
    """A line for all, then one for each rule, the slowest first."""
    say = words(look.language, "reports").gettext
    last = monday(look.last)
    part = Part(market=look.market, location=look.location)
    asked = Asked("whole", last - timedelta(weeks=WEEKS - 1), last, part, look.scope)
    read = read_deliveries(tx, look.program, asked, look.now, look.documented)
    underway = {key: sum(each.rule == key for each in read.counted) for key in read.figures.get("rule", {})}
    rules = sorted(read.figures.get("rule", {}).items(), key=lambda each: (-_slowness(each[1]), each[0]))
    whole = read.figures["all"][""]
    rows = [_line(look, look.rule(key), figure, underway[key]) for key, figure in rules]
    if rows:
        rows = [_line(look, say("All rewards"), whole, len(read.counted)), *rows]
    columns = [
        Column(say("Rule"), wide=True),
        Column(say("Rewards"), figures=True),
        *(
            Column(say("%(share)s within") % {"share": formats.percent(share, look.language)}, figures=True)
            for share in (0.5, 0.95, 0.99)
        ),
        Column(say("Promise kept"), figures=True),
        Column(say("Under way"), figures=True),
    ]
    weeks = {"first": formats.day(asked.first, look.language)}
    note = say("Our part, in the weeks since %(first)s; what is under way lasts at least as long as it has.")
    none = say("Nothing was delivered in these weeks.")
    return [Table(say("From event to their hands"), columns, rows, none, note % weeks)]


def _line(look: Look, name: str, figure: Figure, underway: int) -> list[str | Said]:
    over = words(look.language, "reports").gettext("over %(length)s")
    kept = figure.kept[KEPT] / figure.promised if figure.promised else None
    return [
        name,
        look.number(figure.waits.n),
        *(look.within(figure.waits, percent, over) for percent in (50, 95, 99)),
        look.share(kept),
        look.number(underway),
    ]


def _slowness(figure: Figure) -> int:
    return figure.waits.within(95) or figure.waits.at_least() or 0
