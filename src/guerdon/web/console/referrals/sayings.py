"""What the pages of referrals say, in a reader's language."""

from guerdon.engine.referrals.codes import written
from guerdon.text.catalogs import words
from guerdon.text.referrals import reason_said, state_said


def pair_words(locale: str) -> dict[str, object]:
    """The words of pairs, as templates ask for them."""
    say = words(locale, "console").gettext
    return {
        "written": written,
        "reason_said": lambda reason: reason_said(reason, locale),
        "state_said": lambda state: state_said(state, locale),
        "kind_said": lambda kind: {
            "device": say("Device"),
            "network": say("Network"),
            "payment": say("Means of payment"),
            "address": say("Address"),
            "vehicle": say("Vehicle"),
        }[kind],
    }


def refusal_said(why: str, locale: str) -> str:
    """Why nothing was done with a pair."""
    say = words(locale, "console").gettext
    return {
        "": "",
        "reason": say("Nothing was done: a reason is needed."),
        "state": say("Nothing was done: somebody has settled it already."),
        "own": say("Nothing was done: you are one of the two yourself."),
        "one": say("Nothing was done: both are one member by now, so it can only be refused."),
        "scheme": say("Nothing was done: the program has no such scheme any more."),
    }[why]
