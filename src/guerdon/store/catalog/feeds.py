"""Feeds of the catalog and their syncs: one at a time for each feed, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from guerdon.store.database import Transaction

SyncKind = Literal["full", "delta"]
SyncState = Literal["reading", "staged", "applied", "refused", "dropped"]
# Locks of ours: a space of numbers of its own.
CLAIMS = 1_735_200_000
FeedState = Literal["new", "reading", "staged", "applied", "refused", "dropped"]


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed: who delivers what it lists, how often it was applied, and how many items of it there are."""

    key: str
    supplier: str
    generation: int
    items: int
    synced_at: datetime | None
    state: FeedState


@dataclass(frozen=True, slots=True)
class Counts:
    """What the rows of a sync are; those for elsewhere were not looked at."""

    found: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    wrong: int = 0
    elsewhere: int = 0
    # Items whose picture was fetched, did not come, or is left to the next reading.
    pictures: int = 0
    pictures_failed: int = 0
    pictures_left: int = 0


@dataclass(frozen=True, slots=True)
class SyncRow:
    """A reading of a feed, and what became of it."""

    id: int
    feed: str
    kind: SyncKind
    state: SyncState
    base: int
    by: str
    started_at: datetime
    beat_at: datetime
    counts: Counts = field(default_factory=Counts)
    why: str = ""
    said: str = ""
    settled_by: str | None = None
    ended_at: datetime | None = None


def record_feed(tx: Transaction, program_id: int, key: str, supplier: str) -> FeedRow:
    """A feed, made where it is new, and locked until the end of the transaction."""
    tx.execute(
        "insert into catalog_feeds (program_id, key, supplier) values (%s, %s, %s) on conflict do nothing",
        (program_id, key, supplier),
    )
    found = lock_feed(tx, program_id, key)
    assert found is not None
    return found


def claim_feed(tx: Transaction, program_id: int, key: str) -> bool:
    """Be the one who begins a sync of a feed, until the end of the transaction; False: another is."""
    row = tx.execute(
        "select pg_try_advisory_xact_lock(%s, hashtext(%s))", (CLAIMS + program_id, key)
    ).fetchone()
    assert row is not None
    return bool(row[0])


def hold_feed(tx: Transaction, program_id: int, key: str) -> None:
    """Keep others from beginning a sync of a feed until the end of the transaction; wait for one who does."""
    tx.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", (CLAIMS + program_id, key))


def lock_feed(tx: Transaction, program_id: int, key: str) -> FeedRow | None:
    """A feed, locked until the end of the transaction."""
    row = tx.execute(
        """
        select key, supplier, generation, items, synced_at, state from catalog_feeds
        where program_id = %s and key = %s for update
        """,
        (program_id, key),
    ).fetchone()
    return None if row is None else FeedRow(*row)


def list_feeds(tx: Transaction, program_id: int) -> list[FeedRow]:
    """All feeds, by their keys."""
    rows = tx.execute(
        """
        select key, supplier, generation, items, synced_at, state from catalog_feeds
        where program_id = %s order by key
        """,
        (program_id,),
    ).fetchall()
    return [FeedRow(*row) for row in rows]


def set_feed(
    tx: Transaction, program_id: int, key: str, state: FeedState, supplier: str | None = None
) -> None:
    """Say what became of the latest sync of a feed, and who delivers it where that changed."""
    tx.execute(
        """
        update catalog_feeds set state = %s, supplier = coalesce(%s, supplier)
        where program_id = %s and key = %s
        """,
        (state, supplier, program_id, key),
    )


def record_sync(
    tx: Transaction, program_id: int, feed: FeedRow, kind: SyncKind, by: str, at: datetime
) -> int:
    """Begin a sync; its number. There may be no other that is read or waits."""
    row = tx.execute(
        """
        insert into catalog_syncs (program_id, feed, kind, base, by, started_at, beat_at)
        values (%s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (program_id, feed.key, kind, feed.generation, by, at, at),
    ).fetchone()
    assert row is not None
    return int(row[0])


def load_sync(tx: Transaction, program_id: int, sync_id: int) -> SyncRow | None:
    """A sync by its number."""
    return _first(
        tx.execute(
            """
            select id, feed, kind, state, base, by, started_at, beat_at, found, new, changed, same, gone,
                   wrong, elsewhere, pictures, pictures_failed, pictures_left, why, said, settled_by,
                   ended_at
            from catalog_syncs where program_id = %s and id = %s
            """,
            (program_id, sync_id),
        ).fetchall()
    )


def lock_sync(tx: Transaction, program_id: int, sync_id: int) -> SyncRow | None:
    """The same, locked until the end of the transaction."""
    return _first(
        tx.execute(
            """
            select id, feed, kind, state, base, by, started_at, beat_at, found, new, changed, same, gone,
                   wrong, elsewhere, pictures, pictures_failed, pictures_left, why, said, settled_by,
                   ended_at
            from catalog_syncs where program_id = %s and id = %s for update
            """,
            (program_id, sync_id),
        ).fetchall()
    )


def find_open_sync(tx: Transaction, program_id: int, feed: str) -> SyncRow | None:
    """The sync of a feed that is read or waits, locked."""
    return _first(
        tx.execute(
            """
            select id, feed, kind, state, base, by, started_at, beat_at, found, new, changed, same, gone,
                   wrong, elsewhere, pictures, pictures_failed, pictures_left, why, said, settled_by,
                   ended_at
            from catalog_syncs where program_id = %s and feed = %s and state in ('reading',
            'staged') for update
            """,
            (program_id, feed),
        ).fetchall()
    )


def list_syncs(tx: Transaction, program_id: int, feed: str, limit: int) -> list[SyncRow]:
    """The latest syncs of a feed, the newest first."""
    rows = tx.execute(
        """
        select id, feed, kind, state, base, by, started_at, beat_at, found, new, changed, same, gone, wrong,
               elsewhere, pictures, pictures_failed, pictures_left, why, said, settled_by, ended_at
        from catalog_syncs where program_id = %s and feed = %s order by id desc limit %s
        """,
        (program_id, feed, limit),
    ).fetchall()
    return [_sync(row) for row in rows]


def beat(tx: Transaction, program_id: int, sync_id: int, counts: Counts, at: datetime) -> bool:
    """Count what was read by now; False when the sync is not read any more."""
    moved = tx.execute(
        """
        update catalog_syncs set found = %s, new = %s, changed = %s, same = %s, wrong = %s, gone = %s,
        elsewhere = %s, pictures = %s, pictures_failed = %s, pictures_left = %s, beat_at = %s
        where program_id = %s and id = %s and state = 'reading'
        """,
        (
            *(counts.found, counts.new, counts.changed, counts.same, counts.wrong, counts.gone),
            *(counts.elsewhere, counts.pictures, counts.pictures_failed, counts.pictures_left),
            *(at, program_id, sync_id),
        ),
    )
    return moved.rowcount == 1


@dataclass(frozen=True, slots=True)
class Settled:
    """What a sync came to, and by whom, where somebody said so."""

    state: SyncState
    why: str = ""
    said: str = ""
    by: str | None = None


def settle_sync(tx: Transaction, program_id: int, sync_id: int, settled: Settled, at: datetime) -> None:
    """Say what a sync came to; one that waits for a person has not ended."""
    ended = None if settled.state == "staged" else at
    tx.execute(
        """
        update catalog_syncs
        set state = %s, why = case when %s = '' then why else %s end,
        said = case when %s = '' then said else %s end,
            settled_by = %s, ended_at = %s
        where program_id = %s and id = %s
        """,
        (
            *(settled.state, settled.why, settled.why, settled.said, settled.said, settled.by, ended),
            *(program_id, sync_id),
        ),
    )


def is_silent(sync: SyncRow, now: datetime, after: timedelta) -> bool:
    """Whether nobody reads a sync any more, for all that is known."""
    return sync.state == "reading" and now - sync.beat_at > after


def _first(rows: Sequence[Sequence[Any]]) -> SyncRow | None:
    return _sync(rows[0]) if rows else None


def _sync(row: Sequence[Any]) -> SyncRow:
    return SyncRow(*[*row[:8], Counts(*row[8:18]), *row[18:]])
