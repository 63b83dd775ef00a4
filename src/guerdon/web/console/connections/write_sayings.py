"""Words for what was not taken by a CRM: why, and what to do about it."""

from guerdon.text.catalogs import words


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
        "INVALID_OPTION": say("HubSpot has no such option. Add it to the property, then send it again."),
        **dict.fromkeys(("INVALID_DOUBLE", "INVALID_LONG", "INVALID_DATE", "INVALID_BOOLEAN"), value),
    }.get(category, say("HubSpot refused it. Look at its rules for this, then send it again."))
    return f"{said} ({theirs})" if theirs else said
