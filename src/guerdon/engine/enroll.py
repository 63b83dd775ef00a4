"""Enrolling members from a file: checked row by row, written set by set, and their waiting events let go.

A wrong row is reported with its line and the others stand. Told twice, a member is brought up to date,
not doubled; one who asked to be forgotten is reported, and not brought back by an old file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from guerdon.engine.files.members import Candidate, read_members_file
from guerdon.engine.files.refusing import refused
from guerdon.engine.sessions.said import as_said
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.inbox import release_waiting
from guerdon.store.members import Enrollment, SubjectKey, find_member_ids, next_member_ids, record_members
from guerdon.store.persons import record_persons, seal_person
from guerdon.store.privacy.forgetting import find_forgotten
from guerdon.store.sealing import Vault
from guerdon.values.problems import Problem

SET_SIZE = 5_000


@dataclass(slots=True)
class Enrolled:
    """What an import did; `repeated` are lines of members that stood further up, of whom the last counts."""

    enrolled: int = 0
    updated: int = 0
    released: int = 0
    problems: list[Problem] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)


def enroll_members(
    db: Connection, vault: Vault, program: tuple[int, Program], lines: Iterable[str], now: datetime
) -> Enrolled:
    """Read a members file and write it, `SET_SIZE` rows to a commit."""
    program_id, declared = program
    done = Enrolled()
    rows = read_members(declared, lines, done.problems, done.repeated)
    while some := list(islice(rows, SET_SIZE)):
        _enroll_set(db, vault, program_id, some, now, done)
    with transaction(db, program_id):
        # Once more after all commits: an event may have begun to wait while its contact was being written.
        done.released += release_waiting(db, program_id)
        if done.enrolled or done.updated:
            db.execute("select pg_notify('guerdon_inbox', '')")
    return done


def _enroll_set(
    db: Connection, vault: Vault, program_id: int, some: Sequence[Candidate], now: datetime, done: Enrolled
) -> None:
    with transaction(db, program_id) as tx:
        tx.execute("select pg_advisory_xact_lock(1735289448, %s)", (program_id,))
        latest, known = sort_out(tx, program_id, some, done.problems)
        if not latest:
            return
        new = write_members(tx, vault, program_id, (latest, known), now)
        done.released += release_waiting(tx, program_id)
        record_audit(
            tx, program_id, "import", "members.enrolled", "members", now, new=new, updated=len(known)
        )
    done.enrolled += new
    done.updated += len(known)


def write_members(
    tx: Transaction,
    vault: Vault,
    program_id: int,
    rows: tuple[Mapping[SubjectKey, Candidate], Mapping[SubjectKey, int]],
    now: datetime,
) -> int:
    """Write rows, with the ids of those we know (as `sort_out` gives both); how many are new."""
    latest, known = rows
    new = [key for key in latest if key not in known]
    ids = {**known, **dict(zip(new, next_member_ids(tx, len(new)), strict=True))}
    # What members changed themselves meanwhile is newer than a file that says what was before.
    said = as_said(tx, vault, program_id, {ids[key]: latest[key] for key in known if key in latest})
    latest = {key: said.get(ids[key], one) for key, one in latest.items()}
    record_members(
        tx,
        program_id,
        [
            Enrollment(ids[key], c.source, c.external_id, c.market, c.language, c.location, c.attributes)
            for key, c in latest.items()
        ],
        now,
    )
    record_persons(
        tx, program_id, [seal_person(vault, program_id, ids[key], c.person) for key, c in latest.items()]
    )
    return len(new)


def sort_out(
    tx: Transaction, program_id: int, some: Sequence[Candidate], problems: list[Problem]
) -> tuple[dict[SubjectKey, Candidate], dict[SubjectKey, int]]:
    """The rows that are taken, one a member, and the ids of those we know; who was forgotten is noted."""
    latest = {(c.source, c.external_id): c for c in some}
    forgotten = sorted(find_forgotten(tx, program_id, list(latest)))
    problems += [refused("external_id", latest.pop(key).line, "forgotten") for key in forgotten]
    found = find_member_ids(tx, program_id, list(latest)) if latest else {}
    # Of several rows of one member the last one says who that is.
    last = {found[key]: key for key in sorted(found, key=lambda key: latest[key].line)}
    known = {key: member_id for member_id, key in last.items()}
    return {key: c for key, c in latest.items() if key in known or key not in found}, known


def read_members(
    program: Program, lines: Iterable[str], problems: list[Problem], repeated: list[int]
) -> Iterator[Candidate]:
    """The rows that can be enrolled; what is wrong with the others, and who stands twice, is noted."""
    seen = set()
    for read in read_members_file(program, lines):
        if not isinstance(read, Candidate):
            problems += read
            continue
        key = (read.source, read.external_id)
        if key in seen:
            repeated.append(read.line)
        seen.add(key)
        yield read
