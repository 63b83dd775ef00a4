"""Words for connections: how one stands and what to do about it, and why something was not done."""

from guerdon.text.catalogs import words


def state_said(state: str, locale: str) -> str:
    """How a connection stands."""
    say = words(locale, "console").gettext
    return {
        "connected": say("Connected"),
        "not_connected": say("Not connected"),
        "revoked": say("Revoked"),
        "scopes": say("Without a right it needs"),
        "other_portal": say("Another account"),
        "app": say("Without an app"),
        "unreadable": say("Cannot be opened"),
    }[state]


def advice_said(state: str, locale: str) -> str:
    """What to do about it; nothing where all is well."""
    say = words(locale, "console").gettext
    return {
        "connected": "",
        "not_connected": say("Webhooks are taken in; nothing can be read or written. Connect it below."),
        "revoked": say(
            "The token opens nothing any more: somebody took it back or removed the app. Connect it again;"
            " what waits goes on then, and nothing is lost."
        ),
        "scopes": say("HubSpot refuses what is asked. Give the app the right, and connect it again."),
        "other_portal": say(
            "The token opens another account than the program declares. Connect the right one, or mend the"
            " portal in a draft."
        ),
        "app": say("Set GUERDON_HUBSPOT_CLIENT_ID and the app's secret, as the page on settings says."),
        "unreadable": say("The token was sealed by another installation's secret. Connect it again."),
    }[state]


def trouble_said(why: str, locale: str) -> str:
    """Why the journal or a page is not read just now."""
    say = words(locale, "console").gettext
    asked_too_much = say("HubSpot wants to be asked less. It goes on by itself.")
    down = say("HubSpot does not answer. It goes on by itself.")
    return {
        "limit": asked_too_much,
        "day": asked_too_much,
        "pace": asked_too_much,
        "trouble": down,
        "unreachable": down,
        "not_connected": say("It waits for somebody to connect the account."),
        "revoked": say("It waits for somebody to connect the account."),
        "other_portal": say("It waits for somebody to connect the account."),
        "unreadable": say("It waits for somebody to connect the account."),
        "scopes": say("HubSpot refuses what is asked. Give the app the right, and connect it again."),
        "app": say("Set GUERDON_HUBSPOT_CLIENT_ID and the app's secret, as the page on settings says."),
        "undeclared": say("The program does not say how a contact becomes a member."),
        "cut": say("HubSpot shows only so many at once: run it again from a later day, or for all."),
    }.get(why, say("HubSpot refused it: %(why)s") % {"why": why})


def backfill_said(state: str, locale: str) -> str:
    """How reading over stands."""
    say = words(locale, "console").gettext
    return {
        "waiting": say("Under way"),
        "canceled": say("Stopped"),
        "done": say("Done"),
        "failed": say("Failed"),
    }[state]


def meaning_said(what: str, locale: str) -> str:
    """What a change comes to."""
    say = words(locale, "console").gettext
    return {
        "event": say("An event"),
        "errand": say("Read at HubSpot first"),
        "ignored": say("Ignored"),
        "nothing": say("Nothing"),
    }[what]


def refusal_said(why: str, locale: str) -> str:
    """Why nothing was done."""
    say = words(locale, "console").gettext
    return {
        "token": say("Nothing was done: this is no token of a private app."),
        "revoked": say("Nothing was done: HubSpot does not know this token."),
        "other_portal": say("Nothing was done: the token opens another account than the program declares."),
        "unreachable": say("Nothing was done: HubSpot does not answer. Try again in a minute."),
        "refused": say("Nothing was done: HubSpot refused it."),
        "app": say("Nothing was done: GUERDON_HUBSPOT_CLIENT_ID or the app's secret is not set."),
        "denied": say("Nothing was done: nobody agreed at HubSpot."),
        "state": say(
            "Nothing was done: this did not begin in this browser, was used already, or took longer than ten"
            " minutes. Begin again."
        ),
        "code": say("Nothing was done: HubSpot did not take its own answer back. Begin again."),
        "not_connected": say("Nothing was done: it is not connected."),
        "running": say("Nothing was done: it is under way already, or has ended."),
        "contacts": say("Nothing was done: the program does not say how a contact becomes a member."),
        "day": say("Nothing was done: this is no day."),
        "text": say("Nothing was done: the mapping cannot be read. What is wrong stands below."),
        "newer": say("Nothing was done: another version is live meanwhile. Load the page again."),
        "unchanged": say("Nothing was done: the mapping is as it was."),
        "role": say("Nothing was done: only whoever may write rules drafts them."),
    }[why]
