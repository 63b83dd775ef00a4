"""What the pages of orders say, in a reader's language."""

from functools import partial

from guerdon.engine.files.codes import WrongRow
from guerdon.text.catalogs import words
from guerdon.text.code_rows import wrong_code_text
from guerdon.values.ids import show
from guerdon.web.console.catalog.sayings import order_state_said, supplier_said
from guerdon.web.console.desk import Desk
from guerdon.web.console.words import Namer


def queue_said(queue: str, locale: str) -> str:
    """What an order waits for people for."""
    say = words(locale, "console").gettext
    return {
        "": say("All"),
        "staff": say("To be delivered by us"),
        "person": say("To be decided by a person"),
        "cases": say("It does not work"),
    }[queue]


def complaint_said(what: str, locale: str) -> str:
    """What does not work, as the member chose it."""
    say = words(locale, "console").gettext
    return {
        "not_there": say("No code came"),
        "not_accepted": say("The code is not accepted"),
        "wrong_amount": say("The amount is not right"),
        "other": say("Something else"),
    }[what]


def looked_said(came: str, locale: str) -> str:
    """What whoever delivered it says of it now."""
    say = words(locale, "console").gettext
    return {
        "placed": say("The supplier has it as delivered"),
        "pending": say("The supplier accepted it, and it comes later"),
        "refused": say("The supplier says that nothing came of it"),
        "absent": say("The supplier has no such order"),
        "unknown": say("The supplier's answer says nothing"),
        "pool_issued": say("Our pool: the code is in their hands, and nobody noted that it was used"),
        "pool_redeemed": say("Our pool: the code was used"),
        "pool_void": say("Our pool: the code is worth nothing any more"),
    }.get(came, came)


def attempt_said(state: str, locale: str) -> str:
    """What an attempt with a supplier came to."""
    say = words(locale, "console").gettext
    return {
        "sent": say("Asked"),
        "pending": say("Accepted, and comes later"),
        "unknown": say("Not known yet"),
        "done": say("Delivered"),
        "refused": say("They said no"),
        "absent": say("Nothing came of it"),
    }[state]


def refusal_said(why: str, locale: str) -> str:
    """Why nothing was done with an order, a pool or an account."""
    say = words(locale, "console").gettext
    return {
        "": "",
        "reason": say("Nothing was done: a reason is needed."),
        "missing": say("Nothing was done: somebody has settled it already."),
        "settled": say("Nothing was done: somebody has settled it already."),
        "taken": say("Nothing was done: a colleague works on it."),
        "untaken": say("Nothing was done: take it first."),
        "withdrawn": say("Nothing was done: the reward that pays for it was taken back, so it is canceled."),
        "machine": say("Nothing was done: its supplier has it, and is asked."),
        "code_twice": say("Nothing was done: this code was given to somebody before."),
        "nothing": say("Nothing was done: there is nothing to hand over."),
        "words": say("Nothing was done: something is missing, too long, or no address of the web."),
        "own": say("Nothing was done: it is your own order."),
        "kept": say("Nothing was done: what was delivered cannot be taken back."),
        "declined": say("Nothing was done: its supplier does not take it back."),
        "unsaid": say(
            "Nothing was changed here: its supplier may have taken it back, and did not say so."
            " Ask again in a few minutes: it is the same question, and it is taken back once."
        ),
        "used": say(
            "Its supplier took it back, but its code was used here in the meantime: what it cost is not given"
            " back. What the supplier owes for it is expected."
        ),
        "unasked": say("Nothing was asked: whoever delivered it cannot be asked."),
        "shut": say("Nothing was asked: the account is shut. The page of suppliers says why."),
        "later": say("Nothing was learned: they do not answer just now. Try again in a minute."),
        "often": say(
            "Nothing was asked: this supplier is asked as often as it allows. Try again in a moment."
        ),
        "late": say("Nothing was done: it was ordered in the meantime."),
        "file": say("Nothing was read: no file was sent, or it is too large."),
        "item": say("Nothing was done: there are no codes of such an item."),
        "same": say("Nothing was done: it is so already."),
        **_not_anew(locale),
    }[why]


def _not_anew(locale: str) -> dict[str, str]:
    """Why the same was not ordered once more."""
    say = words(locale, "console").gettext
    return {
        "unpaid": say(
            "Nothing was done: a rule took back what paid for it, so that it cannot pay for a new one."
        ),
        "owing": say(
            "Nothing was done: the member owes something, and what it cost would pay that first. It is not"
            " enough for a new one then."
        ),
        "none_left": say("Nothing was done: there is no other one left to give."),
        "off_sale": say("Nothing was done: the member cannot have this item any more."),
        "otherwise": say(
            "Nothing was done: the same cannot be ordered once more as it was paid. Its price, or what the"
            " member has, is not what it was."
        ),
        "sold_out": say(
            "It was taken back, and what it cost was given back. No new one was ordered: the last one"
            " has just gone."
        ),
        "anew_busy": say(
            "It was taken back, and what it cost was given back. No new one was ordered: something else was"
            " being done for this member. They can choose again themselves."
        ),
        "anew_otherwise": say(
            "It was taken back, and what it cost was given back. No new one was ordered: something changed"
            " for this member in that moment. They can choose again themselves."
        ),
    }


def wrong_code_said(wrong: WrongRow, locale: str) -> str:
    """Why a row of a file of codes is none."""
    return wrong_code_text(words(locale, "reasons"), (wrong.where, wrong.line, wrong.code), wrong.said)


def words_of(desk: Desk) -> dict[str, object]:
    """What the pages of orders say things by."""
    names = Namer(desk.program, desk.locale)
    return {
        "names": names,
        "shown": show,
        "digits_of": names.digits,
        "queue_said": partial(queue_said, locale=desk.locale),
        "state_said": partial(order_state_said, locale=desk.locale),
        "supplier_said": partial(supplier_said, locale=desk.locale),
        "attempt_said": partial(attempt_said, locale=desk.locale),
        "looked_said": partial(looked_said, locale=desk.locale),
        "complaint_said": partial(complaint_said, locale=desk.locale),
        "writes": desk.may("redemption", "write") and desk.scope.whole,
    }
