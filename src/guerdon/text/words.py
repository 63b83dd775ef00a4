"""Words of names and of what people type, as they are compared: without case, accents or ways of writing.

Arabic is written with or without vowels and hamzas, numbers in digits of several scripts, `ä` also as `ae`:
each word has a few forms, and two words are the same when one of their forms is.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

WORD_LETTERS_MAX = 40
# What one types at most, as far as it is read.
TEXT_LETTERS_MAX, WORDS_MAX = 200, 8
PREFIX_LETTERS_MAX = 3
_WORDS = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
# The same where there are no other letters.
_ASCII_WORDS = re.compile("[a-z0-9]+(?:'[a-z0-9]+)*")
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
# What does not come apart by itself: letters with a stroke, and ways of writing one Arabic letter.
_SAME = str.maketrans(
    {
        "\u00df": "ss", "\u00f8": "o", "\u00e6": "ae", "\u0153": "oe", "\u0142": "l", "\u0111": "d",
        "\u00f0": "d", "\u00fe": "th", "\u0131": "i",
        "\u0640": None, "\u0621": None, "\u0671": "\u0627", "\u0649": "\u064a", "\u0629": "\u0647",
        "\u06cc": "\u064a", "\u06a9": "\u0643", "\u06c1": "\u0647",
        "'": None, "\u2019": None,
    }
)  # fmt: skip
_APOSTROPHES = re.compile("['\u2019]")
_ARTICLE = "\u0627\u0644"


def split(text: str, letters_max: int = TEXT_LETTERS_MAX) -> list[str]:
    """The words of a text in their order, lower case, accents as they were."""
    said = text[:letters_max].lower()
    if said.isascii():
        words = _ASCII_WORDS.findall(said)
    else:
        said = unicodedata.normalize("NFC", said)
        if _UNSEEN_LETTERS.search(said) is not None:
            said = said.translate(_UNSEEN)
        words = _WORDS.findall(said)
    return words if len(said) <= WORD_LETTERS_MAX else [word[:WORD_LETTERS_MAX] for word in words]


def fold(word: str) -> str:
    """A word without accents, vowel signs and ways of writing; digits as ASCII."""
    return word if word.isascii() and word.isalnum() else _folded(word)


@lru_cache(maxsize=100_000)
def _folded(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.lower()).translate(_SAME)
    return "".join([_digit(letter) for letter in apart if not unicodedata.combining(letter)])


@lru_cache(maxsize=100_000)
def forms(word: str) -> tuple[str, ...]:
    """All ways in which a word is written: folded, with two letters for an umlaut, without its article."""
    found = [fold(word)]
    if "'" in word or "\u2019" in word:
        found += [fold(part) for part in _APOSTROPHES.split(word) if len(part) >= 3]
    if not word.isascii():
        found.append(fold(word.translate(_TWO_LETTERS)))
        found += [each[2:] for each in found[:1] if each.startswith(_ARTICLE) and len(each) > 4]
    return tuple(dict.fromkeys(each for each in found if each))


def prefixes(form: str) -> list[str]:
    """The beginnings by which a word is found before it is typed to its end; longer ones are a range."""
    return [form[:letters] for letters in range(1, min(len(form), PREFIX_LETTERS_MAX) + 1)]


def grams(form: str) -> set[str]:
    """The runs of three letters in a word, with what stands before and after it."""
    padded = f"  {form} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def misspelled_by(one: str, other: str) -> int:
    """How many letters were left out, added, changed or swapped between two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        now = [i]
        for j, wanted in enumerate(other, 1):
            least = min(row[j] + 1, now[j - 1] + 1, row[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, before[j - 2] + 1)
            now.append(least)
        before, row = row, now
    return row[-1]


def nearest(form: str, known: Iterable[tuple[str, int]]) -> str | None:
    """The word that was probably meant, of those known with how often they are used.

    One letter may be wrong in a short word, two in one of eight and more; in one of up to three, none.
    """
    most = 0 if len(form) <= 3 else 1 if len(form) < 8 else 2
    rated = [
        (misspelled_by(form, word), word[:1] != form[:1], -used, word)
        for word, used in known
        if abs(len(word) - len(form)) <= most
    ]
    best = min((each for each in rated if 0 < each[0] <= most), default=None)
    return None if best is None else best[3]


def in_place_of(words: Sequence[str], meant: Sequence[str | None]) -> str | None:
    """What was probably meant by a text; None when it was understood as it is."""
    if not any(meant):
        return None
    return " ".join([better or word for word, better in zip(words, meant, strict=True)])


def _digit(letter: str) -> str:
    if letter.isascii() or not letter.isdecimal():
        return letter
    return str(unicodedata.decimal(letter))


# Tatweel, vowel signs and signs of direction would part a word, or hide in it.
_UNSEEN = dict.fromkeys(
    (
        *(0x307, 0x640, 0xAD, 0x670, 0xFEFF),
        *(*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0x64B, 0x660)),
    )
)
# Most texts have none of them, and to look is faster than to take out.
_UNSEEN_LETTERS = re.compile(f"[{''.join(map(chr, sorted(_UNSEEN)))}]")
