"""What is asked of a restored database before the service opens: its books, its audit, who was erased since.

A backup from before an erasure would bring the person back; so erasures are replayed first, from a list that
lies outside of the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from guerdon.ledger.trail import Anchor, check_trail
from guerdon.queries.invariants import check_invariants
from guerdon.queries.proof.trail import check_decisions, read_trail, stand_still
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import list_programs

TOMBSTONES = "tombstones.jsonl"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was found: per program its audit rows and seals, and all that is wrong."""

    programs: tuple[tuple[str, int, int], ...]
    wrong: tuple[str, ...]


def replay_erasures(home: Path) -> str | None:
    """Erase again whom the backup still knew; why that cannot be done, or None.

    Nothing erases yet. A list that lies there was written by a version that does, and is not passed over.
    """
    listed = home / TOMBSTONES
    if listed.exists() and listed.read_text(encoding="utf-8").strip():
        return f"{listed} lists erasures, and this version of Guerdon cannot replay them"
    return None


def check_restored(db: Connection, anchors: Sequence[Anchor], until: datetime) -> Restored:
    """Check all programs of a restored database: invariants, seals, decisions, and what was told outside."""
    programs, wrong = [], []
    told_by_then = [anchor for anchor in anchors if datetime.fromisoformat(anchor.at) <= until]
    for program_id, key in list_programs(db):
        with transaction(db, program_id) as tx:
            wrong += [f"{key}: {problem}" for problem in check_invariants(tx)]
            problem = check_decisions(tx, program_id)
        with db.transaction():
            stand_still(db)
            of_it = [anchor for anchor in told_by_then if anchor.program == program_id]
            done = check_trail(read_trail(db, program_id, key, until), of_it)
        wrong += [f"{key}: {each}" for each in (problem, done.wrong) if each]
        programs.append((key, done.rows, done.seals))
    return Restored(tuple(programs), tuple(wrong))
