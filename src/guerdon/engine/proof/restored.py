"""What is asked of a restored database before the service opens: its books, its audit, who was erased since.

A backup from before an erasure would bring the person back; so erasures are replayed first, from tombstones
that lie outside of the database (engine/privacy/tombstones).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.privacy.forgetting import RESTORED, Wish, forget
from guerdon.engine.privacy.tombstones import Buried, Graveyard, find_buried
from guerdon.ledger.trail import Anchor, check_trail
from guerdon.queries.invariants import check_invariants
from guerdon.queries.proof.trail import check_decisions, read_trail, stand_still
from guerdon.store.database import Connection, transaction
from guerdon.store.privacy.erasures import list_all_enrolled
from guerdon.store.privacy.forgetting import count_known
from guerdon.store.programs import list_programs

SET = 5_000


@dataclass(frozen=True, slots=True)
class Restored:
    """What was found: per program its audit rows and seals, and all that is wrong."""

    programs: tuple[tuple[str, int, int], ...]
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of tombstones: members erased again, erased already, and not in this backup.

    `foreign`: keys of programs that are not in it, each with how many tombstones it has.
    """

    erased: int = 0
    already: int = 0
    unknown: int = 0
    foreign: tuple[tuple[str, int], ...] = ()


def replay_erasures(db: Connection, graveyard: Graveyard, buried: Buried, now: datetime) -> Replayed:
    """Erase again whom the database still knows, a commit a set; once more changes nothing."""
    programs = {key: program_id for program_id, key in list_programs(db)}
    again = Wish(RESTORED, "restored", buried=True)
    erased = already = unknown = 0
    for key, marks in buried.marks.items():
        if key not in programs:
            continue
        found = known = 0
        after: int | None = 0
        while after is not None:
            with transaction(db, programs[key]) as tx:
                members = list_all_enrolled(tx, programs[key], after, SET)
                theirs = find_buried(graveyard.vault, key, marks, members)
                found += len(theirs)
                known += forget(tx, graveyard, programs[key], theirs, now, again)
                after = members[-1][0] if len(members) == SET else None
        erased += known
        already += found - known
        unknown += len(marks) - found
    foreign = [(key, len(marks)) for key, marks in buried.marks.items() if key not in programs]
    return Replayed(erased, already, unknown, tuple(sorted(foreign)))


def check_erased(db: Connection, graveyard: Graveyard, buried: Buried) -> list[str]:
    """What is left of people who have a tombstone, by program: nothing, when all is right."""
    wrong = []
    for program_id, key in list_programs(db):
        marks, after = buried.marks.get(key, {}), 0
        while marks:
            with transaction(db, program_id) as tx:
                members = list_all_enrolled(tx, program_id, after, SET)
                left = count_known(tx, program_id, find_buried(graveyard.vault, key, marks, members))
            if left:
                wrong.append(f"{key}: {left} of those who were erased are known still")
            if len(members) < SET:
                break
            after = members[-1][0]
    return wrong


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
