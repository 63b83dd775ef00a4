"""Drawn QR symbols, read back by a reader that is not ours."""

import re

import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from guerdon.text.qr import draw_qr
from guerdon.web.member.handed import QR_CHARACTERS_MAX

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60)
SCALE = 4
# Fewer than the standard asks for; what reads off a screen finds it by these.
QUIET = 2
DARK = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")


def read_back(side: int, path: str) -> list[tuple[str, str]]:
    """What a scanner reads off a symbol of so many modules: each text, and of which kind it is."""
    picture = Image.new("L", (side * SCALE, side * SCALE), 255)
    pen = ImageDraw.Draw(picture)
    for across, down, wide, back in DARK.findall(path):
        assert wide == back
        left, top = int(across) * SCALE, int(down) * SCALE
        pen.rectangle((left, top, left + int(wide) * SCALE - 1, top + SCALE - 1), fill=0)
    return [(found.text, found.format.name) for found in zxingcpp.read_barcodes(picture)]


@settings(max_examples=40, deadline=None)
@given(PRINTABLE)
@example("1")
@example("12345678901234567890")
@example("AB-1234-56789-Z")
@example("A&B <C> \"D\" 'E' \\F")
@example("https://giftly.example/c/1?a=b&c=d#e")
def test_what_is_drawn_is_what_a_scanner_reads(text: str) -> None:
    drawn = draw_qr(text)
    assert read_back(drawn.side, drawn.path) == [(text, "QRCode")]


@pytest.mark.parametrize("text", ["A1-" * 133 + "Z", "Grüße-2026", "بطاقة-42"])
def test_so_are_the_longest_and_those_of_other_scripts(text: str) -> None:
    assert len(text) <= QR_CHARACTERS_MAX
    drawn = draw_qr(text)
    assert read_back(drawn.side, drawn.path) == [(text, "QRCode")]


def test_light_modules_stand_around_it() -> None:
    drawn = draw_qr("AB-1234")
    for across, down, wide, _ in DARK.findall(drawn.path):
        assert int(across) >= QUIET
        assert QUIET <= int(down) < drawn.side - QUIET
        assert int(across) + int(wide) <= drawn.side - QUIET
