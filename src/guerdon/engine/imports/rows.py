"""The rows of a file of members by line: whom each tells of, or why it is refused; which of them count."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from guerdon.engine.files.members import Candidate, read_members_file
from guerdon.engine.files.refusing import Refusal
from guerdon.program.model import Program
from guerdon.store.imports.refusals import RefusalRow
from guerdon.store.members import SubjectKey
from guerdon.store.sealing import Unreadable, Vault
from guerdon.values.problems import Problem

FILE_PURPOSE, ROWS_PURPOSE = "import-files", "import-rows"
# What says of somebody only that they are gone is kept without what it says.
NAMELESS = {"forgotten"}

Said = dict[str, str | int]
Item = tuple[int, Candidate | Sequence[Problem]]


class KeptRow(msgspec.Struct):
    """A refused row as it is sealed: its text, and for each fault the values that its reason names."""

    row: str
    said: list[Said]


@dataclass(frozen=True, slots=True)
class Items:
    """A file's rows in their order, its lines, and the last line that tells of each member."""

    rows: Sequence[Item]
    lines: Sequence[str]
    last: dict[SubjectKey, int]


def read_items(program: Program, text: str) -> Items:
    """Read a file of members."""
    lines = lines_of(text)
    rows: list[Item] = []
    last: dict[SubjectKey, int] = {}
    for read in read_members_file(program, lines):
        if isinstance(read, Candidate):
            rows.append((read.line, read))
            last[read.source, read.external_id] = read.line
        else:
            rows.append((read[0].line or 0, read))
    return Items(rows, lines, last)


def lines_of(text: str) -> list[str]:
    """A file's lines, as their numbers are counted."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def header_of(lines: Iterable[str]) -> list[str]:
    """What the columns of a file are called."""
    first = next((line for line in lines if line.strip()), "")
    try:
        return [name.strip() for name in next(csv.reader([first]), [])]
    except csv.Error:
        return []


def seal_file(vault: Vault, program_id: int, sha: bytes, data: bytes) -> bytes:
    """A file as it lies until its import is over."""
    return vault.seal(FILE_PURPOSE, f"{program_id}|{sha.hex()}|imports.body|1", data)


def open_file(vault: Vault, program_id: int, sha: bytes, sealed: bytes) -> bytes:
    """The file again; raises `Unreadable`."""
    return vault.open(FILE_PURPOSE, f"{program_id}|{sha.hex()}|imports.body|1", sealed)


def refusal_rows(
    vault: Vault, whose: tuple[int, int], problems: Iterable[Problem], lines: Sequence[str]
) -> list[RefusalRow]:
    """Refused rows as they are kept, one a line. `whose`: program, import."""
    by_line: dict[int, list[Refusal]] = {}
    for problem in problems:
        assert isinstance(problem, Refusal), "what reads a file says its reasons by code"
        by_line.setdefault(problem.line or 0, []).append(problem)
    return [_kept(vault, whose, line, by_line[line], lines) for line in sorted(by_line)]


def _kept(
    vault: Vault, whose: tuple[int, int], line: int, found: Sequence[Refusal], lines: Sequence[str]
) -> RefusalRow:
    nameless = any(each.why in NAMELESS for each in found)
    row = lines[line - 1] if 0 < line <= len(lines) and not nameless else ""
    said = [dict(each.said) for each in found]
    sealed = vault.seal(ROWS_PURPOSE, _place(whose, line), msgspec.json.encode(KeptRow(row, said)))
    return RefusalRow(line, [each.where for each in found], [each.why for each in found], sealed)


def open_row(vault: Vault, whose: tuple[int, int], row: RefusalRow) -> KeptRow:
    """What a refused row says; nothing where that was let go."""
    if row.sealed is None:
        return KeptRow("", [{} for _ in row.reasons])
    try:
        return msgspec.json.decode(
            vault.open(ROWS_PURPOSE, _place(whose, row.line), row.sealed), type=KeptRow
        )
    except Unreadable:
        return KeptRow("", [{} for _ in row.reasons])


def _place(whose: tuple[int, int], line: int) -> str:
    return f"{whose[0]}|{whose[1]}|{line}|import_refusals.sealed|1"
