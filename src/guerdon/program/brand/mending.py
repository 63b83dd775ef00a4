"""What a brand looks like after mending: every token of a page in light and in dark, and what had to move.

Whatever is written, a page can be read: text has a contrast of 4.5 and marks have 3, as WCAG 2.2 asks
(success criteria 1.4.3 and 1.4.11). A color that has less is moved in lightness, only as far as needed, and
keeps its hue; an administrator is told of each that they wrote themselves.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from guerdon.program.brand.colors import (
    BLACK,
    WHITE,
    Oklch,
    between,
    contrast,
    from_oklch,
    luminance,
    mixed,
    to_oklch,
)
from guerdon.program.brand.nouns import Looks, Pair

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
# What was mended: an input, or for `value_ink` the color of value where it is text.
Input = Literal["accent", "value", "value_ink", "card_fade", "foil"]
TEXT, MARK = 4.5, 3.0
# The hue that pages have without a brand, and what of an accent is gray and says nothing of one.
HUE, GRAY = 222, 0.02
CORNERS_MAX = Decimal("1.5")
# How a fitting lightness is looked for: roughly first, and then within the last step.
STEP, HALVINGS = 0.02, 6
# The paper of pages, by lightness and chroma in light and in dark, as css/tokens.css has it.
PAPER: Mapping[str, Mapping[Theme, tuple[float, float]]] = {
    "canvas": {"light": (0.978, 0.004), "dark": (0.178, 0.012)},
    "surface": {"light": (1.0, 0.0), "dark": (0.208, 0.013)},
    "sunken": {"light": (0.958, 0.006), "dark": (0.255, 0.014)},
    "line": {"light": (0.912, 0.008), "dark": (0.295, 0.014)},
    "line-2": {"light": (0.83, 0.011), "dark": (0.39, 0.016)},
    "edge": {"light": (0.62, 0.014), "dark": (0.54, 0.016)},
    "ink": {"light": (0.225, 0.024), "dark": (0.955, 0.005)},
    "ink-2": {"light": (0.425, 0.021), "dark": (0.775, 0.011)},
    "ink-3": {"light": (0.515, 0.018), "dark": (0.665, 0.013)},
}
GROUNDS = ("canvas", "surface", "sunken")
# Colors of a page without a brand: lightness, chroma, and how far their hue is from the paper's.
ACCENT: Mapping[Theme, tuple[float, float, int]] = {"light": (0.46, 0.088, 0), "dark": (0.79, 0.095, -7)}
CARD, CARD_2 = (0.255, 0.045, 6), (0.315, 0.062, -2)
VALUE: Mapping[Theme, Oklch] = {"light": Oklch(0.60, 0.128, 50), "dark": Oklch(0.77, 0.12, 58)}
VALUE_INK: Mapping[Theme, Oklch] = {"light": Oklch(0.52, 0.118, 48), "dark": VALUE["dark"]}
FOIL = Oklch(0.80, 0.115, 62)
FILL_DARK = (0.50, 0.088, 0)
# Text on a card and the quieter one, on a dark card and on a light one: their hue is so far from the card's.
ON_DARK = ((0.96, 0.01, -8), (0.83, 0.03, -13))
ON_LIGHT = ((0.225, 0.024, -8), (0.425, 0.021, -13))
SOFT, HOVER = 0.11, 0.86
# Between the two colors of a card its gradient is looked at in so many places.
PLACES = 8


@dataclass(frozen=True, slots=True)
class Moved:
    """An input that was moved in lightness; a card is the same in both themes."""

    what: Input
    theme: Theme | None
    before: str
    after: str

    @property
    def darkened(self) -> bool:
        """Whether it is darker now."""
        return luminance(self.after) < luminance(self.before)


@dataclass(frozen=True, slots=True)
class Mended:
    """Every token of a page as `#rrggbb`, by theme; and of what was written, all that was moved."""

    tokens: Mapping[Theme, Mapping[str, str]]
    moved: tuple[Moved, ...]
    corners: Decimal
    rosette: bool


@lru_cache(maxsize=256)
def mend(looks: Looks) -> Mended:
    """Make all tokens of what was written; the same whenever it is asked."""
    hue = _hue_of(looks)
    moved: list[Moved] = []
    card = _card(looks, hue, moved)
    tokens = {}
    for theme in THEMES:
        paper = {name: from_oklch(*levels[theme], hue) for name, levels in PAPER.items()}
        paper["edge"] = moved_until(paper["edge"], _seen_on([paper["surface"], paper["sunken"]], MARK))
        tokens[theme] = paper | _colors(looks, hue, theme, paper, moved) | card
    return Mended(
        tokens,
        tuple(moved),
        corners=Decimal(1) if looks.corners is None else looks.corners,
        rosette=looks.rosette is not False,
    )


def moved_until(color: str, fits: Callable[[str], bool]) -> str:
    """The color nearest in lightness that fits, or itself; black or white where nothing else does."""
    if fits(color):
        return color
    found = [each for each in (_toward(0.0, color, fits), _toward(1.0, color, fits)) if each is not None]
    return min(found)[1] if found else WHITE if fits(WHITE) else BLACK


def _toward(end: float, color: str, fits: Callable[[str], bool]) -> tuple[float, str] | None:
    """How far a color is moved toward black (0) or white (1) until it fits, and what it is there."""
    lightness, chroma, hue = to_oklch(color)
    way = end - lightness
    steps = math.ceil(abs(way) / STEP)
    for step in range(1, steps + 1):
        share = step / steps
        if fits(from_oklch(lightness + way * share, chroma, hue)):
            least, most = (step - 1) / steps, share
            for _ in range(HALVINGS):
                middle = (least + most) / 2
                inside = fits(from_oklch(lightness + way * middle, chroma, hue))
                least, most = (least, middle) if inside else (middle, most)
            return abs(way) * most, from_oklch(lightness + way * most, chroma, hue)
    return None


def _seen_on(grounds: Sequence[str], least: float) -> Callable[[str], bool]:
    return lambda color: all(contrast(color, ground) >= least for ground in grounds)


def _hue_of(looks: Looks) -> float:
    """The hue of a page's grays: as written, else that of the accent, unless this is a gray itself."""
    if looks.hue is not None:
        return looks.hue
    written = looks.accent.light or looks.accent.dark
    found = to_oklch(written) if written else None
    return found.hue if found is not None and found.chroma >= GRAY else HUE


def _wanted(pair: Pair, theme: Theme) -> str | None:
    return (pair.light or pair.dark) if theme == "light" else (pair.dark or pair.light)


def _colors(
    looks: Looks, hue: float, theme: Theme, paper: Mapping[str, str], moved: list[Moved]
) -> dict[str, str]:
    """The colors of a theme on its paper."""
    grounds, surface = [paper[name] for name in GROUNDS], paper["surface"]

    def readable(color: str) -> bool:
        # It is text on its own tint as well.
        return _seen_on([*grounds, mixed(color, SOFT, surface)], TEXT)(color)

    def mended(what: Input, wanted: str | None, usual: str, fits: Callable[[str], bool]) -> str:
        found = moved_until(wanted or usual, fits)
        if wanted is not None and found != wanted:
            moved.append(Moved(what, theme, wanted, found))
        return found

    accent = mended("accent", _wanted(looks.accent, theme), _turned(*ACCENT[theme], hue), readable)
    value = _wanted(looks.value, theme)
    mark = mended("value", value, from_oklch(*VALUE[theme]), _seen_on(grounds, MARK))
    ink = mended("value_ink", value, from_oklch(*VALUE_INK[theme]), _seen_on(grounds, TEXT))
    fill = accent if theme == "light" else _dark_fill(looks, hue, surface)
    return {
        "accent": accent,
        "fill": fill,
        "fill-ink": WHITE,
        "fill-hover": mixed(fill, HOVER, BLACK),
        "accent-soft": mixed(accent, SOFT, surface),
        "value": mark,
        "value-ink": ink,
    }


def _dark_fill(looks: Looks, hue: float, surface: str) -> str:
    """What lies under white text in the dark: the accent of light pages, as far as one sees it there."""
    wanted = looks.accent.light or looks.accent.dark
    if wanted is None:
        return _turned(*FILL_DARK, hue)
    return moved_until(
        wanted, lambda color: contrast(color, WHITE) >= TEXT and contrast(color, surface) >= MARK
    )


def _turned(lightness: float, chroma: float, away: int, hue: float) -> str:
    return from_oklch(lightness, chroma, (hue + away) % 360)


def _card(looks: Looks, hue: float, moved: list[Moved]) -> dict[str, str]:
    """The card, the same in both themes: its text is light or dark, whichever its first color carries."""
    card = looks.card or _turned(*CARD, hue)
    dark = contrast(WHITE, card) >= TEXT
    text = WHITE if dark else BLACK

    def carries(color: str) -> bool:
        return _seen_on(_gradient(card, color), TEXT)(text)

    # Without a second color a card of one's own has one.
    wanted = looks.card_fade or looks.card or _turned(*CARD_2, hue)
    card_2 = moved_until(wanted, carries)
    if looks.card_fade is not None and card_2 != looks.card_fade:
        moved.append(Moved("card_fade", None, looks.card_fade, card_2))
    seen = _seen_on(_gradient(card, card_2), TEXT)
    foil = moved_until(looks.foil or from_oklch(*FOIL), seen)
    if looks.foil is not None and foil != looks.foil:
        moved.append(Moved("foil", None, looks.foil, foil))
    ink, quiet = ON_DARK if dark else ON_LIGHT
    tinted = to_oklch(card)
    around = tinted.hue if tinted.chroma >= GRAY else hue
    return {
        "card": card,
        "card-2": card_2,
        "card-ink": moved_until(_turned(*ink, around), seen),
        "card-mut": moved_until(_turned(*quiet, around), seen),
        "foil": foil,
    }


def _gradient(card: str, card_2: str) -> list[str]:
    return [between(card, place / PLACES, card_2) for place in range(PLACES + 1)]
