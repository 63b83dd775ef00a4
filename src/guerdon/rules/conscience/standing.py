"""Standing: what a member said last of a topic and a channel, worked out a saying at a time. Pure.

A withdrawal always holds. What was agreed to before it, and is only told of now, is kept as a proof and
changes nothing; nor does what is said once more of a consent that its address confirmed.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.rules.conscience.nouns import Held, Standing

# The stricter comes first: of two members who are one person that one holds.
STRICTNESS: tuple[Standing, ...] = ("withdrawn", "asked", "given", "confirmed")


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that was said, by the row that proves it. `joined`: it is what held for a twin."""

    consent_id: int
    what: Standing
    happened_at: datetime
    joined: bool = False


def stands_after(before: Held | None, said: Saying) -> Held:
    """What holds after something was said; None: nothing was said before."""
    now = Held(said.consent_id, said.what, said.happened_at)
    if before is None or said.joined or said.what in {"withdrawn", "confirmed"}:
        return now
    if before.state == "confirmed":
        return before
    if before.state == "withdrawn" and said.happened_at < before.since:
        return before
    return now


def stricter(one: Held, other: Held) -> Held:
    """Of what holds for two members who are one person, what holds from now on; the first of two alike."""
    return min(one, other, key=lambda each: STRICTNESS.index(each.state))
