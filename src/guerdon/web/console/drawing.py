"""The charts of pages, in a reader's language: the overview's from its series, a segment's from its sizes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup

from guerdon.queries.series import Pace, Point, Series
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.charts import MIDDLE, NARROW, WIDE, AreaChart, Line, Sheet, area_chart
from guerdon.web.console.seen import Seen

MARKS_MAX = 6
ROWS_MAX = 40
SIZE_MARKS = 5
SIZE_ROWS = 30


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


@dataclass(frozen=True, slots=True)
class SizeChart:
    """How large a segment was, drawn for each width, and as rows."""

    title: str
    wide: Markup
    middle: Markup
    narrow: Markup
    rows: Sequence[tuple[str, int]]


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


def size_chart(history: Sequence[tuple[date, int]], locale: str) -> SizeChart | None:
    """Draw how large it was, day by day; nothing where nobody knows."""
    if not history:
        return None
    say = words(locale, "console").gettext

    def written(n: int) -> str:
        return formats.number(n, locale)

    def at(day: date) -> str:
        return formats.day_in_year(day, locale)

    (first, _), (last, size) = history[0], history[-1]
    title = say("Members, by day")
    told = {"first": at(first), "last": at(last)}
    description = say("From %(first)s to %(last)s. The same figures stand in the table below.") % told
    line = Line(say("Members"), written(size), [n for _, n in history], "accent")

    def drawn(sheet: Sheet, marks_max: int) -> Markup:
        step = max(1, -(-len(history) // marks_max))
        marks = [(place, at(history[place][0])) for place in range(0, len(history) - step // 2, step)]
        return area_chart(AreaChart(title, description, (line,), marks), written, sheet)

    rows = [(at(day), n) for day, n in reversed(history[-SIZE_ROWS:])]
    return SizeChart(
        title, drawn(WIDE, SIZE_MARKS), drawn(MIDDLE, SIZE_MARKS - 1), drawn(NARROW, SIZE_MARKS - 2), rows
    )


def _mark_places(count: int, marks_max: int) -> list[int]:
    step = max(1, -(-count // marks_max))
    # The last mark would run under the lines' names at the chart's end.
    return [place for place in range(0, count, step) if count < 3 or place <= count - 1 - step // 3]


def _at(at: datetime, pace: Pace, zone: str, locale: str) -> str:
    if pace in {"minute", "hour"}:
        return formats.clock(at, zone, locale)
    return formats.day_in_year(at.date(), locale)
