"""Tombstones: who was erased, in a file beside the database, so that no backup of it brings them back.

A line says the program, a keyed mark of the member and when; without the installation's secret it says
nothing of anybody. It is on disk before the erasing commit: a line without a commit is an erasure that was
asked for, and to replay it is right; a commit without a line would be forgotten by the next restore.
"""

import fcntl
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from guerdon.store.database import Transaction
from guerdon.store.privacy.erasures import list_enrolled
from guerdon.store.sealing import Vault

TOMBSTONES = "tombstones.jsonl"
PURPOSE = "tombstones"
READ_BYTES = 1 << 16


class Tombstone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line: the program's key, the member's mark and the check of the line in hex, and when, in UTC."""

    program: str
    mark: str
    erased_at: str
    check: str


class Damaged(ValueError):  # noqa: N818  what was found, not a fault of the caller
    """A line that is none of ours: nobody can tell whom it names, so nothing is restored over it."""


@dataclass(frozen=True, slots=True)
class Graveyard:
    """Where lines are added: a folder of the installation, and the keys that marks are made by."""

    home: Path
    vault: Vault

    @property
    def file(self) -> Path:
        """The file of tombstones."""
        return self.home / TOMBSTONES


@dataclass(slots=True)
class Buried:
    """Marks by program, each with when it was; how many lines came twice, or are torn."""

    marks: dict[str, dict[str, str]] = field(default_factory=dict)
    doubled: int = 0
    torn: int = 0

    @property
    def total(self) -> int:
        """How many members of all programs."""
        return sum(len(each) for each in self.marks.values())


def mark_of(vault: Vault, program: str, member_id: int, enrolled_at: datetime) -> str:
    """The mark of a member in hex: their number alone might be somebody else's after a restore."""
    return vault.index(PURPOSE, f"{program}|{member_id}|{enrolled_at.isoformat()}").hex()


def bury(
    tx: Transaction, graveyard: Graveyard, program_id: int, member_ids: Sequence[int], now: datetime
) -> int:
    """Write lines for members, on disk before the commit that erases; how many."""
    enrolled = list_enrolled(tx, program_id, member_ids)
    if enrolled:
        at = now.isoformat()
        append_tombstones(
            graveyard,
            [
                (key, mark_of(graveyard.vault, key, member_id, since), at)
                for key, member_id, since in enrolled
            ],
        )
    return len(enrolled)


def append_tombstones(graveyard: Graveyard, lines: Iterable[tuple[str, str, str]]) -> None:
    """Add lines (program, mark, instant) after whatever is whole, and have them on disk."""
    graveyard.home.mkdir(parents=True, exist_ok=True)
    written = b"".join(
        msgspec.json.encode(Tombstone(*line, _check(graveyard.vault, *line))) + b"\n" for line in lines
    )
    descriptor = os.open(graveyard.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _mend(descriptor)
        while written:
            written = written[os.write(descriptor, written) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    # A new file is there after a power cut only when its folder knows it.
    folder = os.open(graveyard.home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _mend(descriptor: int) -> None:
    """Take off half a line that a crash left: nothing was committed for it."""
    end = os.fstat(descriptor).st_size
    start = end
    while start:
        begin = max(0, start - READ_BYTES)
        at = os.pread(descriptor, start - begin, begin).rfind(b"\n")
        if at >= 0:
            start = begin + at + 1
            break
        start = begin
    if start != end:
        os.ftruncate(descriptor, start)


def read_tombstones(vault: Vault, files: Iterable[Path]) -> Buried:
    """Read files of tombstones, those that are not there passed over.

    Raises `Damaged` for a line that is not as it was written; half a line at the end is counted as torn.
    """
    found = Buried()
    for file in files:
        if not file.exists():
            continue
        for number, text in enumerate(file.read_bytes().splitlines(keepends=True), 1):
            if not text.endswith(b"\n"):
                found.torn += 1
            elif text.strip():
                _take(found, _read(vault, text, f"line {number} of {file}"))
    return found


def _read(vault: Vault, text: bytes, where: str) -> Tombstone:
    try:
        line = msgspec.json.decode(text, type=Tombstone)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise Damaged(f"{where} is no tombstone: put a copy of the file in its place") from fault
    if not hmac.compare_digest(line.check, _check(vault, line.program, line.mark, line.erased_at)):
        raise Damaged(f"{where} was changed, or written under another GUERDON_SECRET")
    return line


def _take(found: Buried, line: Tombstone) -> None:
    marks = found.marks.setdefault(line.program, {})
    found.doubled += line.mark in marks
    marks.setdefault(line.mark, line.erased_at)


def keep_copy(graveyard: Graveyard, buried: Buried) -> int:
    """Add to the file of a home what was read elsewhere and is not in it; how many lines."""
    here = read_tombstones(graveyard.vault, [graveyard.file])
    new = [
        (program, mark, at)
        for program, marks in buried.marks.items()
        for mark, at in marks.items()
        if mark not in here.marks.get(program, ())
    ]
    if new:
        append_tombstones(graveyard, new)
    return len(new)


def find_buried(
    vault: Vault, program: str, marks: Mapping[str, str], members: Iterable[tuple[int, datetime]]
) -> list[int]:
    """Which of a program's members (number, when they were enrolled) have a tombstone."""
    return [number for number, since in members if mark_of(vault, program, number, since) in marks]


def _check(vault: Vault, program: str, mark: str, erased_at: str) -> str:
    return vault.index(PURPOSE, f"line|{program}|{mark}|{erased_at}")[:16].hex()
