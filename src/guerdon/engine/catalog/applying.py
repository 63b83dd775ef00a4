"""Putting a sync into the catalog, in one transaction: one sees what was before it or what is after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.catalog.feeds import (
    Settled,
    SyncRow,
    hold_feed,
    load_sync,
    lock_feed,
    lock_sync,
    set_feed,
    settle_sync,
)
from guerdon.store.catalog.images import drop_images
from guerdon.store.catalog.indexing import reindex_items
from guerdon.store.catalog.writing import advance_feed, apply_items, apply_offers, apply_slots
from guerdon.store.database import Transaction
from guerdon.values.ids import show


@dataclass(frozen=True, slots=True)
class NotSettled:
    """Why a sync is neither applied nor dropped: there is none, it does not wait, or its feed moved on."""

    why: Literal["unknown", "state", "moved"]


def apply_sync(tx: Transaction, program_id: int, sync_id: int, by: str, now: datetime) -> int:
    """Put a sync in place, and tell the audit; how many items changed."""
    sync, touched, items = put_in_place(tx, program_id, sync_id, by, now)
    counts = sync.counts
    record_audit(
        tx, program_id, by, "catalog.applied", show("syn", sync_id), now,
        feed=sync.feed, kind=sync.kind, new=counts.new, changed=counts.changed, gone=counts.gone,
        wrong=counts.wrong, items=items,
    )  # fmt: skip
    return touched


def put_in_place(
    tx: Transaction, program_id: int, sync_id: int, by: str, now: datetime
) -> tuple[SyncRow, int, int]:
    """Put a sync in place, for whoever tells the audit why; the sync, how many changed and there are."""
    sync = lock_sync(tx, program_id, sync_id)
    assert sync is not None
    generation = sync.base + 1
    touched = apply_items(tx, program_id, sync_id, generation, now)
    items = advance_feed(tx, program_id, sync.feed, generation, now)
    settle_sync(tx, program_id, sync_id, Settled("applied", by=by), now)

    def deliver() -> None:
        apply_offers(tx, program_id, sync_id)
        apply_slots(tx, program_id, sync_id, now)

    if touched:
        reindex_items(tx, program_id, touched, deliver)
        drop_images(tx, program_id, now)
    return sync, len(touched), items


def accept_sync(
    tx: Transaction, program_id: int, sync_id: int, by: str, now: datetime
) -> SyncRow | NotSettled:
    """Apply a sync that waits; not when its feed was read anew since it was compared."""
    found = _waiting(tx, program_id, sync_id)
    if isinstance(found, NotSettled):
        return found
    apply_sync(tx, program_id, sync_id, by, now)
    return _locked(tx, program_id, sync_id)


def drop_sync(
    tx: Transaction, program_id: int, sync_id: int, by: str, now: datetime, reason: str = ""
) -> SyncRow | NotSettled:
    """Let a sync that waits come to nothing, for a reason where somebody gave one."""
    found = _waiting(tx, program_id, sync_id)
    if isinstance(found, NotSettled) and found.why != "moved":
        return found
    sync = _locked(tx, program_id, sync_id)
    settle_sync(tx, program_id, sync_id, Settled("dropped", sync.why or "dropped", reason, by), now)
    set_feed(tx, program_id, sync.feed, "dropped")
    record_audit(
        tx, program_id, by, "catalog.dropped", show("syn", sync_id), now, reason=reason, feed=sync.feed
    )
    return _locked(tx, program_id, sync_id)


def _waiting(tx: Transaction, program_id: int, sync_id: int) -> SyncRow | NotSettled:
    told = load_sync(tx, program_id, sync_id)
    if told is None:
        return NotSettled("unknown")
    # Whoever begins to read the feed holds it before its syncs, so everybody does.
    hold_feed(tx, program_id, told.feed)
    sync = _locked(tx, program_id, sync_id)
    if sync.state != "staged":
        return NotSettled("state")
    feed = lock_feed(tx, program_id, sync.feed)
    return sync if feed is not None and feed.generation == sync.base else NotSettled("moved")


def _locked(tx: Transaction, program_id: int, sync_id: int) -> SyncRow:
    sync = lock_sync(tx, program_id, sync_id)
    assert sync is not None
    return sync
