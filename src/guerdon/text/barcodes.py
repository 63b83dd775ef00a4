"""Draws bar codes, as SVG, from their standards: Code 128 (ISO/IEC 15417) and EAN-13 (ISO/IEC 15420).

Like a QR symbol it stays dark on white in every theme, because it is for scanners; the text stands beside it.
"""

from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup

# Widths of bars and spaces in modules, by value: 0..102 are symbols, then the three starts.
_PATTERNS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222"
    "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321"
    "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121"
    "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224"
    "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111"
    "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113"
    "114311411113411311113141114131311141411131211412211214211232"
)
_SYMBOL = 6
_WIDTHS = [_PATTERNS[at : at + _SYMBOL] for at in range(0, len(_PATTERNS), _SYMBOL)]
_STOP = "2331112"
_SET_B, _SET_C = 100, 99
_START_B, _START_C = 104, 105
_MODULUS = 103
# A run of so many digits is shorter two by two, though one has to change over to that and back.
_PAIRS_MIN = 4
_QUIET = 10
CHARACTERS_MAX = 40

# EAN-13: odd parity; even parity is its mirror image, the right half its complement.
_ODD = ("3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112")
_PARITIES = (
    *("000000", "001011", "001101", "001110", "010011"),
    *("011001", "011100", "010101", "010110", "011010"),
)
_EAN_DIGITS, _HALF = 13, 7


@dataclass(frozen=True, slots=True)
class Bars:
    """A drawn bar code: how many modules it is wide, quiet zones too, and the path that fills its bars."""

    width: int
    path: Markup


def draw_barcode(text: str, symbology: str = "code128") -> Bars | None:
    """Draw a text in a symbology; None when that cannot hold it, or is none that we draw."""
    if symbology == "ean13":
        return _draw_ean13(text)
    return draw_code128(text) if symbology == "code128" else None


def draw_code128(text: str) -> Bars | None:
    """Draw a text as Code 128; None when it is too long, or has characters beyond printable ASCII."""
    if not 0 < len(text) <= CHARACTERS_MAX or not all(" " <= each <= "~" for each in text):
        return None
    values = _values(text)
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % _MODULUS
    return _drawn("".join(_WIDTHS[value] for value in [*values, check]) + _STOP)


def _values(text: str) -> list[int]:
    """The symbols of a text: digits two by two where that is shorter, all else one by one."""
    values: list[int] = []
    at, pairs = 0, False
    while at < len(text):
        run = _digits(text, at)
        wanted = run >= _PAIRS_MIN or (pairs and run > 1)
        # Of an odd number of digits the first stands alone, and all others are pairs.
        if wanted and run % 2 and not pairs:
            wanted = False
        if not values:
            values.append(_START_C if wanted else _START_B)
        elif wanted != pairs:
            values.append(_SET_C if wanted else _SET_B)
        pairs = wanted
        values.append(int(text[at : at + 2]) if pairs else ord(text[at]) - 32)
        at += 2 if pairs else 1
    return values


def _digits(text: str, at: int) -> int:
    return next((place for place, each in enumerate(text[at:]) if each not in "0123456789"), len(text) - at)


def _draw_ean13(text: str) -> Bars | None:
    if len(text) != _EAN_DIGITS or not text.isascii() or not text.isdigit():
        return None
    digits = [int(each) for each in text]
    if (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10:
        return None
    left = [
        _ODD[digit][::-1] if even == "1" else _ODD[digit]
        for digit, even in zip(digits[1:_HALF], _PARITIES[digits[0]], strict=True)
    ]
    return _drawn("111" + "".join(left) + "11111" + "".join(_ODD[digit] for digit in digits[_HALF:]) + "111")


def _drawn(widths: str) -> Bars:
    """Bars and spaces in turn, a bar first."""
    edges = list(accumulate((int(width) for width in widths), initial=_QUIET))
    bars = zip(edges[0::2], edges[1::2], strict=False)
    path = "".join(f"M{start} 0h{end - start}v1h-{end - start}z" for start, end in bars)
    return Bars(edges[-1] + _QUIET, Markup(path))  # noqa: S704  numbers only
