"""Colors: their contrast by WCAG 2.2, and the same in OKLCH, where lightness moves and the hue stays.

A color is `#rrggbb`, in sRGB. OKLCH is lightness from 0 to 1, chroma from 0 and hue in degrees.
"""

import math
import re
from functools import lru_cache
from typing import NamedTuple

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
WHITE, BLACK = "#ffffff", "#000000"
# Steps of a search within what sRGB has; finer than eight bits tell.
_HALVINGS = 14
_NEARLY = 1e-4

Linear = tuple[float, float, float]


class Oklch(NamedTuple):
    """A color by lightness, chroma and hue."""

    lightness: float
    chroma: float
    hue: float


@lru_cache(maxsize=4096)
def luminance(color: str) -> float:
    """The relative luminance of a color, from 0 (black) to 1 (white).

    As WCAG 2.2 defines it (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance):
    L = 0.2126 R + 0.7152 G + 0.0722 B, where a channel c of eight bits, as a share of 255, counts c / 12.92
    up to 0.04045 and ((c + 0.055) / 1.055) ** 2.4 above it.
    """
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, from 1 to 21, whichever is the lighter.

    As WCAG 2.2 defines it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio): (L1 + 0.05) / (L2 + 0.05), with
    L1 the relative luminance of the lighter and L2 that of the darker color.
    """
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def linear(color: str) -> Linear:
    """The three channels of a color, in light: from 0 to 1 each."""
    shares = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return red, green, blue


def to_oklch(color: str) -> Oklch:
    """A color in OKLCH, as CSS Color 4 converts it (https://www.w3.org/TR/css-color-4/#color-conversion-code)."""
    lightness, a, b = _to_oklab(linear(color))
    return Oklch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


@lru_cache(maxsize=4096)
def from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """The color of these in sRGB; where sRGB is not so colorful, as colorful as it is, just as light."""
    level, turned = min(1.0, max(0.0, lightness)), math.radians(hue)
    if level in {0.0, 1.0}:
        return WHITE if level else BLACK
    least, most = 0.0, chroma
    if not _within(_from_oklab(level, chroma * math.cos(turned), chroma * math.sin(turned))):
        for _ in range(_HALVINGS):
            middle = (least + most) / 2
            inside = _within(_from_oklab(level, middle * math.cos(turned), middle * math.sin(turned)))
            least, most = (middle, most) if inside else (least, middle)
        chroma = least
    return _written(_from_oklab(level, chroma * math.cos(turned), chroma * math.sin(turned)))


def mixed(color: str, share: float, other: str) -> str:
    """A color with so much of it in another, as `color-mix(in oklab, …)` mixes them."""
    one, two = _to_oklab(linear(color)), _to_oklab(linear(other))
    lightness, a, b = (x * share + y * (1 - share) for x, y in zip(one, two, strict=True))
    return _written(_from_oklab(lightness, a, b))


def between(color: str, share: float, other: str) -> str:
    """What lies so far on the way from a color to another in a gradient of CSS, channel by channel."""
    pairs = [(int(color[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _to_oklab(light: Linear) -> Linear:
    r, g, b = light
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> Linear:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _within(light: Linear) -> bool:
    return all(-_NEARLY <= each <= 1 + _NEARLY for each in light)


def _written(light: Linear) -> str:
    held = [min(1.0, max(0.0, each)) for each in light]
    shares = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in held]
    return "#" + "".join(f"{round(share * 255):02x}" for share in shares)
