"""Why a row of a file of codes is none, or the file cannot be read, in words.

For staff in their language; for programs and terminals in English, as any problem of a file is said. A reason
is a code with the values that its texts name (those of `engine/files/codes.py`, and of amounts those of
`values/money.py`). Columns are called as in the file.
"""

from collections.abc import Callable, Mapping

from guerdon.text import formats
from guerdon.text.catalogs import Words, words
from guerdon.values.problems import Problem
from guerdon.values.texts import FALLBACK_LANGUAGE

Say = Callable[[str], str]
Said = Mapping[str, str | int]
# A column, empty where it is none alone; the line; and the code.
Place = tuple[str, int, str]


def wrong_code_text(words: Words, place: Place, said: Said) -> str:
    """Say where and why a row is no code, and how to mend it."""
    where, line, code = place
    say, language = words.gettext, words.language
    what, hint = _parts(words, code, said)
    shown = {"line": formats.quoted(line, language), "where": formats.quoted(where, language), "said": what}
    text = (say("line %(line)s, %(where)s: %(said)s") if where else say("line %(line)s: %(said)s")) % shown
    return say("%(said)s  (%(hint)s)") % {"said": text, "hint": hint} if hint else text


def wrong_code_in_english(place: Place, said: Said) -> Problem:
    """The same for programs and terminals."""
    where, line, code = place
    return Problem(where, line, *_parts(words(FALLBACK_LANGUAGE, "reasons"), code, said))


def _parts(words: Words, code: str, said: Said) -> tuple[str, str]:
    """What is wrong, and how to mend it."""
    say = words.gettext
    shown = {name: formats.quoted(value, words.language) for name, value in said.items()}
    what = {**_of_files(say), **_of_items(say), **_of_amounts(say), **_of_codes(say)}[code]
    return what % shown, (_hint_by_values(say, said) or _hints(say).get(code, "")) % shown


def _of_files(say: Say) -> dict[str, str]:
    """How the file is written."""
    return {
        "encoding": say("is not UTF-8"),
        "header": say("the first line is not the header"),
        "rows_many": say("the file has more than %(most)s rows"),
        "three_cells": say("is not three cells"),
        "four_cells": say("is not four cells"),
    }


def _of_items(say: Say) -> dict[str, str]:
    """What it is a code for."""
    return {
        "unknown_item": say("unknown item %(given)s"),
        "not_pooled": say("no code of one's own delivers %(item)s"),
        "unsold": say("no reward of %(value)s buys %(item)s"),
    }


def _of_amounts(say: Say) -> dict[str, str]:
    """What it is worth."""
    return {
        "no_unit": say("%(given)s is not an amount with its unit"),
        "unknown_unit": say("unknown unit %(given)s"),
        "no_amount": say("%(given)s is not an amount"),
        "amount_digits": say("digits after the point: %(given)s has %(n)s, %(unit)s has %(digits)s"),
        "amount_large": say("%(given)s is larger than an amount can be"),
    }


def _of_codes(say: Say) -> dict[str, str]:
    """The code, and until when it is good."""
    return {
        "code_empty": say("the code is empty"),
        "code_long": say("the code has %(n)s characters"),
        "code_space": say("the code has a space inside"),
        "code_unseen": say("the code has a character that cannot be printed"),
        "end_unread": say("is neither a day nor a time"),
        "end_past": say("the code has expired already"),
        "end_soon": say("the code expires within a day"),
    }


def _hint_by_values(say: Say, said: Said) -> str:
    """A hint that names what there is."""
    if said.get("near"):
        return say("did you mean %(near)s?")
    if "known" in said:
        return say("known: %(known)s") if said["known"] else say("none is declared")
    if "step" in said and said["values"]:
        return say("its values: %(values)s, %(least)s to %(most)s in steps of %(step)s")
    if "step" in said:
        return say("its values: %(least)s to %(most)s in steps of %(step)s")
    return say("its values: %(values)s") if "values" in said else ""


def _hints(say: Say) -> dict[str, str]:
    """How to mend what is mended the same way whatever there is."""
    written = say("write it like %(example)s")
    return {
        "encoding": say("save the file as UTF-8"),
        "header": say("write %(columns)s; a column %(until)s may follow"),
        "rows_many": say("write the rest into another file; nothing was read"),
        "three_cells": say("write %(columns)s; a comma in a code needs quotes"),
        "four_cells": say("write %(columns)s; a comma in a code needs quotes"),
        "not_pooled": say("let its feed name the supplier pool"),
        "no_unit": written,
        "no_amount": say("write digits and a point only, like %(example)s"),
        "amount_digits": written,
        "amount_large": say("at most 63 bits of minor units"),
        "code_long": say("at most %(most)s"),
        "code_space": say("a code is one word; two in a cell are two rows"),
        "code_unseen": say("look for a stray tab or control character"),
        "end_unread": say("write 2027-03-31, or a time with its offset: 2027-03-31T18:00Z"),
        "end_past": say("leave out what cannot be used any more"),
        "end_soon": say("nobody would be given it any more"),
    }
