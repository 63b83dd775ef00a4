"""Sealing the audit: each second, what is new gets its Merkle root, chained to the seal before.

Once an hour the newest seal is told outside of the database. Several workers may do this at once: one seals a
program at a time, and a seal that two would write exists once.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from guerdon.ledger.trail import Anchor, anchor_of, next_seal, write_line
from guerdon.store.database import Connection
from guerdon.store.programs import list_programs
from guerdon.store.proof.seals import (
    count_unsealed,
    hold_seals,
    is_before_now,
    load_last_seal,
    load_unsealed,
    record_anchor,
    record_seal,
    write_instant,
)

ROWS_MAX = 10_000
LATE_AFTER = timedelta(seconds=60)
ANCHORS_FOLDER, ANCHORS = "anchors", "anchors.jsonl"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lag:
    """A program whose audit is sealed too late: how many rows wait, and since when."""

    program_id: int
    rows: int
    since: datetime


def seal_new(db: Connection, now: datetime) -> int:
    """Seal what is new in every program; how many rows."""
    sealed = 0
    for program_id, _ in list_programs(db):
        while (rows := _seal(db, program_id, now)) > 0:
            sealed += rows
            if rows < ROWS_MAX:
                break
    return sealed


def _seal(db: Connection, program_id: int, now: datetime) -> int:
    with db.transaction():
        if not hold_seals(db, program_id):
            return 0
        last = load_last_seal(db, program_id)
        rows = load_unsealed(db, program_id, last, ROWS_MAX)
        if rows:
            # A clock that was set back must not make a seal older than the one before it.
            at = max(write_instant(now), last.sealed_at) if last else write_instant(now)
            record_seal(db, next_seal(last, rows, at))
        return len(rows)


def find_lags(db: Connection, now: datetime) -> list[Lag]:
    """Programs with rows that should have been sealed a minute ago."""
    late = []
    for program_id, key in list_programs(db):
        last = load_last_seal(db, program_id)
        if last is not None and not is_before_now(db, last):
            log.error(
                "the audit of %s was sealed on a copy of this PostgreSQL server that had gone on: rows of"
                " this one cannot be sealed (docs/running.md, Moving to another server)",
                key,
            )
        open_rows = count_unsealed(db, program_id, last)
        if open_rows.oldest_at is not None and now - open_rows.oldest_at > LATE_AFTER:
            late.append(Lag(program_id, open_rows.rows, open_rows.oldest_at))
    return late


def anchor_new(db: Connection, folder: Path, now: datetime) -> list[Anchor]:
    """Tell each program's newest seal outside, once an hour, to a file that only grows; what was told."""
    told = []
    for program_id, _ in list_programs(db):
        with db.transaction():
            last = load_last_seal(db, program_id)
            if last is None:
                continue
            anchor = anchor_of(last, write_instant(now))
            if record_anchor(db, anchor):
                # Before the commit: a line too many is true all the same, one too few is a gap.
                append_anchors(folder, [anchor])
                told.append(anchor)
    return told


def append_anchors(folder: Path, anchors: Sequence[Anchor]) -> None:
    """Add lines to the file of anchors, and have them on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ANCHORS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(descriptor, b"".join(write_line(anchor) + b"\n" for anchor in anchors))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
