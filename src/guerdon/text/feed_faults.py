"""Why a whole feed cannot be read, in words: for staff in their language, elsewhere in English.

What is kept of it is the English (`catalog_syncs.said`), for programs, terminals and the audit. For staff it
is found again among the texts that there are, and said in their language with the same values.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache

from guerdon.text import formats
from guerdon.text.catalogs import Words, words
from guerdon.values.texts import FALLBACK_LANGUAGE

Say = Callable[[str], str]
_VALUE = re.compile(r"%\\\((\w+)\\\)s")


def feed_fault_in_english(code: str, said: Mapping[str, int]) -> str:
    """Say why a feed cannot be read, as it is kept; `most` is written in groups, a place as it is counted."""
    shown = {name: f"{value:,}" if name == "most" else str(value) for name, value in said.items()}
    return _texts(words(FALLBACK_LANGUAGE, "reasons").gettext)[code] % shown


def feed_fault_text(words: Words, kept: str) -> str:
    """Say what is kept of a feed that could not be read; what we have no words for stays as it is."""
    for code, pattern in _patterns().items():
        found = pattern.fullmatch(kept)
        if found is not None:
            values = {name: int(value.replace(",", "")) for name, value in found.groupdict().items()}
            shown = {name: formats.quoted(value, words.language) for name, value in values.items()}
            return _texts(words.gettext)[code] % shown
    return kept


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """How the English of each code looks with any numbers in it."""
    texts = _texts(words(FALLBACK_LANGUAGE, "reasons").gettext)
    return {
        code: re.compile(_VALUE.sub(r"(?P<\1>[0-9,]*[0-9])", re.escape(text))) for code, text in texts.items()
    }


def _texts(say: Say) -> Mapping[str, str]:
    return {**_of_form(say), **_of_reading(say), **_of_suppliers(say)}


def _of_form(say: Say) -> dict[str, str]:
    """How the feed is written."""
    return {
        "blank": say("the feed begins with nothing but space"),
        "rows_many": say("the feed has more than %(most)s rows"),
        "line_cut": say("the feed ends in the middle of line %(line)s"),
        "quote_open": say("a quote that opens in line %(line)s is never closed"),
        "encoding": say("the feed is not UTF-8"),
        "list_followed": say("something follows after the end of the list"),
        "list_broken": say("the list is broken after object %(number)s"),
        "object_broken": say("the list is broken in object %(number)s"),
        "object_deep": say("object %(number)s is nested too deeply"),
        "object_unreadable": say("object %(number)s cannot be read"),
        "head_cut": say("the first line ends within a cell"),
        "head_id": say("the first line names no column `id`"),
        "head_twice": say("the first line names a column twice, or too many"),
    }


def _of_reading(say: Say) -> dict[str, str]:
    """What became of whoever read it."""
    return {
        "broke_off": say("reading broke off"),
        "taken": say("another reader has begun in the meantime"),
        "told_to_stop": say("the worker was told to stop"),
    }


def _of_suppliers(say: Say) -> dict[str, str]:
    """What a supplier does whose items are read."""
    return {
        "unanswered_limit": say("the supplier does not answer: limit"),
        "unanswered_trouble": say("the supplier does not answer: trouble"),
        "unanswered_turn": say("the supplier does not answer: turn"),
        "unanswered_unreachable": say("the supplier does not answer: unreachable"),
        "pages_back": say("the supplier's pages lead back to one that was read"),
        "pages_empty": say("the supplier's pages come without items, or without end"),
        "pages_slow": say("the supplier takes too long to list its items"),
        "items_many": say("the supplier lists more than %(most)s items"),
    }
