"""Charts as SVG text: no script, no style attribute, so they print, mail and stream like any other text.

Each has a title and a description, and the page that shows it shows its figures as a table too. Time runs
from left to right in every language; a label in Arabic is written from right to left at the same place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

_TOP, _BOTTOM, _HEIGHT = 20.0, 226.0, 252
_LABELS_APART = 30.0
_AMOUNT_BELOW = 13.0
_TICKS = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a chart is drawn on: its width, and where the drawing begins and ends."""

    width: int
    left: float
    right: float


WIDE = Sheet(790, 62.0, 700.0)
MIDDLE = Sheet(560, 58.0, 472.0)
NARROW = Sheet(358, 52.0, 272.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its name, what is written at its end, its values, and the tone it is drawn in."""

    name: str
    end: str
    values: Sequence[int]
    tone: str


@dataclass(frozen=True, slots=True)
class AreaChart:
    """At most two lines over time, the first with its area filled, and marks along the time."""

    title: str
    description: str
    lines: Sequence[Line]
    marks: Sequence[tuple[int, str]]


def area_chart(chart: AreaChart, written: Callable[[int], str], sheet: Sheet = WIDE) -> Markup:
    """Draw lines over time; `written` writes a value for the axis."""
    count = max(len(line.values) for line in chart.lines)
    top = _nice_top(max((max(line.values, default=0) for line in chart.lines), default=0))
    parts = [_grid(sheet, top, written), _marks(sheet, chart.marks, count)]
    for place, line in enumerate(chart.lines):
        points = _points(sheet, line.values, count, top)
        path = _straight(points)
        if place == 0:
            last_x, first_x = points[-1][0], points[0][0]
            parts.append(
                Markup('<path class="chart-area" d="{}L{:.1f} {} L{:.1f} {}Z"/>').format(
                    path, last_x, _BOTTOM, first_x, _BOTTOM
                )
            )
    for line in reversed(chart.lines):
        points = _points(sheet, line.values, count, top)
        parts.append(
            Markup('<path class="chart-line" data-tone="{}" d="{}"/>').format(line.tone, _straight(points))
        )
    parts.append(_ends(sheet, chart.lines, count, top))
    head = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" direction="ltr"><title>{}</title><desc>{}</desc>'
    )
    return (
        head.format(sheet.width, _HEIGHT, chart.title, chart.description)
        + Markup("").join(parts)
        + Markup("</svg>")
    )


def _grid(sheet: Sheet, top: int, written: Callable[[int], str]) -> Markup:
    lines = [
        Markup('<line class="chart-ground" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>').format(
            sheet.left, sheet.right, _BOTTOM
        )
    ]
    for tick in range(1, _TICKS + 1):
        value = top * tick // _TICKS
        y = f"{_height(value, top):.1f}"
        lines.append(
            Markup('<line class="chart-grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>').format(
                sheet.left, sheet.right, y
            )
        )
        lines.append(
            Markup('<text class="chart-axis" x="0" y="{:.1f}">{}</text>').format(float(y) + 4, written(value))
        )
    return Markup("").join(lines)


def _marks(sheet: Sheet, marks: Sequence[tuple[int, str]], count: int) -> Markup:
    texts = [
        Markup('<text class="chart-axis" x="{:.1f}" y="246">{}</text>').format(
            _across(sheet, place, count), text
        )
        for place, text in marks
    ]
    return Markup("").join(texts)


def _ends(sheet: Sheet, lines: Sequence[Line], count: int, top: int) -> Markup:
    ends = [(line, *_points(sheet, line.values, count, top)[-1]) for line in lines]
    # The amount stands under the name: low down it would run into the marks of the time.
    at = [min(y, _BOTTOM - _AMOUNT_BELOW) for _, _, y in ends]
    if len(at) == 2 and abs(at[0] - at[1]) < _LABELS_APART:
        middle, upper = sum(at) / 2, 0 if at[0] <= at[1] else 1
        middle = min(max(middle, _TOP + 10), _BOTTOM - _AMOUNT_BELOW - _LABELS_APART / 2)
        at[upper], at[1 - upper] = middle - _LABELS_APART / 2, middle + _LABELS_APART / 2
    drawn = []
    for (line, x, y), label_y in zip(ends, at, strict=True):
        drawn.append(
            Markup(
                '<circle class="chart-end" data-tone="{tone}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                '<text class="chart-name" data-tone="{tone}" x="{tx:.1f}" y="{ty:.1f}">{name}</text>'
                '<text class="chart-value" x="{tx:.1f}" y="{vy:.1f}">{end}</text>'
            ).format(
                tone=line.tone,
                x=x,
                y=y,
                tx=x + 10,
                ty=label_y - 1,
                vy=label_y + _AMOUNT_BELOW,
                name=line.name,
                end=line.end,
            )
        )
    return Markup("").join(drawn)


def _points(sheet: Sheet, values: Sequence[int], count: int, top: int) -> list[tuple[float, float]]:
    drawn = [(_across(sheet, place, count), _height(value, top)) for place, value in enumerate(values)]
    # One value alone is drawn as a level line, so that there is something to see.
    return [(sheet.left, drawn[0][1]), (sheet.right, drawn[0][1])] if len(drawn) == 1 else drawn


def _across(sheet: Sheet, place: int, count: int) -> float:
    return sheet.left + (sheet.right - sheet.left) * (place / (count - 1) if count > 1 else 0)


def _height(value: int, top: int) -> float:
    return _BOTTOM - (_BOTTOM - _TOP - 14) * (value / top if top else 0)


def _straight(points: Sequence[tuple[float, float]]) -> str:
    # From one measured value to the next: a curve would show slopes that nobody measured.
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _nice_top(highest: int) -> int:
    """The smallest round number, divisible into the ticks, that is not below the highest value."""
    if highest <= 0:
        return _TICKS
    step = Decimal(highest) / _TICKS
    power = Decimal(10) ** step.adjusted()
    nice = next(
        n * power
        for n in (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
        if n * power >= step
    )
    return max(int(nice * _TICKS), _TICKS)
