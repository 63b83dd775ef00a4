"""A file of members is tried: read as it would be taken, compared with what is known, and not kept.

What a file would do is found by the code that takes it; here nothing is written, by whoever asks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from typing import Literal

from msgspec import json

from guerdon.engine.enroll import SET_SIZE, read_members, sort_out
from guerdon.engine.files.members import Candidate
from guerdon.program.model import Program
from guerdon.queries.imports.stored import Stored, load_stored
from guerdon.store.database import Transaction
from guerdon.store.persons import FIELDS, Person, load_persons
from guerdon.store.sealing import Vault
from guerdon.values.problems import Problem

# So many rows are compared while somebody waits; larger files go by the command.
ROWS_MAX = 20_000
CHANGES_KEPT = 50
Fault = Literal["empty", "workbook", "encoding", "rows"]

# How files begin that are no text: workbooks and other archives, PDF, gzip, old workbooks.
_BINARY = (b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
# UTF-16, as workbooks save "Unicode text".
_WIDE = (b"\xff\xfe", b"\xfe\xff")
# What turns the text that follows it.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a file is not read at all, and the line where that shows, where one is known."""

    why: Fault
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A member whom a row would change: the columns in which it differs from what is known."""

    line: int
    member_id: int
    columns: Sequence[str]


@dataclass(slots=True)
class Rehearsed:
    """What a file of members would do.

    `rows` is all of them; each is new, changed, the same as what is known, told of again further down
    (`repeated`), or refused. `columns` counts members by what would change of them; `turning` are lines of
    rows that are taken and hold marks that turn text.
    """

    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    turning: list[int] = field(default_factory=list)


def read_text(data: bytes) -> str | Unread:
    """A file's text, or why there is none; UTF-8 with or without its mark."""
    if not data.strip():
        return Unread("empty")
    if data.startswith(_BINARY):
        return Unread("workbook")
    if data.startswith(_WIDE):
        return Unread("encoding", 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        return Unread("encoding", data[: fault.start].count(b"\n") + 1)
    # The header is no row.
    return Unread("rows", ROWS_MAX) if text.count("\n") > ROWS_MAX + 1 else text


def rehearse_members(
    tx: Transaction, vault: Vault, program: tuple[int, Program], data: bytes
) -> Rehearsed | Unread:
    """What a file of members would do."""
    text = read_text(data)
    if isinstance(text, Unread):
        return text
    program_id, declared = program
    done = Rehearsed()
    with StringIO(text, newline=None) as lines:
        rows = read_members(declared, lines, done.problems, done.repeated)
        candidates: dict[tuple[str, str], Candidate] = {}
        while some := list(islice(rows, SET_SIZE)):
            done.rows += len(some)
            # The last row of a member counts, in whichever set the one before it was.
            candidates |= {(each.source, each.external_id): each for each in some}
    # A wrong header is no row, and ends the file.
    header = len(text) - len(text.lstrip())
    first = text[:header].count("\n") + 1
    done.rows += len({problem.line for problem in done.problems} - {first})
    wrong = len(done.problems)
    latest, known = sort_out(tx, program_id, list(candidates.values()), done.problems)
    forgotten = {problem.line for problem in done.problems[wrong:]}
    # Two ids of one member: the later row says who that is, as where one id stands twice.
    done.repeated += [
        each.line for key, each in candidates.items() if key not in latest and each.line not in forgotten
    ]
    done.new = len(latest) - len(known)
    done.turning = [each.line for each in latest.values() if _turns(each.person)]
    _compare(tx, vault, program_id, {known[key]: latest[key] for key in known}, done)
    done.refused = done.rows - done.new - done.changed - done.same - len(done.repeated)
    return done


def _compare(
    tx: Transaction, vault: Vault, program_id: int, told: Mapping[int, Candidate], done: Rehearsed
) -> None:
    differing = find_differing(tx, vault, program_id, told)
    for member_id, row in sorted(told.items(), key=lambda each: each[1].line):
        columns = differing.get(member_id)
        if not columns:
            done.same += 1
            continue
        done.changed += 1
        done.columns.update(columns)
        if len(done.changes) < CHANGES_KEPT:
            done.changes.append(Change(row.line, member_id, columns))


def find_differing(
    tx: Transaction, vault: Vault, program_id: int, told: Mapping[int, Candidate]
) -> dict[int, list[str]]:
    """The members of whom a row says otherwise than what is known, with the columns."""
    stored = load_stored(tx, program_id, list(told))
    persons = load_persons(tx, vault, program_id, told)
    found = {
        member_id: _differing(row, stored[member_id], persons.get(member_id, Person()))
        for member_id, row in told.items()
    }
    return {member_id: columns for member_id, columns in found.items() if columns}


def _differing(row: Candidate, stored: Stored, person: Person) -> list[str]:
    """The columns in which a row says otherwise than what is known: it is taken as the row has it."""
    plain = [
        name for name in ("market", "language", "location") if getattr(row, name) != getattr(stored, name)
    ]
    said, had = json.decode(row.attributes, type=dict), json.decode(stored.attributes, type=dict)
    own = [name for name in dict.fromkeys([*said, *had]) if said.get(name) != had.get(name)]
    who = [name for name in FIELDS if getattr(row.person, name) != getattr(person, name)]
    return [*plain, *own, *who]


def _turns(person: Person) -> bool:
    return any(_TURNING & set(getattr(person, name)) for name in FIELDS)
