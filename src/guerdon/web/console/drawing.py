"""The overview's chart, from its series, in a reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from guerdon.queries.series import Pace, Point, Series
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.charts import MIDDLE, NARROW, WIDE, AreaChart, Line, Sheet, area_chart
from guerdon.web.console.seen import Seen

MARKS_MAX = 6
ROWS_MAX = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table beside the chart."""

    at: str
    issued: str
    redeemed: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart and its table."""

    title: str
    wide: Markup
    middle: Markup
    narrow: Markup
    rows: Sequence[Row]


def issued_chart(seen: Seen, locale: str) -> Drawn | None:
    """Draw what was given and redeemed over time; None when there is nothing yet."""
    series = seen.facts["series"]
    assert isinstance(series, Series)
    if not series.points:
        return None
    unit = seen.program.units[seen.cut.unit]
    say = words(locale, "console").gettext

    def written(amount_minor: int) -> str:
        return formats.money(amount_minor, unit.key, unit.digits, locale)

    def short(amount_minor: int) -> str:
        return formats.short_money(amount_minor, unit.key, unit.digits, locale)

    def at(point: Point) -> str:
        return _at(point.at, series.pace, seen.program.time_zone, locale)

    title = {
        "minute": say("Issued and redeemed, by minute of the event"),
        "hour": say("Issued and redeemed, by hour of the event"),
        "day": say("Issued and redeemed, by day of the event"),
        "week": say("Issued and redeemed, by week of the event"),
    }[series.pace]
    points, last = series.points, series.points[-1]
    description = say(
        "From %(first)s to %(last)s. A redemption counts where its reward was earned. "
        "The same figures stand in the table below."
    )
    lines = (
        Line(say("Issued"), written(last.issued), [p.issued for p in points], "accent"),
        Line(say("Redeemed"), written(last.redeemed), [p.redeemed for p in points], "value"),
    )

    def drawn(sheet: Sheet, marks_max: int) -> Markup:
        marks = [(place, at(points[place])) for place in _mark_places(len(points), marks_max)]
        chart = AreaChart(title, description % {"first": at(points[0]), "last": at(last)}, lines, marks)
        return area_chart(chart, short if sheet is NARROW else written, sheet)

    rows = [Row(at(p), written(p.issued), written(p.redeemed)) for p in reversed(points[-ROWS_MAX:])]
    return Drawn(
        title, drawn(WIDE, MARKS_MAX), drawn(MIDDLE, MARKS_MAX - 2), drawn(NARROW, MARKS_MAX // 2), rows
    )


def _mark_places(count: int, marks_max: int) -> list[int]:
    step = max(1, -(-count // marks_max))
    # The last mark would run under the lines' names at the chart's end.
    return [place for place in range(0, count, step) if count < 3 or place <= count - 1 - step // 3]


def _at(at: datetime, pace: Pace, zone: str, locale: str) -> str:
    if pace in {"minute", "hour"}:
        return formats.clock(at, zone, locale)
    return formats.day_in_year(at.date(), locale)
