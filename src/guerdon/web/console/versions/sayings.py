"""What a page of versions says: where one stands, why something was refused, who it was."""

from collections.abc import Iterable

from guerdon.queries.people import list_names
from guerdon.store.database import Transaction
from guerdon.text.catalogs import words
from guerdon.values.ids import read


def state_said(state: str, locale: str) -> str:
    """Where a version or a draft stands in its life."""
    say = words(locale, "console").gettext
    return {
        "draft": say("Draft"),
        "review": say("Waits for signatures"),
        "scheduled": say("Scheduled"),
        "live": say("Live"),
        "retired": say("Retired"),
        "called_off": say("Called off"),
    }[state]


def refusal_said(reason: str, locale: str) -> str:
    """Why something was not done with a version or a draft."""
    say = words(locale, "console").gettext
    return {
        "role": say("Your role does not do this."),
        "reason": say("A reason is needed, in at most 1,000 letters."),
        "title": say("A draft has a name, in at most 200 letters."),
        "text": say("The text is too long, or holds what cannot be stored."),
        "unknown": say("There is no such version."),
        "closed": say("It waits for signatures or was closed, so its text stands still."),
        "live": say("This text is live already. Roll back to another version instead."),
        "moment": say("Give the day and the time from which it shall be live."),
        "replay": say(
            "Nobody has replayed exactly this text yet. Replay it first, and see what it comes to."
        ),
        "wrong": say("This cannot be carried out as it is. What is wrong stands below."),
    }.get(reason, reason)


def names_of(tx: Transaction, actors: Iterable[str | None]) -> dict[str, str]:
    """What people are called, by the names that tables have for them; whoever is no person keeps theirs."""
    told = {actor for actor in actors if actor}
    numbers = {actor: number for actor in told if (number := read("per", actor)) is not None}
    found = list_names(tx, set(numbers.values()))
    return {actor: found.get(numbers.get(actor, 0), actor) for actor in told}
