"""Effects: the closed list of what a decision can do, as frozen values.

Replay, audit and the member's receipt all read this list, so a stored effect must decode for ever: a
field is only ever added, with a default, and `VERSION` rises when the meaning of one changes.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

VERSION = 1


class Issue(msgspec.Struct, frozen=True, tag="issue"):
    """Give a reward: value to spend, until a day. `value` in minor units.

    `payer` is the pool that pays; pending until `available_at` (None: available at once).
    """

    rule: str
    reward: int
    unit: str
    value: int
    expires_at: datetime | None
    payer: str = ""
    available_at: datetime | None = None
    reference: str | None = None


class Post(msgspec.Struct, frozen=True, tag="post"):
    """Move a positive amount of one unit between two accounts."""

    id: int
    from_account: str
    to_account: str
    unit: str
    amount: int


class Send(msgspec.Struct, frozen=True, tag="send"):
    """Tell the member, once for this intent."""

    id: int
    message: str
    channel: str
    reward: int | None = None


class Refuse(msgspec.Struct, frozen=True, tag="refuse"):
    """Do not do what a rule would have done; `reason` is a code with a text in every language."""

    rule: str
    reason: str
    unit: str = ""
    value: int = 0


class Redeem(msgspec.Struct, frozen=True, tag="redeem"):
    """Turn a reward into the member's order of one item."""

    reward: int
    order: int
    item: str
    unit: str
    value: int


Effect = Issue | Post | Send | Refuse | Redeem


class Decision(msgspec.Struct, frozen=True):
    """All effects of one event, in the order in which they were decided."""

    effects: Sequence[Effect]
    v: int = VERSION

    @property
    def outcome(self) -> str:
        """In a word: earned, redeemed, refused, or nothing (no rule had anything to say)."""
        said = "nothing"
        for effect in self.effects:
            if isinstance(effect, Issue):
                return "earned"
            if isinstance(effect, Redeem):
                return "redeemed"
            if isinstance(effect, Refuse):
                said = "refused"
        return said


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Decision).decode


def encode_decision(decision: Decision) -> bytes:
    """A decision as it is stored: JSON."""
    return _encode(decision)


def decode_decision(stored: bytes | str) -> Decision:
    """A stored decision as it was decided."""
    return _decode(stored)
