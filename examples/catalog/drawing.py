"""Flat shapes of one light over a ground from one shade to another, as PNG: a few kB, drawn row by row.

A pixel is an index: how far down the ground it lies, and how much light lies on it. So a picture has one
palette, and is compressed to next to nothing.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

# Steps of the ground from top to bottom, and of light from none to full: together a palette of 240.
SHADES, LIGHTS = 20, 12
# Looked at in so many lines a row, so that edges are soft.
LINES = 4
# Light on each shade, as places of the palette.
_ON = [bytes((shade * LIGHTS + light) & 0xFF for light in range(256)) for shade in range(SHADES)]
Color = tuple[int, int, int]
Span = tuple[float, float]


class Shape(Protocol):
    """Something without dents: on each line it goes from one place to another."""

    def span(self, y: float) -> Span | None:
        """From where to where it goes on a line; None: it is not there."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk."""

    x: float
    y: float
    radius: float

    def span(self, y: float) -> Span | None:
        """From where to where it goes on a line."""
        half = self.radius**2 - (y - self.y) ** 2
        return None if half <= 0 else (self.x - sqrt(half), self.x + sqrt(half))


@dataclass(frozen=True, slots=True)
class Corners:
    """What lies between corners, named one after another."""

    corners: Sequence[Span]

    def span(self, y: float) -> Span | None:
        """From where to where it goes on a line."""
        found = []
        for (ax, ay), (bx, by) in zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True):
            if min(ay, by) <= y < max(ay, by):
                found.append(ax + (bx - ax) * (y - ay) / (by - ay))
        return (min(found), max(found)) if len(found) > 1 else None


@dataclass(frozen=True, slots=True)
class Layer:
    """A shape with its light, and the light of what it lies on: each from 0 to 11."""

    shape: Shape
    light: int
    on: int = 0


@dataclass(frozen=True, slots=True)
class Colors:
    """The shades of a ground at the top and at the bottom, and the light on it."""

    top: Color
    bottom: Color
    light: Color


@dataclass(frozen=True, slots=True)
class Drawing:
    """How large it is, and its pixels, packed; whatever colors it is printed in, they are the same."""

    width: int
    height: int
    packed: bytes


def drawing_of(width: int, height: int, layers: Sequence[Layer]) -> Drawing:
    """Shapes that lie on one another."""
    rows = bytearray()
    for y in range(height):
        row = bytearray(width)
        for layer in layers:
            _lay(row, layer, y)
        rows += b"\0" + row.translate(_ON[y * SHADES // height])
    return Drawing(width, height, zlib.compress(bytes(rows), 9))


def printed(drawing: Drawing, colors: Colors) -> bytes:
    """A drawing in some colors, as a PNG."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", drawing.width, drawing.height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(part for color in _palette(colors) for part in color)),
        (b"IDAT", drawing.packed),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def mixed(one: Color, other: Color, share: float) -> Color:
    """A color between two."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _palette(colors: Colors) -> Iterator[Color]:
    for shade in range(SHADES):
        below = mixed(colors.top, colors.bottom, shade / (SHADES - 1))
        for light in range(LIGHTS):
            yield mixed(below, colors.light, light / (LIGHTS - 1))


def _lay(row: bytearray, layer: Layer, y: int) -> None:
    """Lay a shape over a row: where only some of its lines are, it is that much lighter."""
    spans = [found for line in range(LINES) if (found := layer.shape.span(y + (line + 0.5) / LINES))]
    begins = sorted(_within(begin, row) for begin, _ in spans)
    ends = sorted((_within(end, row) for _, end in spans), reverse=True)
    for count, (begin, end) in enumerate(zip(begins, ends, strict=True), 1):
        if begin < end:
            light = layer.on + round((layer.light - layer.on) * count / LINES)
            row[begin:end] = bytes((light,)) * (end - begin)


def _within(place: float, row: bytearray) -> int:
    return min(max(round(place), 0), len(row))
