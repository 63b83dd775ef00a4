"""Operations on segments: how large they are, and who is in them."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from guerdon.queries.segments import list_segment_members, list_standings, load_sizes, total
from guerdon.values.ids import show
from guerdon.values.texts import text_in
from guerdon.web.api.answers import reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.ids import cursor_of_number, number_after, page_of
from guerdon.web.api.problems import missing
from guerdon.web.api.shapes.segments import (
    MarketSize,
    Segment,
    SegmentKey,
    SegmentMember,
    SegmentMembers,
    Segments,
    WhichSegmentMembers,
)

router = Router(tags=["segments"])
SegmentPath = Annotated[SegmentKey, Path(...)]
LANGUAGE = "en"


@router.get("/segments", response=reads(Segments), operation_id="list_segments")
def list_segments(request: HttpRequest) -> HttpResponse:
    """List the segments of the live version, with how many members are in each."""
    caller = caller_of(request)
    with reading(request) as tx:
        standings, sizes = list_standings(tx), load_sizes(tx)
    found = []
    for key, segment in caller.program.segments.items():
        standing, of = standings.get(key), sizes.get(key, {})
        # Sizes are by market: a key of one location is told none.
        known = standing is not None and standing.built_at is not None and not caller.place.locations
        found.append(
            Segment(
                segment=key,
                name=text_in(segment.name, LANGUAGE),
                condition=segment.condition_text,
                members=total(of) if known else None,
                markets=[MarketSize(market=at, members=n) for at, n in sorted(of.items()) if n and known],
                counted_on=str(standing.recounted_on) if standing and standing.recounted_on else None,
            )
        )
    return told(Segments(segments=found))


@router.get(
    "/segments/{segment}/members", response=reads(SegmentMembers, 404), operation_id="list_segment_members"
)
def list_members_of(
    request: HttpRequest, segment: SegmentPath, which: Annotated[WhichSegmentMembers, Query(...)]
) -> HttpResponse:
    """List who is in a segment."""
    if segment not in caller_of(request).program.segments:
        raise missing()
    with reading(request) as tx:
        found = list_segment_members(tx, segment, which.limit + 1, number_after(which.after), which.market)
    rows, last = page_of(found, which.limit)
    return told(
        SegmentMembers(
            segment=segment,
            members=[
                SegmentMember(
                    member=show("mem", row.member_id),
                    market=row.market,
                    location=row.location,
                    since=row.since,
                )
                for row in rows
            ],
            next=None if last is None else cursor_of_number(last.member_id),
        )
    )
