"""Decided events with the reasons, and events that are only tried."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import (
    Digits,
    DraftId,
    EventId,
    Given,
    Instant,
    InstantGiven,
    MemberId,
    RequestId,
    RewardId,
    Text,
    Told,
)

Scalar = bool | int | str
Fields = dict[Text, Scalar]
EventType = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9_]{1,64}(\.[a-z0-9_]{1,64}){1,8}$",
        description="A type of events that the program declares.",
        examples=["booking.confirmed"],
        json_schema_extra={"format": "event-type"},
    ),
]
Market = Annotated[
    str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$", examples=["DE"], json_schema_extra={"format": "market"})
]


class External(Given):
    """A member by what another system calls them."""

    source: Text
    external_id: Text


class Invented(Given):
    """A member who is not there; what is not said of them is not known."""

    market: Market
    language: Text | None = None
    location: Text | None = None
    facts: Fields = Field(default_factory=dict, description="Attributes, as the program declares them.")


class Try(Given):
    """An event to be tried, and whose it is: `member`, `external` or `invented`, one of the three."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "booking.confirmed",
                    "fields": {"order_type": "retail"},
                    "invented": {"market": "DE"},
                }
            ]
        }
    )

    type: EventType
    fields: Fields = Field(default_factory=dict, description="What the event says; money in minor units.")
    member: MemberId | None = None
    external: External | None = None
    invented: Invented | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Null: the version that was live when it happens."
    )
    draft: DraftId | None = Field(None, description="A draft, in place of a version.")
    at: InstantGiven | None = Field(None, description="When it happens; null: now.")
    invited_by: MemberId | None = Field(None, description="Who would have invited the member just before.")


class SeenValue(Told):
    """A fact that a part of a condition read; what says who somebody is stays hidden."""

    key: str = Field(description="As conditions name it.")
    name: str
    value: str


class ClauseTold(Told):
    """A part of a condition."""

    text: str = Field(description="As it is written.")
    words: str
    answer: bool | None = Field(description="Null: unknown, because a value was missing.")
    seen: list[SeenValue]
    row: int | None = Field(description="Of which row of the rule's table, from 1; null: of no table.")


class RuleTold(Told):
    """What one rule made of the event."""

    rule: str
    name: str
    outcome: Literal["given", "held", "refused", "taken_back", "waits", "done"]
    reason: str | None = Field(description="A stable code, like limit:member_month.")
    says: str | None = Field(description="The reason in English, for staff.")
    unit: str | None
    digits: Digits
    value: int
    asked: int | None = Field(description="What it would have been, had nothing capped it.")
    reward: RewardId | None
    request: RequestId | None
    clauses: list[ClauseTold]
    policies: list[str] = Field(description="What capped, refused or paid it, in English.")


class EventReceipt(Told):
    """A decided event with everything that led to its decision."""

    id: EventId
    member: MemberId
    type: str
    source: str
    external_id: str
    market: str
    location: str | None
    version: int
    outcome: str
    happened_at: Instant
    recorded_at: Instant
    decided_at: Instant
    language: str
    says: str = Field(description="What the member reads, in their language.")
    rules: list[RuleTold]
    trouble: str | None = Field(description="What could not be explained, in English; null: nothing.")


class SideTried(Told):
    """What one side of a referral would be told, and what would follow from that."""

    side: Literal["referrer", "friend"]
    type: str
    outcome: str
    says: str = Field(description="What that member would read, in their language.")
    rules: list[RuleTold]


class ReferralTried(Told):
    """What would become of a referral; of sides that the key does not reach nothing is told."""

    scheme: str
    state: Literal["claimed", "qualified", "held", "released", "refused", "undone"]
    reasons: list[str]
    told: list[SideTried]


class Tried(Told):
    """What would follow; nothing of it was done."""

    type: str
    member: MemberId | None
    market: str
    location: str | None
    version: int
    outcome: str
    happened_at: Instant
    language: str
    says: str = Field(description="What the member would read, in their language.")
    rules: list[RuleTold]
    referrals: list[ReferralTried] = Field(description="Referrals that it would concern.")
