"""Effects: the closed list of what a decision can do, as frozen values.

Replay, audit and the member's receipt all read this list, so a stored effect must decode for ever: a
field is only ever added, with a default, and `VERSION` rises when the meaning of one changes.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

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


class Draw(msgspec.Struct, frozen=True, tag="draw"):
    """The lot that a transfer took from (positive) or gave back to (negative)."""

    post: int
    reward: int
    amount: int


class Reverse(msgspec.Struct, frozen=True, tag="reverse"):
    """So much of a reward was taken back, because `rule` said so.

    What was spent already and could not be made void is `owed`, by an account: debt, or a location's.
    """

    reward: int
    rule: str
    unit: str
    amount: int
    owed: int = 0
    owed_by: str = ""


class Void(msgspec.Struct, frozen=True, tag="void"):
    """The code of an order is void, and the order with it."""

    order: int


class Mature(msgspec.Struct, frozen=True, tag="mature"):
    """What was pending is available, until `expires_at` if that moves with it (None: as was said before)."""

    reward: int
    expires_at: datetime | None = None


class Expire(msgspec.Struct, frozen=True, tag="expire"):
    """So much of a reward was not used in time."""

    reward: int
    amount: int


class Extend(msgspec.Struct, frozen=True, tag="extend"):
    """A reward that is still there lasts until `expires_at`, later than it `was` to."""

    reward: int
    expires_at: datetime
    was: datetime


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    """A reward waits for approval as this request, for a reason like a refusal's.

    `reserved`: its payer keeps the money for it. A budget that had nothing left reserves nothing.
    """

    request: int
    rule: str
    reason: str
    unit: str
    value: int
    payer: str
    reserved: bool


class Wait(msgspec.Struct, frozen=True, tag="wait"):
    """What takes back or releases a reward of this rule waits for it: it has not come yet.

    With an `order`: it has, and `amount` of the `reward` is kept for that order; it waits for how that ends.
    """

    rule: str
    reference: str | None
    order: int = 0
    reward: int = 0
    unit: str = ""
    amount: int = 0


class TopUp(msgspec.Struct, frozen=True, tag="top_up"):
    """A node of a budget got this period's top-up from its parent; the transfer stands before this."""

    account: str
    period: date
    amount: int


class Adjust(msgspec.Struct, frozen=True, tag="adjust"):
    """So much more or less by hand, as a request said that people had approved."""

    request: int
    unit: str
    amount: int
    reason: str


Effect = (
    Issue
    | Post
    | Send
    | Refuse
    | Redeem
    | Draw
    | Reverse
    | Void
    | Mature
    | Expire
    | Extend
    | Hold
    | Wait
    | TopUp
    | Adjust
)

# What an event came to, in a word: the first of these that was among its effects.
OUTCOMES: Mapping[type[Effect], str] = {
    # By hand: also where it gave something.
    Adjust: "adjusted",
    Issue: "earned",
    Redeem: "redeemed",
    Hold: "held",
    Reverse: "reversed",
    Wait: "waiting",
    Mature: "matured",
    Expire: "expired",
    Refuse: "refused",
}
_RANK = {kind: rank for rank, kind in enumerate(OUTCOMES)}
_SAID = (*OUTCOMES.values(), "nothing")


class Decision(msgspec.Struct, frozen=True):
    """All effects of one event, in the order in which they were decided."""

    effects: Sequence[Effect]
    v: int = VERSION

    @property
    def outcome(self) -> str:
        """In a word: earned, redeemed, held, ... or nothing (no rule had anything to say)."""
        first = nothing = len(_RANK)
        for effect in self.effects:
            rank = _RANK.get(type(effect), nothing)
            first = min(first, rank)
        return _SAID[first]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Decision).decode


def encode_decision(decision: Decision) -> bytes:
    """A decision as it is stored: JSON."""
    return _encode(decision)


def decode_decision(stored: bytes | str) -> Decision:
    """A stored decision as it was decided."""
    return _decode(stored)
