"""Erasing a member, and how that stands."""

from typing import Literal

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import Given, Instant, MemberId, Reason, Told

ErasureState = Literal["waiting", "done"]


class ErasureAsked(Given):
    """Why somebody is to be erased; the audit keeps it, so it says nothing of who they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Asked for by letter"}]})

    reason: Reason


class Erasure(Told):
    """A request to erase a member: when it was made and done, and the hash of its certificate in hex."""

    member: MemberId
    state: ErasureState
    asked_at: Instant
    done_at: Instant | None
    orders_under_way: int = Field(ge=0, description="Orders that it waits for", examples=[0])
    certificate_sha: str | None = Field(
        pattern="^[0-9a-f]{64}$", description="Stands in the audit row of the erasure", examples=["3f" * 32]
    )
