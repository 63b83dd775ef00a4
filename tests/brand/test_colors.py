"""Luminance, contrast and OKLCH: held to published numbers, and to one another for any color."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.program.brand.colors import between, contrast, from_oklch, luminance, mixed, to_oklch

COLORS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def channels(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def apart(one: str, other: str) -> int:
    return max(abs(a - b) for a, b in zip(channels(one), channels(other), strict=True))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        # The gray that is just dark enough for text on white, and the next that is not.
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        # The same for marks.
        ("#949494", "#ffffff", 3.03),
        ("#959595", "#ffffff", 2.995),
        ("#ff0000", "#ffffff", 4.00),
        ("#0000ff", "#ffffff", 8.59),
        ("#00ff00", "#ffffff", 1.37),
        ("#ffff00", "#000000", 19.56),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    ("color", "level"),
    [("#000000", 0.0), ("#ffffff", 1.0), ("#ff0000", 0.2126), ("#00ff00", 0.7152), ("#0000ff", 0.0722)],
)
def test_luminance_is_that_of_wcag(color: str, level: float) -> None:
    assert luminance(color) == pytest.approx(level, abs=1e-4)


@pytest.mark.parametrize(
    ("color", "lightness", "chroma", "hue"),
    # Of CSS Color 4 and of the one who made the space.
    [
        ("#ff0000", 0.628, 0.2577, 29.23),
        ("#00ff00", 0.8664, 0.2948, 142.5),
        ("#0000ff", 0.452, 0.3132, 264.05),
    ],
)
def test_a_color_has_its_place_in_oklch(color: str, lightness: float, chroma: float, hue: float) -> None:
    found = to_oklch(color)
    assert found.lightness == pytest.approx(lightness, abs=1e-3)
    assert found.chroma == pytest.approx(chroma, abs=1e-3)
    assert found.hue == pytest.approx(hue, abs=0.1)


@given(COLORS)
def test_there_and_back_is_the_same_color(color: str) -> None:
    assert apart(from_oklch(*to_oklch(color)), color) <= 1


@given(st.floats(0.1, 1), st.floats(0, 0.4), st.floats(0, 359.9))
def test_whatever_is_asked_for_is_a_color_just_as_light(lightness: float, chroma: float, hue: float) -> None:
    # Below a tenth eight bits tell shades less finely: the darkest gray that is not black has 0.067.
    assert to_oklch(from_oklch(lightness, chroma, hue)).lightness == pytest.approx(lightness, abs=0.02)


@given(st.floats(0, 0.4), st.floats(0, 359.9))
def test_no_lightness_is_black_and_all_of_it_white(chroma: float, hue: float) -> None:
    assert (from_oklch(0, chroma, hue), from_oklch(1, chroma, hue)) == ("#000000", "#ffffff")


@given(COLORS, COLORS, st.floats(0, 1))
def test_what_is_mixed_lies_between(one: str, other: str, share: float) -> None:
    assert apart(mixed(one, 1.0, other), one) <= 1
    assert apart(mixed(one, 0.0, other), other) <= 1
    assert between(one, 0, other) == one
    assert between(one, 1, other) == other
    for a, b, c in zip(channels(one), channels(between(one, share, other)), channels(other), strict=True):
        assert min(a, c) <= b <= max(a, c)
