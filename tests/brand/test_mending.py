"""Mending: whatever is written, everything can be read; what is fine stays; what moves keeps its hue."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.brand.test_colors import COLORS, apart
from tests.text.messages import PACKAGE

from guerdon.program.brand.colors import between, contrast, to_oklch
from guerdon.program.brand.mending import MARK, TEXT, THEMES, Mended, mend, moved_until
from guerdon.program.brand.nouns import Looks, Pair

TOKENS = (PACKAGE / "web/static/css/tokens.css").read_text(encoding="utf-8")
MAYBE = st.none() | COLORS
PAIRS = st.builds(Pair, MAYBE, MAYBE)
LOOKS = st.builds(
    Looks,
    hue=st.none() | st.integers(0, 359),
    accent=PAIRS,
    value=PAIRS,
    card=MAYBE,
    card_fade=MAYBE,
    foil=MAYBE,
)


def unreadable(mended: Mended) -> list[tuple[str, str, str]]:
    """Theme, color and ground of all that has too little contrast."""
    found: list[tuple[str, str, str]] = []
    for theme in THEMES:
        tokens = mended.tokens[theme]
        paper = {name: tokens[name] for name in ("canvas", "surface", "sunken")}
        fade = {f"card {n}": between(tokens["card"], n / 16, tokens["card-2"]) for n in range(17)}
        needed = [
            *(("accent", paper | {"its tint": tokens["accent-soft"]}, TEXT), ("value-ink", paper, TEXT)),
            *(("ink", paper, TEXT), ("ink-2", paper, TEXT), ("value", paper, MARK)),
            ("edge", {name: paper[name] for name in ("surface", "sunken")}, MARK),
            ("fill-ink", {"fill": tokens["fill"], "hovered": tokens["fill-hover"]}, TEXT),
        ]
        # Between two places that were looked at a gradient differs by less than eight bits of it.
        needed += [(name, fade, TEXT - 0.05) for name in ("card-ink", "card-mut", "foil")]
        for name, grounds, least in needed:
            found += [
                (theme, name, on) for on, ground in grounds.items() if contrast(tokens[name], ground) < least
            ]
    return found


@given(LOOKS)
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_everything_can_be_read(looks: Looks) -> None:
    assert unreadable(mend(looks)) == []


@given(LOOKS)
@settings(max_examples=100, deadline=None)
def test_what_was_moved_is_told_and_keeps_its_hue(looks: Looks) -> None:
    for each in mend(looks).moved:
        assert each.before != each.after
        before, after = to_oklch(each.before), to_oklch(each.after)
        assert (after.lightness < before.lightness) == each.darkened
        # Where hardly any color is left, its hue is a matter of rounding.
        if min(before.chroma, after.chroma) > 0.05:
            assert abs((before.hue - after.hue + 180) % 360 - 180) < 6


@given(COLORS, COLORS, st.sampled_from([TEXT, MARK]))
@settings(max_examples=100, deadline=None)
def test_a_color_moves_only_as_far_as_needed(color: str, ground: str, least: float) -> None:
    moved = moved_until(color, lambda each: contrast(each, ground) >= least)
    if contrast(color, ground) >= least:
        assert moved == color
    else:
        # A step back would be too far: it is enough, and hardly more than that.
        assert least <= contrast(moved, ground) < least + 0.4


@given(LOOKS)
@settings(max_examples=50, deadline=None)
def test_mending_what_was_mended_moves_nothing(looks: Looks) -> None:
    first = mend(looks).tokens
    again = mend(Looks(
        hue=looks.hue,
        accent=Pair(first["light"]["accent"], first["dark"]["accent"]),
        value=Pair(first["light"]["value-ink"], first["dark"]["value-ink"]),
        card=first["light"]["card"],
        card_fade=first["light"]["card-2"],
        foil=first["light"]["foil"],
    ))  # fmt: skip
    assert [each for each in again.moved if each.what != "accent"] == []


def test_without_a_brand_pages_look_as_their_own_tokens_say() -> None:
    light = mend(Looks()).tokens["light"]
    plain = TOKENS[: TOKENS.index("@supports")]
    # Those two browsers mix themselves; their hex is but near it.
    for name in sorted({*light} - {"accent-soft", "fill-hover"}):
        written = re.search(rf"--{name}: (#[0-9a-f]{{6}})", plain)
        assert written is not None
        # Where sRGB ends, what is nearest differs by one.
        assert apart(light[name], written.group(1)) <= 1, name


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        (Looks(accent=Pair("#00627b", "#60c6e0")), []),
        (Looks(accent=Pair("#9ad84a", "#9ad84a")), [("accent", "light", True)]),
        (Looks(accent=Pair("#00627b", "#00627b")), [("accent", "dark", False)]),
        (Looks(accent=Pair(dark="#111111")), [("accent", "dark", False)]),
        (Looks(value=Pair("#ffe000", "#ffe000")), [("value", "light", True), ("value_ink", "light", True)]),
        (Looks(value=Pair("#222222", "#222222")), [("value", "dark", False), ("value_ink", "dark", False)]),
        (Looks(card="#101820", foil="#6a5a3a"), [("foil", None, False)]),
        (Looks(card="#fafafa", foil="#ffd700"), [("foil", None, True)]),
        (Looks(card="#101820", card_fade="#e0e0e0"), [("card_fade", None, True)]),
        (Looks(card="#fafafa", card_fade="#202020"), [("card_fade", None, False)]),
    ],
)
def test_what_is_told(looks: Looks, told: list[tuple[str, str | None, bool]]) -> None:
    assert [(each.what, each.theme, each.darkened) for each in mend(looks).moved] == told


def test_nothing_is_told_of_what_nobody_wrote() -> None:
    # The foil that is usual cannot be read on a light card, and is none of theirs.
    mended = mend(Looks(card="#fafafa"))
    assert mended.moved == ()
    assert contrast(mended.tokens["light"]["foil"], "#fafafa") >= TEXT


def test_grays_take_their_hue_from_the_accent_unless_it_is_gray() -> None:
    red = mend(Looks(accent=Pair("#b3261e", "#b3261e"))).tokens["dark"]["canvas"]
    assert red == mend(Looks(hue=round(to_oklch("#b3261e").hue))).tokens["dark"]["canvas"]
    gray = mend(Looks(accent=Pair("#333333", "#333333"))).tokens["dark"]["canvas"]
    assert gray == mend(Looks()).tokens["dark"]["canvas"]
