# ruff: noqa: RUF001  letters of other alphabets are what is tested
"""Text messages: counted as the network counts them, and cut where it may be cut."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guerdon.values.sms import clean, segments

# 3GPP TS 23.038, 6.2.1, by the names that Unicode gives its letters and grouped as no table has them.
_NAMED = (
    *("POUND SIGN", "YEN SIGN", "CURRENCY SIGN", "SECTION SIGN", "INVERTED QUESTION MARK"),
    *("INVERTED EXCLAMATION MARK", "LATIN SMALL LETTER SHARP S", "LATIN CAPITAL LETTER C WITH CEDILLA"),
    *(f"LATIN SMALL LETTER {each} WITH GRAVE" for each in "AEIOU"),
    *(f"LATIN {case} LETTER E WITH ACUTE" for case in ("SMALL", "CAPITAL")),
    *(f"LATIN {case} LETTER {each} WITH DIAERESIS" for each in "AOU" for case in ("SMALL", "CAPITAL")),
    *(f"LATIN {case} LETTER N WITH TILDE" for case in ("SMALL", "CAPITAL")),
    *(f"LATIN {case} LETTER O WITH STROKE" for case in ("SMALL", "CAPITAL")),
    *(f"LATIN {case} LETTER A WITH RING ABOVE" for case in ("SMALL", "CAPITAL")),
    *(f"LATIN {case} LETTER AE" for case in ("SMALL", "CAPITAL")),
    *(f"GREEK CAPITAL LETTER {each}" for each in ("DELTA", "PHI", "GAMMA", "LAMDA", "OMEGA")),
    *(f"GREEK CAPITAL LETTER {each}" for each in ("PI", "PSI", "SIGMA", "THETA", "XI")),
)
# Of ASCII it lacks the grave accent, and these take an escape.
ESCAPED = set("^{}\\[~]|€\f")
BASIC = {unicodedata.lookup(name) for name in _NAMED} | (
    {chr(code) for code in range(0x20, 0x7F)} - ESCAPED - {"`"} | {"\n", "\r"}
)
FAMILY = "👩‍👩‍👧‍👦"


def test_the_alphabet_is_the_one_of_the_standard() -> None:
    assert len(BASIC) == 127
    for letter in map(chr, range(0x3000)):
        counted = segments(letter)
        expected = ("GSM-7", 1 + (letter in ESCAPED)) if letter in BASIC | ESCAPED else ("UCS-2", 1)
        assert (counted.encoding, counted.units) == expected, f"{letter!r}"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count", "foreign"),
    [
        ("", "GSM-7", 0, 1, ""),
        ("a" * 160, "GSM-7", 160, 1, ""),
        ("a" * 161, "GSM-7", 161, 2, ""),
        ("a" * 306, "GSM-7", 306, 2, ""),
        ("a" * 307, "GSM-7", 307, 3, ""),
        ("€", "GSM-7", 2, 1, ""),
        ("€" * 80, "GSM-7", 160, 1, ""),
        ("€" * 81, "GSM-7", 162, 2, ""),
        # 76 of them fill 152 of 153 units: the last unit stays empty, and a third part is needed.
        ("€" * 153, "GSM-7", 306, 3, ""),
        ("^{}[]~|\\", "GSM-7", 16, 1, ""),
        ("Ihre Prämie: 200 €, Grüße aus Köln, Straße 5", "GSM-7", 45, 1, ""),
        ("Votre récompense est prête, ça y est", "UCS-2", 36, 1, "êç"),
        ("Tu premio está aquí", "UCS-2", 19, 1, "áí"),
        ("Hadiah Anda sudah siap", "GSM-7", 22, 1, ""),
        ("مكافأتك جاهزة", "UCS-2", 13, 1, "مكافأت جهزة"),
        ("ا" * 70, "UCS-2", 70, 1, "ا"),
        ("ا" * 71, "UCS-2", 71, 2, "ا"),
        ("ا" * 134, "UCS-2", 134, 2, "ا"),
        ("ا" * 135, "UCS-2", 135, 3, "ا"),
        ("It’s here", "UCS-2", 9, 1, "’"),
        ("🎁", "UCS-2", 2, 1, "🎁"),
        ("🎁" * 35, "UCS-2", 70, 1, "🎁"),
        # 33 of them fill 66 of 67 units.
        ("🎁" * 67, "UCS-2", 134, 3, "🎁"),
        (FAMILY, "UCS-2", 11, 1, "👩\u200d👧👦"),
        ("a" * 66 + "🎁" + "b" * 10, "UCS-2", 78, 2, "🎁"),
        ("tab\there", "UCS-2", 8, 1, "\t"),
    ],
)
def test_texts_are_counted(text: str, encoding: str, units: int, count: int, foreign: str) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.units, counted.count) == (encoding, units, count)
    # A space is no foreign letter; it stands in the row only to keep Arabic readable.
    assert counted.foreign == foreign.replace(" ", "")


def test_what_straddles_a_border_goes_to_the_next_part() -> None:
    assert segments("a" * 152 + "€" + "b" * 20).parts == ("a" * 152, "€" + "b" * 20)
    assert segments("ا" * 66 + "🎁" + "b" * 20).parts == ("ا" * 66, "🎁" + "b" * 20)


@given(some.text(some.sampled_from("aé€^|\nçا🎁\u200d"), max_size=500))
def test_parts_are_whole_and_as_full_as_they_can_be(text: str) -> None:
    counted = segments(text)
    assert "".join(counted.parts) == text
    ucs2 = any(letter in "çا🎁\u200d" for letter in text)
    alone, together = (70, 67) if ucs2 else (160, 153)

    def weight(part: str) -> int:
        # Worked out by another way than the one that is tested: bytes of UTF-16, or escapes beside letters.
        return len(part.encode("utf-16-be")) // 2 if ucs2 else len(part) + sum(part.count(e) for e in "€^|")

    assert counted.units == weight(text)
    if counted.count == 1:
        assert weight(text) <= alone
        return
    assert weight(text) > alone
    assert all(weight(part) <= together for part in counted.parts)
    for part, following in pairwise(counted.parts):
        assert weight(part + following[0]) > together
    # A border costs one unit at most.
    assert -(-weight(text) // together) <= counted.count <= -(-weight(text) // (together - 1))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("It’s “here” – at last…", 'It\'s "here" - at last...'),
        ("„Prämie“ — 200\u00a0€", '"Prämie" - 200 €'),
        ("Gru\u0308\u00dfe", "Grüße"),
        ("zero\u200bwidth, soft\u00adhyphen, \ufeffmark", "zerowidth, softhyphen, mark"),
        # What would stay UCS-2 is not spoiled for nothing.
        ("It’s here 🎁", "It’s here 🎁"),
        ("« مكافأتك »", "« مكافأتك »"),
        ("déjà vu – ça", "déjà vu – ça"),
        ("plain", "plain"),
        # Drawn as a picture or as a letter, it is the letter.
        ("Code \u00a7\ufe0f", "Code §"),
    ],
)
def test_typesetting_is_undone_where_that_saves_a_text(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(some.text(some.characters() | some.sampled_from("a’…–\u0308ü")))
def test_cleaning_makes_it_plain_or_leaves_it_alone(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    if cleaned != text:
        assert segments(text).encoding == "UCS-2"
        assert segments(cleaned).encoding == "GSM-7"
