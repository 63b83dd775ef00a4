"""Drawn bar codes, read back by a reader that is not ours."""

import re

import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from guerdon.text.barcodes import CHARACTERS_MAX, Bars, draw_barcode, draw_code128

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=CHARACTERS_MAX)
SCALE, TALL = 3, 90


def read_back(bars: Bars) -> tuple[str, str]:
    picture = Image.new("L", (bars.width * SCALE, TALL), 255)
    pen = ImageDraw.Draw(picture)
    for start, wide in re.findall(r"M(\d+) 0h(\d+)v1", bars.path):
        pen.rectangle((int(start) * SCALE, 0, (int(start) + int(wide)) * SCALE - 1, TALL), fill=0)
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text, found.format.name


@settings(max_examples=60, deadline=None)
@given(PRINTABLE)
@example("1")
@example("12345")
@example("AB-1234-56789-Z")
@example("123456789012345678901234567890")
@example("a1234b12c123d")
def test_what_is_drawn_is_what_a_scanner_reads(text: str) -> None:
    drawn = draw_code128(text)
    assert drawn is not None
    assert read_back(drawn) == (text, "Code128")


@pytest.mark.parametrize("text", ["4006381333931", "9780201379624", "0012345678905"])
def test_an_article_number_is_drawn_as_one(text: str) -> None:
    drawn = draw_barcode(text, "ean13")
    assert drawn is not None
    assert read_back(drawn) in {(text, "EAN13"), (text[1:], "UPCA")}


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        ("", "code128"),
        ("é", "code128"),
        ("a\n", "code128"),
        ("1" * (CHARACTERS_MAX + 1), "code128"),
        ("4006381333932", "ean13"),
        ("400638133393", "ean13"),
        ("\u0664006381333931", "ean13"),
        ("x", "pdf417"),
    ],
)
def test_what_a_bar_code_cannot_hold_is_not_drawn(text: str, symbology: str) -> None:
    assert draw_barcode(text, symbology) is None
