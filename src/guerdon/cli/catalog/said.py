"""What became of a feed, as the command line says it."""

from collections.abc import Mapping

from guerdon.store.catalog.feeds import SyncRow
from guerdon.values.ids import show

# Why a feed is not read at all, or a sync is not settled.
REASONS: Mapping[str, str] = {
    "feed": "{said!r} cannot be the key of a feed; write it like cards, at most 40 letters",
    "catalog": "the program {said} declares no `catalog`, so it has no categories for items",
    "supplier": "who delivers it ({said!r})? name one of the program's suppliers, pool or manual",
    "reading": "it is being read by somebody else ({said})",
    "lists": "the account {said} lists no items",
    "unknown": "there is no such reading",
    "state": "it does not wait any more",
    "moved": "the feed was read anew since; read it again",
}
# Why a sync waits, or came to nothing.
WHY: Mapping[str, str] = {
    "empty": "no row of it is good, and all of the feed would be gone",
    "wrong": "more than 5 of 100 rows are wrong",
    "gone": "more than 30 of 100 items of the feed would be gone, or lose something",
    "preview": "as it was asked to",
    "cut": "it is cut off",
    "form": "it is neither a CSV nor JSON as it should be",
    "encoding": "it is not UTF-8",
    "large": "it is too large",
    "newer": "a newer reading took its place",
    "silent": "its reader died",
    "fault": "reading broke off",
    "shut": "the supplier lets nobody in",
    "stopped": "the worker was told to stop",
    "taken": "another reader took its place",
}


def told(sync: SyncRow) -> str:
    """What a sync came to, in one line."""
    counts = sync.counts
    rows = (
        f"{counts.found} rows: {counts.new} new, {counts.changed} changed, {counts.same} the same,"
        f" {counts.gone} gone, {counts.wrong} wrong"
    )
    missing = counts.pictures_failed + counts.pictures_left
    rows += f", {missing} without their picture" if missing else ""
    why = WHY.get(sync.why, sync.why) + (f" ({sync.said})" if sync.said else "")
    ends = {
        "applied": "it is in the catalog",
        "staged": f"it waits: {why}",
        "refused": f"it was not read to its end: {why}; the catalog is as it was",
        "dropped": f"it was dropped: {why}",
        "reading": "it is being read",
    }
    return f"{show('syn', sync.id)}: {rows}; {ends[sync.state]}"
