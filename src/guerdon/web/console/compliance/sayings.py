"""What the pages of data protection say, in a reader's language."""

from guerdon.engine.privacy.requesting import Why
from guerdon.text.catalogs import words


def asked_said(kind: str, locale: str) -> str:
    """What a member asks about their data."""
    say = words(locale, "console").gettext
    return {
        "access": say("To have a copy of the data"),
        "correction": say("To have the data put right"),
        "objection": say("To object to a use of the data"),
        "erasure": say("To be erased"),
    }[kind]


def came_said(way: str, locale: str) -> str:
    """By what way a request came."""
    say = words(locale, "console").gettext
    return {
        "letter": say("By letter"),
        "email": say("By e-mail"),
        "phone": say("By phone"),
        "in_person": say("In person"),
        "authority": say("Through an authority"),
        "staff": say("Written down by staff"),
        "api": say("From another system"),
        "member": say("From their own page"),
        "crm": say("Told by their CRM"),
        "retention": say("Kept no longer than the law allows"),
        "restored": say("Done again after a backup came back"),
        "cli": say("At the command line"),
    }[way]


def outcome_said(outcome: str, locale: str) -> str:
    """How a request ended."""
    say = words(locale, "console").gettext
    return {"done": say("Answered"), "refused": say("Refused, with the reason")}[outcome]


def refusal_said(why: Why, locale: str) -> str:
    """Why nothing was written down."""
    say = words(locale, "console").gettext
    return {
        "nobody": say("There is no such member. Type an id that begins with mem_."),
        "reason": say("A reason is needed, in at most 1,000 letters."),
        "day": say("Give the day on which it came, within the last year."),
        "closed": say("Nothing was done: somebody has closed it already."),
        "unproven": say(
            "Nothing was done: the data were not handed over since this was written down."
            " Download them on the member's privacy page first."
        ),
    }[why]
