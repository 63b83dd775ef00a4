"""What may be done about an order next, by what its supplier promises of a key that is used twice.

Nothing is ever asked for under a new key, or of anybody else, before it is known that nothing came of the one
before. Where that cannot be known by asking, a person decides.
"""

from datetime import datetime, timedelta
from typing import Literal

from guerdon.engine.orders.port import Abilities
from guerdon.store.orders.attempts import Attempt

# place: ask for it, under the attempt's key. find: ask by our reference. fetch: ask by their number.
# nothing: nothing came of it, and that is known. person: no question would settle it.
Step = Literal["place", "find", "fetch", "nothing", "person"]

# A lost request may still be on its way: not found is believed once it would have landed, and been answered.
SLACK = timedelta(seconds=10)
# For so long before a key ends it is not asked for under it any more: clocks differ, and answers take time.
KEY_MARGIN_MAX = timedelta(hours=1)
# Asked for so often under one key, and not found each time, nothing came of it.
PLACES_MAX = 2
SOON, LATE = timedelta(seconds=2), timedelta(seconds=60)
LATEST = timedelta(minutes=5)


def next_step(abilities: Abilities, tried: Attempt, now: datetime) -> Step:
    """What may be done about an attempt that is not known to have come to nothing."""
    if tried.their_id is not None:
        return "fetch"
    if not tried.doubted:
        return "place"
    return _doubted_step(abilities, tried, lives=key_lives(abilities, tried, now))


def _doubted_step(abilities: Abilities, tried: Attempt, *, lives: bool) -> Step:
    # Not found, some time after it was asked for last: there is none.
    proved = tried.absences > 0
    again = lives and tried.asks < PLACES_MAX
    look: Step = "find" if abilities.finds else "person"
    match abilities.idempotency:
        case "returns_original" if lives:
            return "place"
        case "replays_response" if not proved and not abilities.finds and lives:
            # A key that gives the same answer again harms nobody, and nothing else tells.
            return "place"
        case "reject_duplicate" if proved and again:
            return "place"
        case _:
            return "nothing" if proved else look


def key_lives(abilities: Abilities, tried: Attempt, now: datetime) -> bool:
    """Whether the supplier surely still knows the key."""
    if abilities.key_lives is None:
        return True
    margin = min(KEY_MARGIN_MAX, abilities.key_lives / 10)
    return now - tried.first_asked_at < abilities.key_lives - margin


def is_proof(abilities: Abilities, tried: Attempt, now: datetime) -> bool:
    """Whether an order that is not found was not placed: what we asked last cannot come any more."""
    return now >= proved_at(abilities, tried)


def proved_at(abilities: Abilities, tried: Attempt) -> datetime:
    """From when on it proves something that an order is not found."""
    return tried.asked_at + timedelta(seconds=max(abilities.answer_max_s, abilities.lands_within_s)) + SLACK


def believes_no(abilities: Abilities, step: Step, *, doubted: bool, proved: bool) -> bool:
    """Whether a no means that it was not placed; asked for twice, it may only mean that once was enough.

    `proved`: what was asked before this cannot come any more. Else it may still become an order, for a no is
    kept under no key where the original is returned.
    """
    if step != "place" or not doubted:
        return True
    match abilities.idempotency:
        case "replays_response":
            return True
        case "returns_original":
            return proved
        case _:
            return False


def pause(since: datetime, now: datetime, *, waits: bool) -> timedelta:
    """How long until it is looked at again: longer and longer; what is only on its way may take its time."""
    return min(max((now - since) / 4, SOON), LATEST if waits else LATE)
