"""How long it took, week by week, drawn for each width and as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from guerdon.queries.deliveries.figures import Figure
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.charts import MIDDLE, NARROW, WIDE, AreaChart, Line, Sheet, area_chart
from guerdon.values.waits import Waits
from guerdon.web.console.deliveries.saying import Teller

MARKS = 5


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A week: how many, and within what half and 95 % of them came."""

    week: str
    n: int
    half: str
    most: str


@dataclass(frozen=True, slots=True)
class WeekChart:
    """A chart for each width, and its rows."""

    title: str
    wide: Markup
    middle: Markup
    narrow: Markup
    rows: Sequence[WeekRow]


def week_chart(weeks: Mapping[str, Figure], locale: str) -> WeekChart | None:
    """Draw half and 95 % by week; None while there is nothing."""
    seen = [
        (date.fromisoformat(key), figure.waits) for key, figure in sorted(weeks.items()) if figure.waits.n
    ]
    if not seen:
        return None
    say, tell = words(locale, "console").gettext, Teller(locale)

    def at(day: date) -> str:
        return formats.day_in_year(day, locale)

    share = formats.percent(0.95, locale)
    title = say("Half and %(share)s, by week") % {"share": share}
    told = {"first": at(seen[0][0]), "last": at(seen[-1][0])}
    description = say("From %(first)s to %(last)s. The same figures stand in the table below.") % told
    last = seen[-1][1]
    lines = (
        Line(share, tell.within(last, 95), [_drawn(waits, 95) for _, waits in seen], "accent"),
        Line(say("Half"), tell.within(last, 50), [_drawn(waits, 50) for _, waits in seen], "value"),
    )

    def drawn(sheet: Sheet, marks_max: int) -> Markup:
        step = max(1, -(-len(seen) // marks_max))
        marks = [(place, at(seen[place][0])) for place in range(0, max(len(seen) - step // 2, 1), step)]
        return area_chart(AreaChart(title, description, lines, marks), tell.length, sheet)

    rows = [
        WeekRow(at(day), waits.n, tell.within(waits, 50), tell.within(waits, 95))
        for day, waits in reversed(seen)
    ]
    return WeekChart(title, drawn(WIDE, MARKS), drawn(MIDDLE, MARKS - 1), drawn(NARROW, MARKS - 2), rows)


def _drawn(waits: Waits, percent: int) -> int:
    return waits.within(percent) or waits.at_least() or 0
