"""What is said of imports: kinds of files, columns, and why a file was not read."""

from guerdon.engine.imports.deciding import Act, Why
from guerdon.store.imports.runs import State
from guerdon.text import formats
from guerdon.text.catalogs import words


def kind_said(kind: str, locale: str) -> str:
    """What a file holds."""
    say = words(locale, "console").gettext
    return {"members": say("Members"), "codes": say("Codes"), "rates": say("Rates")}[kind]


def column_said(name: str, locale: str) -> str:
    """What a column of members is called; one of the program by its own name."""
    say = words(locale, "console").gettext
    return {
        "market": say("Market"),
        "language": say("Language"),
        "location": say("Location"),
        "name": say("Name"),
        "email": say("E-mail"),
        "phone": say("Phone"),
    }.get(name, name)


def unread_said(why: str, n: int | None, locale: str) -> str:
    """Why a file was not read; `n` is the line, or how much is too much."""
    say = words(locale, "console").gettext
    said = formats.number(n or 0, locale)
    return {
        "empty": say("There is nothing in this file. Choose another."),
        "large": say("This file is larger than %(n)s MB. Split it, or import it by the command below."),
        "workbook": say("This is a workbook or another file that is no text. Save it as CSV in UTF-8."),
        "encoding": say("This file is not UTF-8, which shows in line %(n)s. Save it as CSV in UTF-8."),
        "rows": say("More than %(n)s rows are not tried here. Split it, or import it by the command below."),
    }[why] % {"n": said}


def state_said(state: State, locale: str) -> str:
    """How an import stands."""
    say = words(locale, "console").gettext
    return {
        "tried": say("Tried, not confirmed"),
        "running": say("Being taken in"),
        "ended": say("Taken in"),
        "dropped": say("Put away, nothing was taken"),
        "lapsed": say("Not confirmed within a day, nothing was taken"),
    }[state]


def act_said(act: Act, locale: str) -> str:
    """What a button does."""
    say = words(locale, "console").gettext
    return {"confirm": say("Confirm and take it in"), "drop": say("Put it away")}[act]


def wrong_said(why: Why, locale: str) -> str:
    """Why an import was not confirmed, or cannot be."""
    say = words(locale, "console").gettext
    return {
        "own": say("Rates turn every figure in money: somebody else than who brought them confirms them."),
        "nothing": say("There is nothing in it to take in."),
        "state": say("It stands otherwise by now. Look at it again."),
    }[why]
