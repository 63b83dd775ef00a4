"""What differs between suppliers' books and ours, and what was done about it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import (
    Cursor,
    DifferenceId,
    Filter,
    Given,
    Instant,
    Limit,
    Name,
    Next,
    OrderId,
    Positive,
    Reason,
    Told,
)

DifferenceKind = Literal[
    "not_with_them",
    "not_with_us",
    "amount",
    "currency",
    "cost",
    "released",
    "undelivered",
    "undecided",
    "twice",
]
DifferenceState = Literal["open", "settled", "healed"]
DoneAbout = Literal["credit_expected", "credit_received", "loss", "mended"]
InCurrency = Annotated[int | None, Field(description="In the smallest part of `currency`.")]


class WhichDifferences(Filter):
    """A page of what differs."""

    state: DifferenceState = "open"
    supplier: Name | None = None
    kind: DifferenceKind | None = None
    limit: Limit = 50
    after: Cursor | None = None


class Difference(Told):
    """Something that differs. `subject`: their number of it, or our key of what they do not have."""

    id: DifferenceId
    supplier: str
    kind: DifferenceKind
    subject: str
    order: OrderId | None
    currency: str = Field(description="Empty where neither book says one.")
    digits: int = Field(description="How many digits stand after the point.")
    ours: InCurrency
    theirs: InCurrency
    stake: Annotated[int, Field(description="What is at stake, in the smallest part of `currency`.")]
    ours_state: str
    their_state: str
    at: Instant
    found_at: Instant
    state: DifferenceState
    done: DoneAbout | None
    done_amount: InCurrency
    reason: str
    settled_by: str | None
    settled_at: Instant | None


class Differences(Told):
    """A page of what differs, the newest first."""

    differences: list[Difference]
    next: Next


class SettlingDifference(Given):
    """What was done about a difference, and why. Without an amount a credit is one of what is at stake."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"done": "loss", "reason": "Their books, and too little to ask"}]}
    )
    done: DoneAbout
    reason: Reason
    amount: Positive | None = None
