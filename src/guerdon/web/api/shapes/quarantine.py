"""What was set apart, and what is done with it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from guerdon.web.api.shapes.plain import (
    Cursor,
    Filter,
    Given,
    Instant,
    Limit,
    Next,
    ParkedId,
    Reason,
    Told,
)

Means = Literal["event", "unusable", "ignored"]
SettledAs = Literal["retried", "put_away"]
ReasonWord = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$", description="Why it was set apart.")]
ConnectionName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="The way it came in: api, or a connection's key."),
]


class WhichParked(Filter):
    """A page of what stands in quarantine."""

    reason: ReasonWord | None = None
    connection: ConnectionName | None = None
    limit: Limit = 50
    after: Cursor | None = None


class Parked(Told):
    """Something set apart. Settled, it was tried again or put away; `tries`: how often before."""

    id: ParkedId
    connection: str
    external_id: str | None = Field(description="The id its sender gave it.")
    reason: str
    detail: str
    recorded_at: Instant
    settled_at: Instant | None
    settled_as: SettledAs | None
    settled_by: str | None
    settled_for: str = Field(description="Why it was put away.")
    can_be_retried: bool
    tries: int


class Quarantine(Told):
    """A page of what stands in quarantine, the newest first."""

    rows: list[Parked]
    next: Next


class ParkedOne(Told):
    """One, as it came, its values masked; and what it means to the live version's mapping now."""

    row: Parked
    raw: str | None = Field(description="As it came, without what may be somebody's; null: not kept.")
    meaning: Means | None
    type: str | None = Field(description="Which event it would be.")
    why: str | None = Field(description="Why it cannot be used.")
    again: ParkedId | None = Field(description="Where it stood next, when it was set apart again.")


class Choice(Given):
    """All of a reason, a connection, or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "unmapped_value"}]})
    reason: ReasonWord | None = None
    connection: ConnectionName | None = None
    up_to: ParkedId | None = Field(
        None, description="Nothing set apart after this one: the `up_to` of the answer before."
    )

    @model_validator(mode="after")
    def _chosen(self) -> "Choice":
        if self.reason is None and self.connection is None:
            raise ValueError("name a reason, a connection, or both")
        return self


class PuttingAway(Given):
    """Why one is put away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"why": "A test of theirs"}]})

    why: Reason


class PuttingAll(Choice):
    """Which are put away, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"connection": "hubspot_eu", "why": "A test of theirs"}]}
    )

    why: Reason


class Settling(Told):
    """What was settled, so many at once; `more`: ask again, with `up_to`, for the rest."""

    settled: int
    again: int = Field(description="Of them, set apart again at once.")
    more: bool
    up_to: ParkedId | None
