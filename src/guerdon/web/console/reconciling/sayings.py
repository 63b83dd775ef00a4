"""What the pages of reconciliation say, in a reader's language."""

from functools import partial

from guerdon.suppliers.amounts import digits_of
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.web.console.catalog.sayings import order_state_said, supplier_said
from guerdon.web.console.desk import Desk


def kind_said(kind: str, locale: str) -> str:
    """How their books and ours differ."""
    say = words(locale, "console").gettext
    return {
        "not_with_them": say("Not in their books"),
        "not_with_us": say("Not in our books"),
        "amount": say("Another amount"),
        "currency": say("Another currency"),
        "cost": say("Another price than agreed"),
        "released": say("They delivered what we gave back"),
        "undelivered": say("We delivered, and they did not"),
        "undecided": say("They delivered, and we do not know it"),
        "twice": say("Twice in their books"),
    }[kind]


def done_said(done: str, locale: str) -> str:
    """What was done about it."""
    say = words(locale, "console").gettext
    return {
        "credit_expected": say("They will credit it"),
        "credit_received": say("They credited it"),
        "loss": say("Accepted as a loss"),
        "mended": say("Our books were mended"),
    }[done]


def state_said(state: str, locale: str) -> str:
    """Where a difference stands."""
    say = words(locale, "console").gettext
    return {
        "open": say("Open"),
        "settled": say("Settled"),
        "healed": say("Settled by a later statement"),
    }[state]


def credit_said(state: str, locale: str) -> str:
    """Where a credit stands."""
    say = words(locale, "console").gettext
    return {"expected": say("Expected"), "received": say("Received"), "lost": say("Lost")}[state]


def statement_said(state: str, locale: str) -> str:
    """What became of a statement."""
    say = words(locale, "console").gettext
    return {"reading": say("Being read"), "read": say("Compared"), "failed": say("Broken off")}[state]


def line_said(state: str, locale: str) -> str:
    """Where an order stands in their books."""
    say = words(locale, "console").gettext
    return {
        "placed": say("Delivered"),
        "pending": say("Accepted, and comes later"),
        "failed": say("Nothing came of it"),
        "canceled": say("Canceled"),
    }[state]


def refusal_said(why: str, locale: str) -> str:
    """Why nothing was done."""
    say = words(locale, "console").gettext
    return {
        "": "",
        "reason": say("Nothing was done: a reason is needed."),
        "amount": say("Nothing was done: the amount is none."),
        "settled": say("Nothing was done: somebody has settled it already."),
        "file": say("Nothing was done: there is no file, or it is too large."),
        "days": say("Nothing was done: the days are none, or the wrong way round."),
        "wrong": say("Nothing was taken: some rows of the file are wrong."),
        "large": say(
            "Nothing was written: there are too many for one file. Choose a supplier or a difference."
        ),
        "busy": say("Nothing was done: a statement of this account is being read."),
    }[why]


def words_of(desk: Desk) -> dict[str, object]:
    """What the pages say things by."""
    return {
        "shown": show,
        "digits_of": digits_of,
        "writes": desk.may("ledger", "write") and desk.scope.whole,
        "supplier_said": partial(supplier_said, locale=desk.locale),
        "kind_said": partial(kind_said, locale=desk.locale),
        "done_said": partial(done_said, locale=desk.locale),
        "state_said": partial(state_said, locale=desk.locale),
        "line_said": partial(line_said, locale=desk.locale),
        "order_said": partial(order_state_said, locale=desk.locale),
        "credit_said": partial(credit_said, locale=desk.locale),
        "statement_said": partial(statement_said, locale=desk.locale),
    }
