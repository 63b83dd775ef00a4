"""Contents: what a request would do, exactly, as frozen values that people put their signatures to.

A signature is over the hash of the canonical text (keys in order, no spaces), so what is carried out is what
was signed, to the letter. Stored contents must decode for ever: a field is only ever added, with a default.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec


class GiveReward(msgspec.Struct, frozen=True, tag_field="kind", tag="reward"):
    """Give a member a reward: one that was held, or one that somebody asked for.

    `expires_at` is when it would end if it were given at once; it is given all its days when it is issued.
    """

    member: int
    rule: str
    reward_id: int
    unit: str
    value: int
    payer: str
    market: str
    location: str | None
    happened_at: datetime
    expires_at: datetime | None = None
    reference: str | None = None
    # The event that would have given it; 0 where a person asked.
    event_id: int = 0
    sends: Sequence[tuple[str, str, int]] = ()


class Adjustment(msgspec.Struct, frozen=True):
    """So much more, or less, for a member; what is not there is owed only where `debt` says so."""

    member: int
    unit: str
    amount: int
    payer: str
    reason: str
    debt: bool = False


class AdjustBalance(Adjustment, frozen=True, tag_field="kind", tag="adjustment"):
    """One adjustment by hand."""


class AdjustMany(msgspec.Struct, frozen=True, tag_field="kind", tag="bulk"):
    """Many adjustments that happen together or not at all."""

    rows: Sequence[Adjustment]


class Move(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """So much from one budget to another."""

    source: str
    target: str
    unit: str
    amount: int


class MoveBudgets(msgspec.Struct, frozen=True, tag_field="kind", tag="budget"):
    """Money moved between budgets."""

    moves: Sequence[Move]


class PublishVersion(msgspec.Struct, frozen=True, tag_field="kind", tag="version"):
    """A program's text becomes its next version: from now on, or from an instant that is still to come."""

    bundle_sha: str
    bundle: str
    live_from: datetime | None = None


class ChangeGrant(msgspec.Struct, frozen=True, tag_field="kind", tag="grant"):
    """A person (`per_...`) gets a role at a place; or, with `revoke`, loses the grant of that number."""

    person: str
    role: str
    valid_from: datetime
    market: str | None = None
    location: str | None = None
    unit: str | None = None
    amount_max: int | None = None
    valid_to: datetime | None = None
    revoke: int | None = None


Content = GiveReward | AdjustBalance | AdjustMany | MoveBudgets | PublishVersion | ChangeGrant

_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Content).decode


@dataclass(frozen=True, slots=True)
class Written:
    """A content as it is stored, and the hash that signatures are over."""

    text: str
    sha: bytes


def write_content(content: Content) -> Written:
    """The canonical text of a content, with its hash."""
    text = _encode(content)
    return Written(text.decode(), hashlib.sha256(text).digest())


def content_sha(text: str) -> bytes:
    """The hash of a stored text."""
    return hashlib.sha256(text.encode()).digest()


def read_content(text: str) -> Content:
    """A stored content as it was signed."""
    content: Content = _decode(text)
    return content


def kind_of(content: Content) -> str:
    """The kind of request it makes: reward, adjustment, bulk, budget, version or grant."""
    return str(content.__struct_config__.tag)
