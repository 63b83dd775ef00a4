"""The colors of every page: text can be read and marks can be told apart, in both themes."""

import re
from math import cos, radians, sin

import pytest
from tests.text.messages import PACKAGE

TOKENS = (PACKAGE / "web/static/css/tokens.css").read_text(encoding="utf-8")
HUE = "222"
TEXTS = ["ink", "ink-2", "ink-3", "accent", "value-ink", "ok", "warn", "bad"]
GROUNDS = ["surface", "canvas", "sunken"]
MARKS = ["accent", "value", "edge", "ok", "warn", "bad"]
# Used on sunken grounds only where text is not smaller: menus and hovered rows hold ink and ink-2.
ON_SUNKEN = {"ink", "ink-2"}

Color = tuple[float, float, float]


def linear_of_oklch(lightness: float, chroma: float, hue: float) -> Color:
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def linear_of_hex(text: str) -> Color:
    def channel(pair: str) -> float:
        value = int(pair, 16) / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (channel(text[n : n + 2]) for n in (1, 3, 5))
    return red, green, blue


def luminance(color: Color) -> float:
    red, green, blue = (min(max(c, 0.0), 1.0) for c in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def declared() -> dict[str, tuple[Color, Color]]:
    """The tokens in light and dark, out of the upgraded block."""
    upgraded = TOKENS[TOKENS.index("@supports") :].replace("var(--hue)", HUE)
    plain = dict(re.findall(r"--([\w-]+):\s*(oklch\([^)]*\));", upgraded))
    for name, source in plain.items():
        upgraded = upgraded.replace(f"var(--{name})", source)
    found = {name: (source, source) for name, source in plain.items()}
    for name, light, dark in re.findall(
        r"--([\w-]+):\s*light-dark\((oklch\([^)]*\)),\s*(oklch\([^)]*\))\)", upgraded
    ):
        found[name] = (light, dark)
    found["value-ink"] = found.get("value-ink", found["value"])

    def read(source: str) -> Color:
        lightness, chroma, *hue = (float(n) for n in re.findall(r"[\d.]+", source))
        return linear_of_oklch(lightness, chroma, hue[0] if hue else 0.0)

    return {name: (read(light), read(dark)) for name, (light, dark) in found.items()}


COLORS = declared()


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground(theme: int) -> None:
    poor = {
        f"{text} on {ground}": round(contrast(COLORS[text][theme], COLORS[ground][theme]), 2)
        for text in TEXTS
        for ground in GROUNDS
        if (ground != "sunken" or text in ON_SUNKEN)
        and contrast(COLORS[text][theme], COLORS[ground][theme]) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_mark_and_field_edge_can_be_seen(theme: int) -> None:
    poor = [mark for mark in MARKS if contrast(COLORS[mark][theme], COLORS["surface"][theme]) < 3]
    assert poor == []


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_white_can_be_read_on_the_fill(theme: int) -> None:
    assert contrast((1.0, 1.0, 1.0), COLORS["fill"][theme]) >= 4.5


@pytest.mark.parametrize("ground", ["card", "card-2"])
@pytest.mark.parametrize("text", ["card-ink", "card-mut", "foil"])
def test_every_text_can_be_read_on_the_card(text: str, ground: str) -> None:
    assert contrast(COLORS[text][0], COLORS[ground][0]) >= 4.5


def test_the_hex_colors_are_the_same_colors() -> None:
    first = TOKENS[: TOKENS.index("@supports")]
    off = {}
    for name, text in re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", first):
        if name in COLORS:
            pairs = zip(linear_of_hex(text), COLORS[name][0], strict=True)
            if max(abs(one - min(max(other, 0.0), 1.0)) for one, other in pairs) > 0.012:
                off[name] = text
    assert off == {}
