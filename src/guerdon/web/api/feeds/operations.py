"""Feeds, for keys of the whole program: a file in a request is read, and applied or left to wait."""

from io import BytesIO
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from guerdon.engine.catalog.applying import NotSettled, accept_sync, drop_sync
from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, NotRead, take_feed
from guerdon.store.catalog import feeds
from guerdon.store.catalog.staged import list_staged
from guerdon.text.feed_rows import wrong_row_in_english
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.ids import cursor_of_number, number_after, number_of, page_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, missing
from guerdon.web.api.shapes.feeds import Feed, FeedName, Feeds, HowRead, Sync, SyncRow, SyncRows, WhichRows
from guerdon.web.api.shapes.plain import SyncId
from guerdon.web.api.versions import whole

router = Router(tags=["feeds"])
FeedPath = Annotated[FeedName, Path(...)]
SyncPath = Annotated[SyncId, Path(...)]
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The feed as it is: CSV, JSON objects in lines, or a JSON array of them; UTF-8.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
# Why a feed is not read, in words.
_NOT_READ = {
    "feed": "This cannot be the key of a feed",
    "catalog": "The program declares no catalog",
    "supplier": "Say who delivers it: an account of the program, `pool` or `manual`",
    "reading": "Somebody else reads this feed",
}


@router.get("/catalog/feeds", response=reads(Feeds, 404), operation_id="list_feeds")
def list_feeds(request: HttpRequest) -> HttpResponse:
    """List all feeds."""
    caller = whole(caller_of(request))
    with reading(request) as tx:
        found = feeds.list_feeds(tx, caller.program_id)
    return told(
        Feeds(
            feeds=[
                Feed(
                    feed=row.key,
                    supplier=row.supplier,
                    items=row.items,
                    generation=row.generation,
                    synced_at=row.synced_at,
                    state=row.state,
                )
                for row in found
            ]
        )
    )


@router.post(
    "/catalog/feeds/{feed}/syncs", response=changes(Sync, 404), operation_id="sync_feed", openapi_extra=FILE
)
def sync_feed(request: HttpRequest, feed: FeedPath, how: Annotated[HowRead, Query(...)]) -> HttpResponse:
    """Read a feed; it is applied unless somebody has to look first."""
    raw = request.body

    def work(doing: Doing) -> Sync:
        whole(doing.caller)
        asked = Asked(feed, doing.caller.name, how.kind, how.supplier, how.wait == "yes")
        ground = Ground(doing.program_id, doing.program, feed, "")
        try:
            return _sync(take_feed(doing.tx, ground, asked, read_feed(BytesIO(raw)), utc_now))
        except NotRead as fault:
            raise Trouble(409, "refused", _NOT_READ[fault.why], reason=fault.why) from None

    return once(request, work)


@router.get("/catalog/syncs/{sync}", response=reads(SyncRows, 404), operation_id="get_sync")
def get_sync(request: HttpRequest, sync: SyncPath, which: Annotated[WhichRows, Query(...)]) -> HttpResponse:
    """Show what became of a reading, and what its rows would do."""
    caller, number = whole(caller_of(request)), number_of("syn", sync)
    with reading(request) as tx:
        found = feeds.load_sync(tx, caller.program_id, number)
        if found is None:
            raise missing()
        after = number_after(which.after) or 0
        rows = list_staged(tx, caller.program_id, number, which.what, after, which.limit + 1)
    page, last = page_of(rows, which.limit)
    listed = [
        SyncRow(
            line=row.line,
            id=row.sku,
            what=row.what,
            problem=row.problem,
            says=wrong_row_in_english(row.problem, row.said),
            item=dict(row.row),
        )
        for row in page
    ]
    return told(
        SyncRows(sync=_sync(found), rows=listed, next=None if last is None else cursor_of_number(last.line))
    )


@router.post("/catalog/syncs/{sync}/accept", response=changes(Sync, 404), operation_id="accept_sync")
def accept(request: HttpRequest, sync: SyncPath) -> HttpResponse:
    """Put what waits into the catalog."""
    return once(request, lambda doing: _settled(doing, sync, accepted=True))


@router.post("/catalog/syncs/{sync}/drop", response=changes(Sync, 404), operation_id="drop_sync")
def drop(request: HttpRequest, sync: SyncPath) -> HttpResponse:
    """Let what waits come to nothing."""
    return once(request, lambda doing: _settled(doing, sync, accepted=False))


def _settled(doing: Doing, sync: str, *, accepted: bool) -> Sync:
    whole(doing.caller)
    settle = accept_sync if accepted else drop_sync
    found = settle(doing.tx, doing.program_id, number_of("syn", sync), doing.caller.name, doing.now)
    if not isinstance(found, NotSettled):
        return _sync(found)
    if found.why == "unknown":
        raise missing()
    detail = "It does not wait any more" if found.why == "state" else "The feed was read anew since"
    raise Trouble(409, "refused", detail, reason=found.why)


def _sync(found: feeds.SyncRow) -> Sync:
    counts = found.counts
    return Sync(
        id=show("syn", found.id),
        feed=found.feed,
        kind=found.kind,
        state=found.state,
        why=found.why,
        said=found.said,
        found=counts.found,
        new=counts.new,
        changed=counts.changed,
        same=counts.same,
        gone=counts.gone,
        wrong=counts.wrong,
        elsewhere=counts.elsewhere,
        pictures=counts.pictures,
        pictures_failed=counts.pictures_failed,
        pictures_left=counts.pictures_left,
        by=found.by,
        settled_by=found.settled_by,
        started_at=found.started_at,
        ended_at=found.ended_at,
    )
