"""Why a row of a file of members or rates is refused, or the file is, in words.

For staff in their language; for programs and terminals in English. A reason is a code with the values that
its texts name (those of `engine/files/refusing.py`). Columns are called as in the file.
"""

from collections.abc import Callable, Mapping

from guerdon.text import formats
from guerdon.text.catalogs import Words
from guerdon.values.texts import FALLBACK_LANGUAGE

Say = Callable[[str], str]
Said = Mapping[str, str | int]
# What stands where a value was, once it is kept no longer.
GONE = "…"


class _Known(dict[str, str]):
    def __missing__(self, _key: str) -> str:
        return GONE


def refused_row_text(words: Words, why: str, said: Said, column: str = "") -> str:
    """Say why a row is refused, and how to mend it; `column` where it is one of its cells."""
    what, hint = refused_row_parts(words, why, said)
    say = words.gettext
    shown = {"where": formats.quoted(column, words.language), "said": what}
    text = say("%(where)s: %(said)s") % shown if column else what
    return say("%(said)s  (%(hint)s)") % {"said": text, "hint": hint} if hint else text


def refused_row_parts(words: Words, why: str, said: Said) -> tuple[str, str]:
    """What is wrong, and how to mend it."""
    say = words.gettext
    shown = _Known({name: _shown(value, words.language) for name, value in said.items()})
    what = {**_of_rows(say), **_of_members(say), **_of_values(say), **_of_rates(say)}[why]
    hint = _hint_by_values(say, said) or _hints(say).get(why, "")
    return what % shown, hint % shown


def _shown(value: str | int, language: str) -> str:
    # A number in English stays as programs read it.
    return str(value) if language == FALLBACK_LANGUAGE else formats.quoted(value, language)


def _of_rows(say: Say) -> dict[str, str]:
    """How the file and its rows are written."""
    return {
        "not_utf8": say("is not UTF-8"),
        "unreadable": say("cannot be read: %(fault)s"),
        "delimiter": say("the columns are not separated by commas"),
        "no_column": say("the header lacks this column"),
        "column_twice": say("this column stands twice"),
        "unknown_column": say("unknown column"),
        "cells": say("has %(n)s cells where the header has %(most)s"),
        "cell_long": say("is longer than %(most)s characters"),
        "cell_control": say("holds a control character, %(mark)s"),
        "cell_empty": say("is empty"),
    }


def _of_members(say: Say) -> dict[str, str]:
    """Who a member is, and where."""
    return {
        "unknown_source": say("unknown source '%(given)s'"),
        "unknown_market": say("unknown market '%(given)s'"),
        "unknown_location": say("unknown location '%(given)s'"),
        "location_elsewhere": say("%(given)s lies in %(theirs)s, not in %(market)s"),
        "no_language": say("'%(given)s' is no language"),
        "no_email": say("is no e-mail address"),
        "no_phone": say("is no phone number"),
        "forgotten": say("asked to be forgotten, and stays so"),
    }


def _of_values(say: Say) -> dict[str, str]:
    """What a cell of an attribute holds."""
    return {
        "no_bool": say("'%(given)s' is neither true nor false"),
        "no_int": say("'%(given)s' is not a whole number of at most 64 bits (money is in minor units)"),
        "no_string": say("'%(given)s' does not fit this column"),
        "no_choice": say("'%(given)s' is not one of %(known)s"),
        "no_time": say("'%(given)s' is not a date between %(first)s and %(last)s"),
    }


def _of_rates(say: Say) -> dict[str, str]:
    """Days, pairs and rates."""
    return {
        "rates_header": say("the first line is not the header"),
        "rates_none": say("there is no rate in this file"),
        "rates_many": say("too many rows"),
        "rates_cells": say("is not five cells"),
        "day_to_come": say("%(given)s has not come yet"),
        "no_day": say("'%(given)s' is not a day"),
        "unknown_unit": say("unknown unit '%(given)s'"),
        "same_unit": say("%(given)s in %(given)s"),
        "no_rate": say("'%(given)s' is not a rate above zero"),
        "no_source": say("no source in plain letters"),
        "pair_twice": say("the same day and pair as in line %(n)s"),
        "rate_known": say("one %(base)s on %(day)s is %(rate)s %(quote)s already, not %(given)s"),
    }


def _hint_by_values(say: Say, said: Said) -> str:
    """A hint that names what there is."""
    if said.get("near"):
        return say("did you mean %(near)s?")
    if "few" in said:
        return say("known: %(few)s") if said["few"] else say("none is declared")
    return ""


def _hints(say: Say) -> dict[str, str]:
    """How to mend what is mended the same way whatever there is."""
    return {
        "not_utf8": say("save the file as UTF-8"),
        "unreadable": say("is a quotation mark missing? a member is one line"),
        "delimiter": say("separate with commas"),
        "no_language": say("two letters, like %(known)s"),
        "no_phone": say("digits and spaces, like +49 30 23125000"),
        "forgotten": say("take the row out of the file"),
        "rates_header": say("write %(columns)s"),
        "rates_none": say("write one a line"),
        "rates_many": say("at most %(most)s a file"),
        "rates_cells": say("write %(columns)s"),
        "day_to_come": say("write a day until today like %(today)s"),
        "no_day": say("write a day until today like %(today)s"),
        "same_unit": say("a rate leads to another unit"),
        "no_rate": say("write digits and a point, at most ten before and after it"),
        "no_source": say("say who published it, like ECB"),
        "pair_twice": say("keep one"),
        "rate_known": say("a rate that figures were made with is not changed; take the row out"),
    }
