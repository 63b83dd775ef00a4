"""A member's messages over all channels, as the API tells them."""

from typing import Literal

from pydantic import Field

from guerdon.web.api.shapes.plain import (
    Cursor,
    EventId,
    Filter,
    Instant,
    Limit,
    MessageId,
    Next,
    RewardId,
    Told,
)

MessageState = Literal[
    "waiting", "awaiting", "sent", "delivered", "opened", "failed", "unknown", "withheld", "recalled"
]
TriedState = Literal["waiting", "handing", "sent", "delivered", "read", "failed", "unknown", "withheld"]
_WHY = Field(
    description="Why not: a code with its arguments, like `cap:day:3:3`. Null where nothing is in the way.",
    examples=["consent:withdrawn@2026-05-04"],
)


class WhichMessages(Filter):
    """A page of a member's messages."""

    limit: Limit = 50
    after: Cursor | None = None


class MessageTried(Told):
    """A channel that a message was tried over, and how that stands."""

    channel: str = Field(examples=["sms"])
    state: TriedState
    reason: str | None = _WHY
    begun_at: Instant | None = Field(description="When it was handed over first. Null: it never was.")
    since: Instant


class Message(Told):
    """A message to a member: how it stands, since when, and the channels as they were tried."""

    id: MessageId
    message: str = Field(description="Its key in the program.", examples=["reward_ready"])
    topic: str | None = Field(description="What it is about. Null while no channel was tried.")
    channel: str = Field(
        description="The channel whose turn it is, or on which it ended.", examples=["email"]
    )
    state: MessageState = Field(
        description="`waiting` and `awaiting` (a provider has it, and may tell how it went) have not ended."
    )
    reason: str | None = _WHY
    created_at: Instant
    since: Instant
    next_at: Instant | None = Field(description="When what has not ended is looked at again.")
    event: EventId
    reward: RewardId | None
    tried: list[MessageTried]


class Messages(Told):
    """A member's messages, newest first. What they say and to which address they went is not told."""

    messages: list[Message]
    next: Next
