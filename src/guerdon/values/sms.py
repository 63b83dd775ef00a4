"""Text messages as the network counts them: in which alphabet, of how many parts, and which letter did it.

GSM 03.38 (3GPP TS 23.038) has seven bits a letter, some letters being two; one letter that it lacks turns the
whole text into UCS-2. A text that does not fit one message travels in parts that each carry a header, so a
part holds less: 153 instead of 160, 67 instead of 70. Neither an escaped letter (`€`) nor a pair of
surrogates (an emoji) is ever cut in two: where one would straddle a border it begins the next part, and the
part before stays one unit short. So there can be one part more than the units alone would need.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

# In the order of their codes; 0x1B is no letter but leads into the extension.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_UNITS = {letter: 1 for letter in _BASIC if letter != "\x1b"} | dict.fromkeys(_EXTENSION, 2)
# (alone, as a part of several)
_SIZES: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}

# What typesetting made of plain letters: put back, nobody misses anything.
_TWINS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`\u2039\u203a", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys(
            "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " "
        ),
        **dict.fromkeys("\u202f\u205f\u3000\t", " "),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
        **dict.fromkeys("\u2028\u2029\x85", "\n"),
        "\u2026": "...",
        "\u2022": "*",
        "\u2044": "/",
        "\u02c6": "^",
        "\u02dc": "~",
    }
)
# What only says how the letter before it is to be drawn.
_DRAWN = re.compile("[\ufe0e\ufe0f]")


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text travels: its alphabet, its units (letters and escapes; 16-bit units), and its parts.

    `foreign`: each letter that GSM-7 lacks, once and in the order they stand; empty where it is GSM-7.
    """

    encoding: Encoding
    units: int
    parts: tuple[str, ...] = field(repr=False)
    foreign: str = ""

    @property
    def count(self) -> int:
        """How many messages the network carries and bills."""
        return len(self.parts)


def segments(text: str) -> Segments:
    """Count a text and cut it as the network would; an empty text is one empty part."""
    foreign = "".join(dict.fromkeys(letter for letter in text if letter not in _UNITS))
    encoding: Encoding = "UCS-2" if foreign else "GSM-7"
    lengths = [units_of(letter, encoding) for letter in text]
    units = sum(lengths)
    alone, together = _SIZES[encoding]
    parts = (text,) if units <= alone else _cut(text, lengths, together)
    return Segments(encoding, units, parts, foreign)


def units_of(letter: str, encoding: Encoding) -> int:
    """How many units one character takes, in an alphabet that has it."""
    if encoding == "GSM-7":
        return _UNITS[letter]
    return 2 if ord(letter) > 0xFFFF else 1


def clean(text: str) -> str:
    """Put plain letters for what typesetting made of them, where that makes the text GSM-7.

    Where it does not, the text stays as it is. Nothing is lost by it: quotes, dashes, dots and spaces have
    twins that read the same, and an accent that stands apart joins its letter. Accents are never dropped.
    """
    if all(letter in _UNITS for letter in text):
        return text
    plain = unicodedata.normalize("NFC", _DRAWN.sub("", text)).translate(_TWINS)
    return plain if all(letter in _UNITS for letter in plain) else text


def _cut(text: str, lengths: list[int], size: int) -> tuple[str, ...]:
    parts, began, filled = [], 0, 0
    for place, length in enumerate(lengths):
        if filled + length > size:
            parts.append(text[began:place])
            began, filled = place, 0
        filled += length
    return (*parts, text[began:])
