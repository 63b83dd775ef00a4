"""Members, what they have, and how it came to that."""

from typing import Literal

from pydantic import Field

from guerdon.web.api.shapes.plain import (
    Cursor,
    Digits,
    EventId,
    Filter,
    Instant,
    Limit,
    MemberId,
    Minor,
    Next,
    Page,
    RewardId,
    Text,
    Told,
    TransferId,
    UnitName,
)

LotState = Literal["pending", "ready", "redeemed", "expired", "reversed"]


class WhichMember(Filter):
    """What another system calls somebody."""

    source: Text = Field(examples=["crm"])
    external_id: Text = Field(examples=["10023"])


class ExternalId(Told):
    """What another system calls a member."""

    source: str
    external_id: str


class Member(Told):
    """A member. Names and addresses are not told here."""

    id: MemberId
    market: str
    location: str | None
    language: str
    enrolled_at: Instant
    external_ids: list[ExternalId]


class Members(Told):
    """The members that were found: one, or none."""

    members: list[Member]


class Lot(Told):
    """A reward: value that came in once, with what is left of it."""

    id: RewardId
    event: EventId
    rule: str
    unit: str
    digits: Digits
    value: Minor
    remaining: Minor
    held: Minor
    reversed: Minor
    state: LotState
    reference: str | None
    issued_at: Instant
    available_at: Instant | None = Field(description="Null while an event has to say it.")
    expires_at: Instant | None = Field(description="Null: never.")


class Balance(Told):
    """What a member has in a unit; `lots` in the order in which they end, a hundred at most."""

    unit: str
    digits: Digits
    available: Minor
    held: Minor
    pending: Minor
    debt: Minor
    lots: list[Lot]


class Balances(Told):
    """What a member has, unit by unit."""

    member: MemberId
    balances: list[Balance]


class WhichStatement(Page):
    """A page of a statement in a unit."""

    unit: UnitName


class LotPart(Told):
    """So much of a lot: taken (positive) or given back (negative)."""

    reward: RewardId
    amount: Minor


class StatementLine(Told):
    """A transfer as the member has it: what it changed, and what could be spent after it."""

    transfer: TransferId
    event: EventId | None
    event_type: str
    recorded_at: Instant
    happened_at: Instant
    from_account: str
    to_account: str
    change: Minor
    pending_change: Minor
    debt_change: Minor
    balance: Minor
    lots: list[LotPart]


class Statement(Told):
    """What a member has in a unit, and every change of it, newest first."""

    member: MemberId
    units: list[str] = Field(description="All units in which the member ever had something.")
    unit: str
    digits: Digits
    available: Minor
    held: Minor
    pending: Minor
    debt: Minor
    lines: list[StatementLine]
    next: Next


class WhichRewards(Filter):
    """A page of a member's rewards."""

    state: LotState | None = None
    limit: Limit = 50
    after: Cursor | None = None


class Rewards(Told):
    """A member's rewards, newest first."""

    rewards: list[Lot]
    next: Next
