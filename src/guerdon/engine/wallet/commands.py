"""One command on a wallet: who it is about, what makes it happen once, and how it is written.

The key is the caller's reference, and stands with the keys of all events, for ever. The same key with other
contents is refused, whoever it is about, because one of the two must be a mistake.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString

from msgspec import json

from guerdon.engine.arrivals import arrival
from guerdon.ledger.effects import Effect, Refuse
from guerdon.rules.wallet import Reason
from guerdon.store.database import Transaction
from guerdon.store.orders.choices import load_live_version, next_event_ids
from guerdon.store.wallet.deeds import (
    SOURCE,
    Changes,
    Deed,
    Doing,
    Held,
    post_to_pools,
    record_deeds,
    settle_emptied,
    settle_purses,
)
from guerdon.store.wallet.keys import find_said, record_key
from guerdon.store.wallet.purses import MemberHere, lock_member
from guerdon.values.ids import show

KEY_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a wallet, and by whom: a kind of event, a key, and the contents it stands for."""

    program_id: int
    member_id: int
    type: LiteralString
    key: str
    contents: Mapping[str, object]
    by: str
    # Why, where people say so: for the audit.
    reason: str = ""

    @property
    def external_id(self) -> str:
        """The name of its event: keys of different kinds do not meet."""
        return f"{self.type.removeprefix('value.')}:{self.key}"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did: its event and effects; `again` when it had been done before."""

    event_id: int
    effects: Sequence[Effect]
    again: bool = False


@dataclass(slots=True)
class Begun:
    """A command under its member's lock, with the event that it will be."""

    tx: Transaction
    wish: Wish
    member: MemberHere
    key: str
    payload_hash: int
    now: datetime
    event_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.event_id = next_event_ids(self.tx, 1)[0]


def begin(tx: Transaction, wish: Wish, now: datetime) -> Begun | Done | Refuse:
    """Lock the member and look whether this was done before."""
    if not 0 < len(wish.key) <= KEY_LENGTH_MAX or not wish.key.isprintable():
        return refusal("key:malformed")
    member = lock_member(tx, wish.program_id, wish.member_id)
    if member is None:
        return refusal("member:unknown")
    payload = json.encode({"member": wish.member_id, **wish.contents}, order="sorted").decode()
    said = arrival(0, SOURCE, wish.external_id, "", payload)
    before = find_said(tx, wish.program_id, said.key)
    if before is None:
        return Begun(tx, wish, member, said.key, said.payload_hash, now)
    if before.payload_hash != said.payload_hash:
        return refusal("key:reused")
    return Done(before.event_id, before.effects, again=True)


def finish(
    begun: Begun, outcome: str, effects: Sequence[Effect], held: Held | None = None, *, active: bool = True
) -> Done | Refuse:
    """Write a command's decision and all that it changes; pools come last.

    A lot that is empty by it is redeemed; where the last of it went back to the pool that had paid, it was
    taken back.
    """
    tx, wish, now = begun.tx, begun.wish, begun.now
    if not record_key(tx, wish.program_id, begun.key, begun.payload_hash, begun.event_id):
        # Somebody used the key for another member in this very moment.
        return refusal("key:reused")
    changes = Changes()
    changes.fold(wish.member_id, effects, held)
    settle_purses(tx, wish.program_id, changes.purses, now if active else None)
    settle_emptied(tx, wish.program_id, changes, now)
    deed = Deed(
        member_id=wish.member_id,
        event_id=begun.event_id,
        type=wish.type,
        outcome=outcome,
        external_id=wish.external_id,
        market=begun.member.market,
        location=begun.member.location,
        data=json.encode(wish.contents).decode(),
        effects=effects,
    )
    version, subject = load_live_version(tx, wish.program_id, now), show("evt", begun.event_id)
    doing = Doing(version, now, wish.by, wish.type, subject, wish.reason)
    record_deeds(tx, wish.program_id, [deed], doing)
    post_to_pools(tx, wish.program_id, changes.pools)
    return Done(begun.event_id, effects)


def refusal(reason: Reason, unit: str = "", amount: int = 0) -> Refuse:
    """The refusal of a command: data, like every other."""
    return Refuse("", reason, unit, amount)
