"""What other systems are told, type by type: the one place, from which every description is made.

A member is named by our id and by the ids that others gave them, never by a name or an address. Amounts are
whole numbers of minor units; `digits` says how many of them stand behind the point. Fields are only ever
added.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args

import msgspec


class ExternalId(msgspec.Struct, frozen=True):
    """What another system calls a member."""

    source: str
    external_id: str


class Member(msgspec.Struct, frozen=True):
    """Whom it is about."""

    id: str
    market: str
    external_ids: Sequence[ExternalId]


class Cause(msgspec.Struct, frozen=True):
    """The event that it follows from; its source is the connection by which we were told, or guerdon."""

    id: str
    type: str
    source: str
    external_id: str
    happened_at: datetime


class Amount(msgspec.Struct, frozen=True):
    """So much of a unit, in minor units."""

    unit: str
    amount: int
    digits: int


class Balance(msgspec.Struct, frozen=True):
    """What a member has in a unit, in minor units."""

    unit: str
    digits: int
    available: int
    held: int
    pending: int
    debt: int


class RewardEarned(msgspec.Struct, frozen=True, tag="reward.earned", tag_field="type"):
    """A member earned a reward; what is pending is theirs later (reward.ready)."""

    reward: str
    rule: str
    value: Amount
    reference: str | None
    pending: bool
    expires_at: datetime | None


class RewardReady(msgspec.Struct, frozen=True, tag="reward.ready", tag_field="type"):
    """A reward that was pending can be used from now on."""

    reward: str
    rule: str
    value: Amount
    reference: str | None
    expires_at: datetime | None


class RewardHeld(msgspec.Struct, frozen=True, tag="reward.held", tag_field="type"):
    """A reward waits for people to agree to it."""

    request: str
    rule: str
    value: Amount
    reason: str


class RewardRefused(msgspec.Struct, frozen=True, tag="reward.refused", tag_field="type"):
    """A rule would have given a reward and may not; `reason` is a code, its part after the colon a name."""

    rule: str
    value: Amount | None
    reason: str


class RewardRedeemed(msgspec.Struct, frozen=True, tag="reward.redeemed", tag_field="type"):
    """So much of a reward was used; by an order of an item, or spent from the balance (no item)."""

    reward: str
    rule: str
    value: Amount
    item: str | None = None
    order: str | None = None


class RewardReversed(msgspec.Struct, frozen=True, tag="reward.reversed", tag_field="type"):
    """So much of a reward was taken back; what had been used of it is `owed`."""

    reward: str
    rule: str
    value: Amount
    owed: int


class RewardExpired(msgspec.Struct, frozen=True, tag="reward.expired", tag_field="type"):
    """So much of a reward was not used in time."""

    reward: str
    rule: str
    value: Amount


class BalanceChanged(msgspec.Struct, frozen=True, tag="balance.changed", tag_field="type"):
    """What a member has by now, all units of it; of several changes at once the last is told."""

    balances: Sequence[Balance]


class MemberEnrolled(msgspec.Struct, frozen=True, tag="member.enrolled", tag_field="type"):
    """Somebody is a member from now on."""


class WebhookTested(msgspec.Struct, frozen=True, tag="webhook.tested", tag_field="type"):
    """Somebody wants to see whether it arrives; nothing happened."""

    note: str


Said = (
    RewardEarned
    | RewardReady
    | RewardHeld
    | RewardRefused
    | RewardRedeemed
    | RewardReversed
    | RewardExpired
    | BalanceChanged
    | MemberEnrolled
    | WebhookTested
)
TYPES: Mapping[str, type[Said]] = {str(each.__struct_config__.tag): each for each in get_args(Said)}
TESTED = "webhook.tested"
# What one may ask to be told; a test comes to whoever is tested.
CHOICES = tuple(sorted(set(TYPES) - {TESTED}))


class Announcement(msgspec.Struct, frozen=True):
    """One thing that is told. `sequence` rises with each thing told of one member: a later one is truer."""

    said: Said
    recorded_at: datetime
    sequence: int
    member: Member | None
    cause: Cause | None

    @property
    def type(self) -> str:
        """What kind of thing."""
        return str(self.said.__struct_config__.tag)


def encode_payload(announcement: Announcement, program: str) -> str:
    """An announcement as it is sent: type, timestamp and data, as Standard Webhooks asks."""
    said: dict[str, object] = msgspec.to_builtins(announcement.said)
    del said["type"]
    about = {"program": program, "sequence": announcement.sequence}
    who = {"member": announcement.member} if announcement.member is not None else {}
    why = {"event": announcement.cause} if announcement.cause is not None else {}
    return msgspec.json.encode(
        {
            "type": announcement.type,
            "timestamp": announcement.recorded_at,
            "data": {**about, **who, **why, **said},
        }
    ).decode()
