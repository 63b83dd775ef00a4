"""What the house remembers, as a program's row says: what is counted in which zone's days, and what is held.

A batch reads it under a lock before it adds, and whoever makes some of it anew holds the row for itself: so
what is made of the events there are, and what batches add after it, are all there is.
"""

from typing import LiteralString, NamedTuple

from guerdon.store.database import Transaction

_FIND: LiteralString = (
    "select counted, counted_in, held, watched from programs where program_id = %(program)s"
)
# Before the row, the lock that announcing takes with each event: who subscribes takes them in this order too.
_LOCK: LiteralString = """
    select p.counted, p.counted_in, p.held, p.watched
    from programs p, (select pg_advisory_xact_lock_shared(1735289457, %(program)s)) l
    where p.program_id = %(program)s for share of p
"""
_HOLD: LiteralString = _FIND + " for no key update"


class Kept(NamedTuple):
    """What is counted, in which zone (none yet: empty); marks of kinds of holdings; what segments watch."""

    counted: frozenset[str] = frozenset()
    zone: str = ""
    held: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()


def lock_kept(tx: Transaction, program_id: int) -> Kept:
    """It, none of which can change until this transaction ends."""
    return _read(tx, program_id, _LOCK)


def hold_kept(tx: Transaction, program_id: int) -> Kept:
    """It, for whoever changes it: waits for the batches that are running, and those that come wait."""
    return _read(tx, program_id, _HOLD)


def find_kept(tx: Transaction, program_id: int) -> Kept:
    """It, for whoever only looks."""
    return _read(tx, program_id, _FIND)


def record_kept(tx: Transaction, program_id: int, kept: Kept, version: int) -> None:
    """Keep what is counted, in which zone, and by which declarations things are held; and whose these are."""
    tx.execute(
        "update programs set counted = %s, counted_in = %s, held = %s, kept_by = %s where program_id = %s",
        (sorted(kept.counted), kept.zone, sorted(kept.held), version, program_id),
    )


def _read(tx: Transaction, program_id: int, question: LiteralString) -> Kept:
    row = tx.execute(question, {"program": program_id}, prepare=True).fetchone()
    if row is None:
        return Kept()
    return Kept(frozenset(row[0]), row[1], frozenset(row[2]), frozenset(row[3]))
