"""What a member's page says, in a reader's language."""

from guerdon.text.catalogs import words


def kind_said(kind: str, locale: str) -> str:
    """What a kind of entry of a timeline is called; none: all of them together."""
    say = words(locale, "console").gettext
    return {
        "": say("All"),
        "events": say("Events"),
        "rewards": say("Rewards"),
        "orders": say("Orders"),
        "messages": say("Messages"),
        "consents": say("Consents"),
        "acts": say("Done by people"),
        "money": say("Movements"),
    }[kind]


def consent_said(what: str, locale: str) -> str:
    """What a member said of a topic and a channel."""
    say = words(locale, "console").gettext
    return {
        "asked": say("Consent waits to be confirmed"),
        "given": say("Consent given"),
        "confirmed": say("Consent confirmed"),
        "withdrawn": say("Consent withdrawn"),
    }[what]


def method_said(method: str, locale: str) -> str:
    """By what way a member said it."""
    say = words(locale, "console").gettext
    return {
        "page": say("on their own page"),
        "one_click": say("by one click in a mail"),
        "confirmed": say("by the link that confirms an address"),
        "stop": say("by the word STOP"),
        "complaint": say("by a complaint at their provider"),
        "api": say("by another system"),
        "staff": say("by staff"),
        "import": say("by an import"),
        "joined": say("taken over from a joined contact"),
    }[method]


def step_said(what: str, locale: str) -> str:
    """What befell an order; how it ended is said by its state."""
    say = words(locale, "console").gettext
    return {
        "chosen": say("Chosen by the member"),
        "opened": say("Opened"),
        "case_opened": say("A member said that it does not work"),
        "case_answered": say("Member answered"),
        "case_settled": say("Case settled"),
    }[what]


def why_said(why: str, locale: str) -> str:
    """For what a name and contact are to be seen; the member's history tells it."""
    say = words(locale, "console").gettext
    return {
        "asked": say("The member asks for help"),
        "complaint": say("A complaint is looked into"),
        "request": say("A data request is answered"),
        "fraud": say("A suspicion of fraud is looked into"),
        "authority": say("An authority asks"),
        "other": say("Something else"),
    }[why]
