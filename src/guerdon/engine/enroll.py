"""Enrolling members from a file: checked row by row, written set by set, and their waiting events let go.

A wrong row is reported with its line and the others stand. Told twice, a member is brought up to date,
not doubled.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import msgspec

from guerdon.program.fields import read_field
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, transaction
from guerdon.store.inbox import release_waiting
from guerdon.store.members import Enrollment, find_member_ids, next_member_ids, record_members
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.store.sealing import Vault
from guerdon.values.problems import Problem, did_you_mean
from guerdon.values.texts import LANGUAGES

SET_SIZE = 5_000
REQUIRED = ("external_source", "external_id", "market")
OPTIONAL = ("name", "email", "phone", "language", "location")
CELL_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Candidate:
    """A checked row of the file."""

    source: str
    external_id: str
    market: str
    language: str
    location: str | None
    attributes: str
    person: Person


@dataclass(slots=True)
class Enrolled:
    """What an import did."""

    enrolled: int = 0
    updated: int = 0
    released: int = 0
    problems: list[Problem] = field(default_factory=list)


def enroll_members(
    db: Connection, vault: Vault, program: tuple[int, Program], lines: Iterable[str], now: datetime
) -> Enrolled:
    """Read a members file and write it, `SET_SIZE` rows to a commit."""
    program_id, declared = program
    done = Enrolled()
    reader = csv.DictReader(_without_nul(lines))
    try:
        done.problems += _check_header(declared, reader.fieldnames or [])
    except csv.Error as fault:
        done.problems.append(_unreadable(1, fault))
    if done.problems:
        return done
    rows = _candidates(declared, reader, done.problems)
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
    latest = {(c.source, c.external_id): c for c in some}
    with transaction(db, program_id) as tx:
        tx.execute("select pg_advisory_xact_lock(1735289448, %s)", (program_id,))
        known = find_member_ids(tx, program_id, list(latest))
        new = [key for key in latest if key not in known]
        ids = known | dict(zip(new, next_member_ids(tx, len(new)), strict=True))
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
        done.released += release_waiting(tx, program_id)
        record_audit(
            tx, program_id, "import", "members.enrolled", "members", now, new=len(new), updated=len(known)
        )
    done.enrolled += len(new)
    done.updated += len(known)


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.replace("\x00", "")


def _check_header(program: Program, header: Sequence[str]) -> list[Problem]:
    known = [*REQUIRED, *OPTIONAL, *program.attributes]
    missing = [Problem(name, 1, "the header lacks this column") for name in REQUIRED if name not in header]
    twice = [Problem(name, 1, "this column stands twice") for name, n in Counter(header).items() if n > 1]
    return (
        missing
        + twice
        + [
            Problem(name, 1, "unknown column", did_you_mean(name, known))
            for name in header
            if name not in known
        ]
    )


def _unreadable(line: int, fault: csv.Error) -> Problem:
    return Problem("row", line, f"cannot be read: {fault}", "is a quotation mark missing?")


def _candidates(
    program: Program, reader: "csv.DictReader[str]", problems: list[Problem]
) -> Iterator[Candidate]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            # The line that cannot be read is not counted yet.
            problems.append(_unreadable(reader.line_num + 1, fault))
            continue
        read = _candidate(program, row, reader.line_num)
        if isinstance(read, Candidate):
            yield read
        else:
            problems += read


def _candidate(program: Program, row: dict[str, str | None], line: int) -> Candidate | list[Problem]:
    if None in row or any(value is None for value in row.values()):
        return [Problem("row", line, "does not have as many cells as the header")]
    cell = {key: (value or "").strip() for key, value in row.items()}
    wrong = [
        Problem(k, line, f"is longer than {CELL_LENGTH_MAX} characters")
        for k, v in cell.items()
        if len(v) > CELL_LENGTH_MAX
    ]
    wrong += _check_cells(program, cell, line)
    attributes: dict[str, object] = {}
    for key, declared in program.attributes.items():
        if cell.get(key):
            read = read_field(declared, cell[key])
            if isinstance(read, str):
                wrong.append(Problem(key, line, read))
            else:
                attributes[key] = read.value
    if wrong:
        return wrong
    return Candidate(
        cell["external_source"],
        cell["external_id"],
        cell["market"],
        cell.get("language") or program.markets[cell["market"]].language,
        cell.get("location") or None,
        msgspec.json.encode(attributes).decode(),
        Person(cell.get("name", ""), cell.get("email", ""), cell.get("phone", "")),
    )


def _check_cells(program: Program, cell: dict[str, str], line: int) -> list[Problem]:
    wrong = []
    if cell["external_source"] not in program.sources:
        hint = did_you_mean(cell["external_source"], program.sources)
        wrong.append(Problem("external_source", line, f"unknown source {cell['external_source']!r}", hint))
    if not cell["external_id"]:
        wrong.append(Problem("external_id", line, "is empty"))
    if cell["market"] not in program.markets:
        wrong.append(
            Problem(
                "market",
                line,
                f"unknown market {cell['market']!r}",
                did_you_mean(cell["market"], program.markets),
            )
        )
    location = cell.get("location")
    if location and location not in program.locations:
        wrong.append(
            Problem(
                "location", line, f"unknown location {location!r}", did_you_mean(location, program.locations)
            )
        )
    language = cell.get("language")
    if language and not (language.isascii() and 2 <= len(language) <= 10 and language[:2].isalpha()):
        wrong.append(
            Problem("language", line, f"{language!r} is no language", f"like {', '.join(LANGUAGES)}")
        )
    email = cell.get("email")
    if email and (
        email.count("@") != 1
        or email.startswith("@")
        or email.endswith("@")
        or not email.isprintable()
        or " " in email
    ):
        wrong.append(Problem("email", line, "is no e-mail address"))
    return wrong
