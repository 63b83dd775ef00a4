"""Taking a file: its sets one by one, each in a commit of its own; or rehearsing it, which writes nothing.

A file that is taken twice, or again after its taker was killed, counts nothing twice: every row has its key.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.engine.arrivals import OWN_API, Arrival
from guerdon.engine.drops.sets import DropSet, Mistake, Unfit
from guerdon.engine.intake import Delivery, Kept, keep_sealed, seal_deliveries
from guerdon.engine.process import POISON
from guerdon.queries.drops.known import find_known
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.drops.taken import DropRow, record_drop
from guerdon.store.sealing import Vault

FIRST_MAX = 20
Note = Callable[[Sequence[Mistake]], None]


@dataclass(slots=True)
class Tally:
    """What became of a file's rows; `first` are the first mistakes of all."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    wrong: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first: list[Mistake] = field(default_factory=list)
    failure: Mistake | None = None

    def add(self, read: DropSet, kept: Kept) -> None:
        """Count a set."""
        self.rows += read.rows
        self.accepted += kept.accepted
        self.duplicates += kept.duplicates
        self.quarantined += kept.quarantined
        self.wrong += read.wrong
        self.told(read.mistakes)

    def told(self, mistakes: Sequence[Mistake]) -> None:
        """Count mistakes, and keep the first of them."""
        self.reasons.update(each.reason for each in mistakes)
        self.first += mistakes[: FIRST_MAX - len(self.first)]


@dataclass(frozen=True, slots=True)
class Taking:
    """Which file is taken, by whom; `sha` is that of its bytes."""

    program_id: int
    drop: str
    file: str
    sha: bytes
    by: str


def take(
    db: Connection,
    vault: Vault,
    taking: Taking,
    sets: Iterator[DropSet],
    clock: Callable[[], datetime],
    note: Note,
) -> Tally:
    """Take a file, set by set; what is wrong is handed to `note` as it is found."""
    tally = Tally()
    for read in _until_unfit(sets, tally, note):
        delivery = [Delivery(OWN_API, read.body, read.arrivals)] if read.arrivals else []
        sealed = seal_deliveries(vault, taking.program_id, delivery)
        with transaction(db, taking.program_id) as tx:
            kept = keep_sealed(tx, taking.program_id, delivery, sealed, clock())
        _count(read, kept, tally, note)
    with transaction(db, taking.program_id) as tx:
        remember(tx, taking, tally, clock())
    return tally


def take_at_once(
    tx: Transaction, vault: Vault, taking: Taking, sets: Iterator[DropSet], now: datetime
) -> Tally:
    """Take a small file within a commit that holds something else, too: all of it or nothing."""
    tally = Tally()
    for read in _until_unfit(sets, tally, _nobody):
        delivery = [Delivery(OWN_API, read.body, read.arrivals)] if read.arrivals else []
        sealed = seal_deliveries(vault, taking.program_id, delivery)
        _count(read, keep_sealed(tx, taking.program_id, delivery, sealed, now), tally, _nobody)
    remember(tx, taking, tally, now)
    return tally


def rehearse(tx: Transaction, program_id: int, sets: Iterator[DropSet]) -> Tally:
    """What would come of a file, were it taken now; nothing is written."""
    tally = Tally()
    with closing(_Seen()) as seen:
        for read in _until_unfit(sets, tally, _nobody):
            known = find_known(tx, program_id, [each.key for each in read.arrivals])
            said = Counter(seen.verdict(each, known.get(each.key)) for each in read.arrivals)
            tally.add(read, Kept(said["accepted"], said["duplicate"], said["reused"]))
    return tally


def remember(tx: Transaction, taking: Taking, tally: Tally, now: datetime) -> None:
    """Remember what was taken, and tell the audit."""
    failure = "" if tally.failure is None else f"line {tally.failure.line}: {tally.failure.what}"[:500]
    row = DropRow(
        *(taking.drop, taking.file[:200], taking.sha, tally.rows, tally.accepted, tally.duplicates),
        *(tally.quarantined, tally.wrong, failure, taking.by, now),
    )
    record_drop(tx, taking.program_id, row)
    record_audit(
        *(tx, taking.program_id, taking.by, "drop.taken", taking.drop, now),
        sha=taking.sha.hex(), rows=tally.rows, accepted=tally.accepted, wrong=tally.wrong,
    )  # fmt: skip


def _until_unfit(sets: Iterator[DropSet], tally: Tally, note: Note) -> Iterator[DropSet]:
    """The sets; where the file cannot be read further, what was read stands and the rest is a mistake."""
    try:
        yield from sets
    except Unfit as fault:
        found = fault.mistake
    except POISON as fault:
        found = Unfit(tally.rows + 1, f"{type(fault).__name__}: {fault}"[:200], "send the file again").mistake
    else:
        return
    tally.failure = found
    tally.told([found])
    note([found])


def _count(read: DropSet, kept: Sequence[Kept], tally: Tally, note: Note) -> None:
    tally.add(read, kept[0] if kept else Kept(0, 0, 0))
    if read.mistakes:
        note(read.mistakes)


def _nobody(_: Sequence[Mistake]) -> None:
    """Nobody writes mistakes down; the first are told."""


class _Seen:
    """Which keys this file had before, on disk: a file may have millions."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("create table seen (key text primary key, hash integer) without rowid")

    def verdict(self, each: Arrival, known: int | None) -> str:
        """What the door would say of an event."""
        before = known
        if before is None:
            found = self._db.execute("select hash from seen where key = ?", (each.key,)).fetchone()
            before = found[0] if found else None
        if before is None:
            self._db.execute("insert into seen values (?, ?)", (each.key, each.payload_hash))
            return "accepted"
        return "duplicate" if before == each.payload_hash else "reused"

    def close(self) -> None:
        """Let go of it."""
        self._db.close()
