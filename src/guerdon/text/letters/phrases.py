"""What several letters say alike: amounts, days, the small print, the footer."""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from babel.numbers import is_currency

from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.letters.layout import NO_WAYS, Line, Ways, line
from guerdon.text.units.words import UnitWords, has_words, naming_units, unit_words

FACTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter tells, whatever it goes over: the layouts and the short forms are made of it."""

    headline: Line
    lead: tuple[Line, ...]
    button: str
    notes: tuple[Line, ...] = ()


def locale_of(language: str, market: str) -> str:
    """A language as it is written in a market: `de-AT`."""
    return f"{language}-{market}" if market else language


def amount_words(amount_minor: int, unit: str, digits: int, locale: str) -> str:
    """An amount; a unit of the program's own has no sign, so it is named, in words where it has some."""
    return _amount_words(amount_minor, unit, digits, locale, unit_words())


# Babel takes longer over one amount than the template over the whole mail, and amounts and days repeat.
@lru_cache(FACTS_KEPT)
def _amount_words(amount_minor: int, unit: str, digits: int, locale: str, spoken: UnitWords) -> str:
    with naming_units(spoken):
        text = formats.money(amount_minor, unit, digits, locale)
        named = is_currency(unit) or has_words(unit)
    return text if named else f"{text}\N{NO-BREAK SPACE}{unit}"


@lru_cache(FACTS_KEPT)
def day_words(value: date, locale: str) -> str:
    """A day with the name of its month."""
    return formats.day(value, locale)


@cache
def personal(language: str) -> str:
    """That the link in a letter is its reader's alone."""
    say = words(language, "mail").gettext
    return say("The link is yours alone, so please do not forward this e-mail.")


def footer_of_rewards(language: str, program: str, ways: Ways = NO_WAYS) -> str:
    """Who writes, and that this is no advertising, unless it is sent as marketing."""
    if ways.unsubscribe_url:
        return footer_of_members(language, program)
    sentence = words(language, "mail").gettext(
        "You receive this e-mail as a member of %(program)s. "
        "It concerns a reward of yours and is not advertising."
    )
    return sentence % {"program": program}


def footer_of_members(language: str, program: str) -> str:
    """Who writes, for a text of the program's own, which may be about anything."""
    say = words(language, "mail").gettext
    return say("You receive this e-mail as a member of %(program)s.") % {"program": program}


def why_line(sentence: str, reason: str, day: str) -> tuple[Line, ...]:
    """Why a reward came to be; a rule that a later version of the program dropped has no name any more."""
    return (line(sentence, reason=reason, day=day),) if reason else ()
