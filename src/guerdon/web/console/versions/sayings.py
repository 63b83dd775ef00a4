"""What a page of versions says: where one stands, why something was refused, who it was."""

from collections.abc import Iterable

from guerdon.queries.people import list_names
from guerdon.queries.replay.needed import COVERED, LASTS
from guerdon.store.database import Transaction
from guerdon.text import formats
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
        "replay_never": say(
            "Nobody has replayed exactly this text yet. Replay it first, and see what it comes to."
        ),
        "replay_old": say(
            "Exactly this text was replayed too long ago (days that a replay counts: %(n)s). Replay it again."
        )
        % {"n": formats.number(LASTS.days, locale)},
        "replay_short": say(
            "The replay of exactly this text covers too little."
            " It has to cover all that happened, or this many days up to now: %(n)s."
        )
        % {"n": formats.number(COVERED.days, locale)},
        "replay_empty": say(
            "The replay of exactly this text decided nothing, though something happened in that time."
            " Replay it again."
        ),
        "wrong": say("This cannot be carried out as it is. What is wrong stands below."),
    }.get(reason, reason)


def names_of(tx: Transaction, actors: Iterable[str | None]) -> dict[str, str]:
    """What people are called, by the names that tables have for them; whoever is no person keeps theirs."""
    told = {actor for actor in actors if actor}
    numbers = {actor: number for actor in told if (number := read("per", actor)) is not None}
    found = list_names(tx, set(numbers.values()))
    return {actor: found.get(numbers.get(actor, 0), actor) for actor in told}
