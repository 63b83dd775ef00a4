"""Webhooks: where announcements are sent, and what became of them."""

from typing import Annotated, Literal

from pydantic import Field

from guerdon.engine.announcements.shapes import CHOICES
from guerdon.engine.webhooks.endpoints import NAME_LETTERS_MAX
from guerdon.values.destinations import URL_LENGTH_MAX
from guerdon.web.api.shapes.plain import (
    Cursor,
    DeliveryId,
    Filter,
    Given,
    Instant,
    Limit,
    Next,
    Text,
    Told,
    ToldOnce,
    WebhookId,
)

DeliveryState = Literal["waiting", "delivered", "dead"]
EndpointState = Literal["enabled", "disabled"]
TypeName = Annotated[str, Field(pattern=f"^({'|'.join(CHOICES)})$".replace(".", r"\."))]


class Endpoint(Given):
    """Where announcements go. No types: all of them."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LETTERS_MAX, pattern=r"^[!-~]( ?[!-~]){0,99}$")]
    url: Annotated[
        str,
        Field(
            max_length=URL_LENGTH_MAX,
            pattern=r"^https?://[!-~]+$",
            description="https on port 443, to the open network; no user in it and no fragment.",
            examples=["https://hooks.example.com/guerdon"],
            json_schema_extra={"format": "webhook-url"},
        ),
    ]
    types: Annotated[list[TypeName], Field(max_length=len(CHOICES), description="Empty: all.")] = Field(
        default_factory=list
    )


class Disabling(Given):
    """Why nothing is sent there for now."""

    reason: Text


class Webhook(Told):
    """An endpoint, and how it is doing. `rotating_until`: until then the secret before is signed by, too."""

    id: WebhookId
    name: str
    url: str
    types: list[str]
    state: EndpointState
    reason: str
    created_at: Instant
    rotating_until: Instant | None
    waiting: int = Field(description="What waits to be sent or sent again.")
    dead: int = Field(description="What was given up; it can be sent again.")
    behind_since: Instant | None = Field(description="When the oldest that waits was written down.")
    failures: int = Field(description="Attempts that failed since one was taken.")
    failing_since: Instant | None
    hold_until: Instant | None = Field(description="It asked for less: nothing is sent before.")
    last_status: int | None = Field(description="What was answered to the last attempt that failed.")
    last_reason: str = Field(description="Why that attempt failed, in a word.")


class Webhooks(Told):
    """All endpoints."""

    webhooks: list[Webhook]


class WebhookSecret(ToldOnce):
    """An endpoint and its secret, told once: who sends the same request again has null, and rotates."""

    id: WebhookId
    secret: str | None = Field(examples=["whsec_..."])

    def kept(self) -> "WebhookSecret":
        """It without the secret."""
        return WebhookSecret(id=self.id, secret=None)


class WebhookDone(Told):
    """What was done, and to how many deliveries."""

    id: WebhookId
    deliveries: int


class WhichDeliveries(Filter):
    """A page of what was told to an endpoint."""

    state: DeliveryState | None = None
    limit: Limit = 50
    after: Cursor | None = None


class Delivery(Told):
    """Something told, and how its last attempt went."""

    id: DeliveryId
    type: str
    state: DeliveryState
    attempts: int
    recorded_at: Instant
    next_at: Instant | None = Field(description="When it is sent next; null where it waits no more.")
    settled_at: Instant | None
    tried_at: Instant | None
    took_ms: int | None
    status: int | None
    reason: str = Field(description="Why the last attempt failed, in a word; empty: it did not.")
    answer: str = Field(description="How the answer began.")


class Deliveries(Told):
    """A page of deliveries, the newest first."""

    webhook: WebhookId
    deliveries: list[Delivery]
    next: Next
