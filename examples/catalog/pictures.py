"""Pictures for the items: four for each category, in a color of its own with a figure in the middle.

As wide as a phone's page and two and a half times as fine; cut to a square, the figure is still whole. They
bring their own ground, so they look the same on a light page and on a dark one.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from colorsys import hls_to_rgb
from functools import cache
from pathlib import Path

from .drawing import Color, Colors, Corners, Disk, Layer, drawing_of, printed
from .words import categories

WIDTH, HEIGHT = 896, 350
EACH = 4
# The middle, and how far a figure reaches from it.
X, Y, REACH = WIDTH / 2, HEIGHT / 2, 118.0
LIGHT: Color = (255, 250, 240)
# Neighbours in the list of categories are far apart in color, and no two pictures have the same.
APART = 13
Figure = Callable[[], Sequence[Layer]]


def picture_of(category: str, brand: str) -> str:
    """The name of the file that shows an item of a brand."""
    return f"{category.replace('_', '-')}-{zlib.crc32(brand.encode()) % EACH + 1}.png"


def pictures() -> Iterator[tuple[str, bytes]]:
    """All pictures: names of files, and what is in them."""
    figures = [drawing_of(WIDTH, HEIGHT, figure()) for figure in FIGURES]
    for place, category in enumerate(categories()):
        for number in range(EACH):
            name = f"{category.replace('_', '-')}-{number + 1}.png"
            yield name, printed(figures[(place * 3 + number) % len(figures)], _colors(place, number))


def write_pictures(folder: Path) -> int:
    """Write all pictures into a folder; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    return sum(bool((folder / name).write_bytes(drawn)) for name, drawn in pictures())


def _colors(place: int, number: int) -> Colors:
    many = len(categories())
    hue = (place * APART % many + number / EACH) / many
    return Colors(_color(hue, 0.44), _color((hue + 0.06) % 1.0, 0.28), LIGHT)


def _color(hue: float, lightness: float) -> Color:
    red, green, blue = (round(part * 255) for part in hls_to_rgb(hue, lightness, 0.42))
    return red, green, blue


def _disk(radius: float, light: int, on: int = 0, at: tuple[float, float] = (0.0, 0.0)) -> Layer:
    return Layer(Disk(X + at[0], Y + at[1], radius), light, on)


def _box(left: float, top: float, right: float, bottom: float) -> Corners:
    return Corners(
        ((X + left, Y + top), (X + right, Y + top), (X + right, Y + bottom), (X + left, Y + bottom))
    )


def _diamond(reach: float) -> Corners:
    return Corners(((X, Y - reach), (X + reach, Y), (X, Y + reach), (X - reach, Y)))


def _rings() -> Sequence[Layer]:
    return [_disk(REACH, 3), _disk(86, 0, 3), _disk(72, 6), _disk(44, 0, 6), _disk(30, 11)]


def _moons() -> Sequence[Layer]:
    return [_disk(REACH, 3), _disk(78, 9, 3, (-22.0, 0.0)), _disk(78, 3, 9, (14.0, 0.0))]


def _diamonds() -> Sequence[Layer]:
    return [Layer(_diamond(REACH), 3), Layer(_diamond(84), 6, 3), Layer(_diamond(42), 11, 6)]


def _columns() -> Sequence[Layer]:
    heights = (52, 104, 156, 204, 128)
    return [
        Layer(_box(-112 + 48 * n, 102 - height, -76 + 48 * n, 102), 4 + n) for n, height in enumerate(heights)
    ]


def _sunrise() -> Sequence[Layer]:
    waves = [Layer(_box(-REACH, 42 + 28 * n, REACH, 54 + 28 * n), 8 - 3 * n) for n in range(3)]
    below = Layer(_box(-REACH, 30, REACH, REACH + 14), 0, 0)
    return [_disk(108, 3, 0, (0.0, 20.0)), _disk(70, 10, 3, (0.0, 20.0)), below, *waves]


def _hills() -> Sequence[Layer]:
    far = Corners(((X + 30, Y - 96), (X + 122, Y + 92), (X - 62, Y + 92)))
    near = Corners(((X - 42, Y - 34), (X + 40, Y + 92), (X - 122, Y + 92)))
    return [Layer(far, 4), Layer(near, 8, 4), _disk(24, 11, 0, (-70.0, -78.0))]


def _dots() -> Sequence[Layer]:
    return [
        _disk(26, 3 + 2 * ((x + 2 * y) % 5), 0, (x * 76.0, y * 76.0)) for y in (-1, 0, 1) for x in (-1, 0, 1)
    ]


def _petals() -> Sequence[Layer]:
    around = ((-48.0, -48.0), (48.0, -48.0), (48.0, 48.0), (-48.0, 48.0))
    return [*(_disk(58, 4 + n, 0, at) for n, at in enumerate(around)), _disk(34, 11, 5)]


FIGURES: Sequence[Figure] = (_rings, _hills, _diamonds, _dots, _sunrise, _columns, _petals, _moons)


@cache
def drawn() -> Mapping[str, bytes]:
    """All pictures by their names, drawn once."""
    return dict(pictures())
