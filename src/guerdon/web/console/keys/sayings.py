"""What is said of keys: what a scope lets them do, how one stands, and why one was not made."""

from guerdon.text.catalogs import words


def scope_said(scope: str, locale: str) -> str:
    """What a scope lets a key do."""
    say = words(locale, "console").gettext
    return {
        "read:members": say("Read members"),
        "read:ledger": say("Read the ledger"),
        "read:budgets": say("Read budgets"),
        "read:controls": say("Read controls"),
        "read:audit": say("Read the audit"),
        "read:versions": say("Read versions of the program"),
        "try:events": say("Try events"),
        "write:wallet": say("Spend and hold value"),
        "write:versions": say("Write drafts"),
        "recall:versions": say("Take versions back"),
        "read:webhooks": say("Read webhooks"),
        "write:webhooks": say("Look after webhooks"),
        "read:quarantine": say("Read the quarantine"),
        "write:quarantine": say("Settle the quarantine"),
        "write:drops": say("Send files of events"),
        "read:catalog": say("Read the catalog"),
        "write:catalog": say("Send feeds of the catalog"),
        "write:differences": say("Settle differences"),
        "erase:members": say("Erase members"),
        "export:members": say("Hand over members' data"),
        "propose:requests": say("Ask for approvals"),
        "write:codes": say("Make and use codes"),
        "write:consents": say("Give and withdraw consents"),
        "write:events": say("Send events"),
    }.get(scope, scope)


def state_said(state: str, locale: str) -> str:
    """How a key stands."""
    say = words(locale, "console").gettext
    return {"open": say("Opens"), "expired": say("Expired"), "withdrawn": say("Withdrawn")}[state]


def refusal_said(why: str, locale: str) -> str:
    """Why a key was not made."""
    say = words(locale, "console").gettext
    return {
        "name": say("No key was made: say what it is for, in one line."),
        "scopes": say("No key was made: choose what it may do."),
        "place": say("No key was made: there is no such market or location."),
        "days": say("No key was made: choose how long it holds."),
        "rights": say("No key was made: it would do more than you may yourself."),
        "source": say("No key was made: say for which sources it sends, like /dms/hamburg."),
        "no_source": say("No key was made: only a key that sends events has sources."),
        "placed": say("No key was made: events belong to sources, so a key that sends them has no place."),
    }[why]
