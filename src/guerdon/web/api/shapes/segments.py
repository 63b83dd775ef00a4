"""Segments, how large they are, and who is in them."""

from typing import Annotated

from pydantic import Field

from guerdon.web.api.shapes.plain import Cursor, Filter, Instant, Limit, MemberId, Name, Next, Told

SegmentKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="A segment, as the program calls it.",
        examples=["loyal"],
        json_schema_extra={"format": "segment"},
    ),
]


class MarketSize(Told):
    """How many members of a segment there are in a market."""

    market: str
    members: int


class Segment(Told):
    """A segment of the live version; `members` is null while they are counted, or where they are not told."""

    segment: SegmentKey
    name: str
    condition: str
    members: int | None
    markets: list[MarketSize]
    counted_on: str | None = Field(description="The day on which all members were looked at last.")


class Segments(Told):
    """All segments of the live version."""

    segments: list[Segment]


class WhichSegmentMembers(Filter):
    """A page of a segment's members."""

    market: Name | None = None
    limit: Limit = 50
    after: Cursor | None = None


class SegmentMember(Told):
    """A member of a segment, and since when."""

    member: MemberId
    market: str
    location: str | None
    since: Instant


class SegmentMembers(Told):
    """A page of a segment's members, those who joined last first."""

    segment: SegmentKey
    members: list[SegmentMember]
    next: Next
