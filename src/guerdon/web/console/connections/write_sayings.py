"""Words for what was not taken by a CRM, and for what is missing there: why, and what to do about it."""

from guerdon.engine.crm.out.needing import UNDER_WAY, Finding
from guerdon.text.catalogs import words
from guerdon.web.console.connections.sayings import advice_said

# What an account is not open for.
_CLOSED = frozenset({"not_connected", "revoked", "scopes", "other_portal", "app", "unreadable"})


def refused_said(reason: str, locale: str) -> str:
    """Why something was not taken, and what to do; `reason` is HubSpot's category, and its words after it."""
    say = words(locale, "console").gettext
    category, _, theirs = reason.partition(": ")
    value = say("HubSpot does not take this value: give the property the type that is written.")
    said = {
        "gone": say("Nobody has this contact any more. Nothing is to be done."),
        "merged": say("The contact was merged, and is another member's now. Nothing is to be done."),
        "OBJECT_NOT_FOUND": say("Nobody has this contact any more. Nothing is to be done."),
        "PROPERTY_DOESNT_EXIST": say("HubSpot has no such property. Make it there, then send it again."),
        "READ_ONLY_VALUE": say("Nobody may write this property. Have the program write into another one."),
        "DIFFERS": say(
            "Something else stands there each time it is looked at. Find out who else writes this property,"
            " such as a workflow, then send it again."
        ),
        "UNREAD": say(
            "An answer was lost, and what stands there cannot be read back. Let the app read contacts, then"
            " send it again."
        ),
        "MISSING_SCOPES": say("HubSpot refuses what is asked. Give the app the right, and connect it again."),
        "INVALID_OPTION": say("HubSpot has no such option. Add it to the property, then send it again."),
        **dict.fromkeys(("INVALID_DOUBLE", "INVALID_LONG", "INVALID_DATE", "INVALID_BOOLEAN"), value),
    }.get(category, say("HubSpot refused it. Look at its rules for this, then send it again."))
    return f"{said} ({theirs})" if theirs else said


def definition_said(found: Finding, locale: str) -> str:
    """What kind of definition it is."""
    say = words(locale, "console").gettext
    return {
        "group": say("Group of properties"),
        "property": say("Property of contacts"),
        "event": say("Event"),
        "event_property": say("Property of an event"),
    }[found.kind]


def finding_said(found: Finding, locale: str) -> str:
    """How it stands, and what to do."""
    say = words(locale, "console").gettext
    if found.state == "refused" and found.scopes:
        wanted = say("The token may not do this. Give the app the right %(scopes)s, and connect it again.")
        return wanted % {"scopes": ", ".join(found.scopes)}
    if found.state == "differs":
        return _difference_said(found, locale)
    return {
        "there": say("It is there."),
        "missing": say("It is missing."),
        "made": say("It was made."),
        "refused": say("HubSpot refused it: %(why)s"),
        "unreached": say("It was not looked at."),
    }[found.state] % {"why": found.why}


def _difference_said(found: Finding, locale: str) -> str:
    say = words(locale, "console").gettext
    if found.there == "archived":
        return say("It was archived. Restore it in HubSpot, or have the program tell another event.")
    if found.there == "read_only":
        return say("Nobody may write this property. Have the program write into another one.")
    said = say(
        "It is of the type %(there)s, and %(needed)s is needed. It is left as it is: change it in HubSpot, or"
        " have the program write into another one."
    )
    return said % {"there": found.there, "needed": found.needed}


def unprepared_said(trouble: str, locale: str) -> str:
    """Why not all of it was looked at; nothing where it was."""
    say = words(locale, "console").gettext
    if trouble in _CLOSED:
        return advice_said(trouble, locale)
    if trouble == UNDER_WAY:
        return say("Somebody has this looked at or made just now. Try again in a minute.")
    if trouble in {"limit", "day", "pace"}:
        return say("HubSpot wants to be asked less. What was made stays: try again in a minute.")
    return say("HubSpot did not answer. What was made stays: try again in a minute.") if trouble else ""
