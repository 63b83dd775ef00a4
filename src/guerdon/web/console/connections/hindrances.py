"""What stands in a connection's way, each with what to do about it: for the connection's own page."""

from guerdon.program.model import Connection
from guerdon.queries.crm.hindrances import Hindrance, list_hindrances
from guerdon.store.database import Transaction
from guerdon.text.catalogs import words
from guerdon.web.console.connections.sayings import trouble_said
from guerdon.web.console.connections.write_sayings import refused_said
from guerdon.web.console.desk import Desk
from guerdon.web.console.words import Namer

NO_CONTACT = "no_contact"


def hindering(tx: Transaction, desk: Desk, declared: Connection) -> dict[str, object]:
    """What a page needs to show it."""
    return {
        "hindrances": list_hindrances(tx, declared.key),
        "hindrance_said": lambda each: hindrance_said(each, desk.locale),
        "hindrance_advice": lambda each: hindrance_advice(
            each, desk.locale, Namer(desk.program, desk.locale)
        ),
    }


def hindrance_said(each: Hindrance, locale: str) -> str:
    """What it is that does not go on."""
    say = words(locale, "console").gettext
    return {
        "read": say("Waiting to be read"),
        "apart": say("Set apart"),
        "contact": say("A property not taken"),
        "event": say("An event not taken"),
    }[each.what]


def hindrance_advice(each: Hindrance, locale: str, names: Namer) -> str:
    """Why, and what to do."""
    say = words(locale, "console").gettext
    if each.what == "apart":
        parked = names.parked(each.reason)
        return f"{parked.name}: {parked.advice}"
    if each.what != "read":
        return refused_said(each.reason, locale)
    if each.reason == NO_CONTACT:
        return say("A deal has no contact. Associate one in HubSpot; after three days the deal is set apart.")
    # Whoever keeps within the limit waits for its turn.
    if each.reason in {"", "pace"}:
        return say("It is read in its turn. Nothing is to be done.")
    return trouble_said(each.reason, locale)
