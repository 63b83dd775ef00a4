"""What a unit of a program's own is called beside an amount: "1 point", "2 points", six ways in Arabic.

Whoever writes for members of a brand says so once, around all that is written: an amount is written in many
places, most of which know no brand.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel import Locale

from guerdon.values.texts import FALLBACK_LANGUAGE

# Where the amount stands among the words.
AMOUNT = "{n}"
OTHER = "other"
# Which forms each language has to have, and may have, as CLDR calls them.
FORMS: Mapping[str, tuple[str, ...]] = {
    "en": ("one", OTHER),
    "es": ("one", OTHER),
    "de": ("one", OTHER),
    "fr": ("one", OTHER),
    "ar": ("zero", "one", "two", "few", "many", OTHER),
    "id": (OTHER,),
}
# Of a million Spanish and French say another word than of two.
MAY_HAVE: Mapping[str, tuple[str, ...]] = {"es": ("many",), "fr": ("many",)}
# A form for just this many may leave the amount out: "نقطتان" says that there are two.
SAY_IT_THEMSELVES = frozenset({"zero", "one", "two"})


@dataclass(frozen=True, slots=True)
class UnitWords:
    """Words for units: of each (unit, language, form) its text, in which `{n}` is the amount."""

    said: tuple[tuple[str, str, str, str], ...] = ()


NO_WORDS = UnitWords()
_spoken: ContextVar[UnitWords] = ContextVar("unit_words", default=NO_WORDS)


@contextmanager
def naming_units(words: UnitWords) -> Iterator[None]:
    """Write all amounts within with these words."""
    before = _spoken.set(words)
    try:
        yield
    finally:
        _spoken.reset(before)


def unit_words() -> UnitWords:
    """The words that hold here."""
    return _spoken.get()


def has_words(unit: str) -> bool:
    """Whether a unit has words here: whoever names it beside its amount need not."""
    return bool(_by_language(_spoken.get(), unit))


def in_words(value: Decimal, written: str, unit: str, language: str) -> str | None:
    """An amount that is written already, with the words of its unit; None where it has none here.

    `value` is without its sign, `language` that of a reader (`ar`).
    """
    known = _by_language(_spoken.get(), unit)
    if not known:
        return None
    spoken = language if language in known else FALLBACK_LANGUAGE
    forms = known[spoken]
    text = forms.get(_rule(spoken).plural_form(value.normalize()), forms[OTHER])
    # A sign, too, needs an amount to stand before.
    if AMOUNT not in text and not written[:1].isdigit():
        text = forms[OTHER]
    return text.replace(AMOUNT, written)


@lru_cache(maxsize=256)
def _by_language(words: UnitWords, unit: str) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for named, language, form, text in words.said:
        if named == unit:
            found.setdefault(language, {})[form] = text
    return found


@lru_cache(maxsize=16)
def _rule(language: str) -> Locale:
    return Locale(language)
