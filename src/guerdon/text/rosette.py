"""The guilloche: a banknote's line work, drawn from a number so that each reward has its own.

It is a mark, never information: it is always hidden from screen readers. The same seed gives the same lines.
Rings wave around a middle, each drawn twice, half a wave apart, so that the lines cross like woven threads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import cos, hypot, pi, sin

from markupsafe import Markup

_SAMPLES = 96
# Coordinates are whole tenths: fine enough for a screen, and their differences are short to write.
_TENTHS = 10
_MARGIN_TENTHS = 60

_Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Face:
    """What is drawn on: its size, the middle of the rings, and how each ring waves."""

    width: float
    height: float
    middle: tuple[float, float]
    petals: int
    ripples: int
    start: float

    def point(self, radius: float, twist: float, turn: float, phase: float) -> _Point:
        swell = cos(self.petals * turn + phase + twist) + 0.42 * sin(self.ripples * turn - phase + self.start)
        reach = radius * (1 + 0.088 * swell)
        across, down = self.middle[0] + reach * cos(turn), self.middle[1] + reach * sin(turn)
        return round(across * _TENTHS), round(down * _TENTHS)

    def shows(self, point: _Point) -> bool:
        across, down = point
        return (
            -_MARGIN_TENTHS <= across <= self.width * _TENTHS + _MARGIN_TENTHS
            and -_MARGIN_TENTHS <= down <= self.height * _TENTHS + _MARGIN_TENTHS
        )


@lru_cache(maxsize=512)
def rosette(seed: str, size: int = 28, rings: int = 3) -> Markup:
    """Draw a rosette for an SVG of `size` by `size`; stroke and color are the page's."""
    face = _face(seed, size, size, (size / 2, size / 2))
    return _woven(face, [size * 0.19 * 1.42**ring for ring in range(rings)])


@lru_cache(maxsize=512)
def banknote(seed: str, width: int, height: int) -> Markup:
    """Draw a banknote's ground for an SVG of `width` by `height`: one rosette that reaches over all of it."""
    middle = (width * 0.81, height * 0.38)
    radii, radius = [], height * 0.17
    while radius < hypot(middle[0], height - middle[1]) * 0.8:
        radii.append(radius)
        radius *= 1.15
    return _woven(_face(seed, width, height, middle), radii)


def _face(seed: str, width: float, height: float, middle: tuple[float, float]) -> _Face:
    digest = blake2b(seed.encode(), digest_size=8).digest()
    petals = 11 + digest[0] % 4
    return _Face(width, height, middle, petals, petals + 5 + digest[1] % 4, digest[2] / 256 * 2 * pi)


def _woven(face: _Face, radii: list[float]) -> Markup:
    paths = []
    for phase in (0.0, pi):
        lines = [_line(face, radius, ring * 0.55, phase) for ring, radius in enumerate(radii)]
        paths.append(f'<path d="{"".join(lines)}"/>')
    return Markup("".join(paths))  # noqa: S704  numbers only, computed here


def _line(face: _Face, radius: float, twist: float, phase: float) -> str:
    """One ring, as curves through the middles between its points; what nobody would see is left out."""
    turns = [2 * pi * step / _SAMPLES for step in range(_SAMPLES)]
    points = [face.point(radius, twist, turn, phase) for turn in turns]
    parts, pen = [], None
    for before, at, after in _corners(points):
        start, end = _between(before, at), _between(at, after)
        if not (face.shows(start) or face.shows(end)):
            continue
        if pen != start:
            parts.append(f"M{_written(start)}")
        parts.append(f"q{_written(_away(start, at))} {_written(_away(start, end))}")
        pen = end
    return "".join(parts)


def _corners(points: list[_Point]) -> Iterator[tuple[_Point, _Point, _Point]]:
    for index, at in enumerate(points):
        yield points[index - 1], at, points[(index + 1) % len(points)]


def _between(one: _Point, other: _Point) -> _Point:
    return (one[0] + other[0]) // 2, (one[1] + other[1]) // 2


def _away(origin: _Point, point: _Point) -> _Point:
    return point[0] - origin[0], point[1] - origin[1]


def _written(point: _Point) -> str:
    return " ".join(f"{part / _TENTHS:g}" for part in point)
