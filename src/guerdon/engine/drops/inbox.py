"""The inbox: a folder of files that other systems leave, looked at again and again.

`PROGRAM/DROP/FILE` is taken once nobody writes it any more; then it lies in `done/` beside it, or in
`failed/` when it could not be read to its end, with the file of its mistakes. Whoever writes it under another
name first, ending in .tmp or .part or beginning with a point, and then renames it, is never met half-way.
"""

import logging
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from guerdon.engine.drops.errors import SUFFIX, ErrorFile
from guerdon.engine.drops.sets import DropSet
from guerdon.engine.drops.taking import Taking, Tally, take
from guerdon.engine.library import Clock, Library, NoLiveVersion
from guerdon.engine.process import POISON
from guerdon.engine.turns import Turns
from guerdon.program.declared import Drop
from guerdon.program.model import Program
from guerdon.store.database import Connection, transaction
from guerdon.store.drops.taken import guard_inbox
from guerdon.store.programs import list_programs

log = logging.getLogger(__name__)
LOOK_S = 5.0
# So long nobody may have written it.
STILL_S = 5.0
FILES_MAX = 1_000
# So long that the file of its mistakes, and a number where its name is taken, still have a name.
NAME_BYTES_MAX = 200
DONE, FAILED = "done", "failed"
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~", SUFFIX)
BY = "inbox"
Reader = Callable[[Program, Drop, BinaryIO], Iterator[DropSet]]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The folder, and who reads what lies in it."""

    folder: Path
    library: Library
    read: Reader
    clock: Clock


def keep_taking(db: Connection, inbox: Inbox, turns: Turns) -> None:
    """Take what comes, until told to stop."""
    for _ in turns.every(db, LOOK_S):
        for program_id, key in list_programs(db):
            if turns.stop.is_set():
                return
            look_into(db, inbox, program_id, key)


def look_into(db: Connection, inbox: Inbox, program_id: int, key: str) -> int:
    """Take every file of a program that lies there whole; how many."""
    folder = inbox.folder / key
    if not _is_folder(folder):
        return 0
    with guard_inbox(db, program_id) as ours:
        if not ours:
            return 0
        try:
            with transaction(db, program_id) as tx:
                program = inbox.library.playbook(tx, program_id, inbox.clock()).program
        except NoLiveVersion as fault:
            log.warning("nothing is taken for %s: %s", key, fault)
            return 0
        taken = 0
        for drop in program.drops.values():
            there = folder / drop.key
            waiting = _waiting(there, inbox.clock)
            for path in waiting if waiting and _can_settle(there) else ():
                try:
                    _take(db, inbox, (program_id, program), drop, path)
                    taken += 1
                except (OSError, MemoryError, *POISON):
                    # What one file does stops no other; trouble with the database is none of a file's.
                    log.exception("the file %s could not be taken; it is tried again", path)
        return taken


def _waiting(folder: Path, clock: Clock) -> list[Path]:
    """Whole files, the one that has waited longest first."""
    found: list[tuple[float, str]] = []
    if not _is_folder(folder):
        return []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith(UNFINISHED):
                    continue
                said = entry.stat(follow_symlinks=False)
                # A link could lead anywhere.
                if not stat.S_ISREG(said.st_mode) or not _is_still(said, clock().timestamp()):
                    continue
                if _is_usable(entry.name):
                    found.append((said.st_mtime, entry.name))
                else:
                    log.warning("the file %a in %s needs a shorter name, in UTF-8", entry.name, folder)
    except FileNotFoundError:
        return []
    except OSError as fault:
        log.warning("the folder %s cannot be looked into: %s", folder, fault.strerror)
        return []
    return [folder / name for _, name in sorted(found)[:FILES_MAX]]


def _is_still(said: os.stat_result, now: float) -> bool:
    """Whether nobody has written it for long enough; what is written just now never is."""
    # When it was written may be told by another clock, one that is ahead; when it changed here is not.
    written = said.st_mtime if said.st_mtime <= now else said.st_ctime
    return now - written >= STILL_S


def _is_usable(name: str) -> bool:
    """Whether a name can be written down, and others be made of it."""
    try:
        return len(name.encode()) <= NAME_BYTES_MAX
    except UnicodeEncodeError:
        return False


def _is_folder(path: Path) -> bool:
    """Whether it is a folder; whatever else is there is told of: a link could lead anywhere."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    except OSError as fault:
        log.warning("the folder %s cannot be looked into: %s", path, fault.strerror)
        return False
    if not stat.S_ISDIR(mode):
        log.warning("%s is no folder, so nothing is taken", path)
    return stat.S_ISDIR(mode)


def _can_settle(folder: Path) -> bool:
    """Whether files can be moved away afterwards; they would be taken for ever otherwise."""
    if not os.access(folder, os.W_OK | os.X_OK):
        log.warning("the folder %s cannot be written to, so nothing of it is taken", folder)
        return False
    return all(_is_folder(there) for name in (DONE, FAILED) if os.path.lexists(there := folder / name))


def _take(db: Connection, inbox: Inbox, whose: tuple[int, Program], drop: Drop, path: Path) -> None:
    program_id, program = whose
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as fault:
        log.warning("the file %s cannot be read: %s", path, fault.strerror)
        return
    with os.fdopen(descriptor, "rb") as file:
        before = _mark(os.fstat(descriptor))
        sha = file_digest(file, "sha256").digest()
        file.seek(0)
        with ErrorFile(path.with_name(path.name + SUFFIX)) as errors:
            taking = Taking(program_id, drop.key, path.name, sha, BY)
            sets = inbox.read(program, drop, file)
            tally = take(db, inbox.library.vault, taking, sets, inbox.clock, errors.note)
        if _mark(path.lstat()) != before:
            # Written on, or another by now: it is taken again, and what was taken already counts once.
            log.warning("the file %s changed while it was read; it is read again", path)
            return
    settle(path, FAILED if tally.failure else DONE)
    log.info("the file %s of %s: %s", path.name, program.key, said(tally))


def settle(path: Path, where: str) -> Path:
    """Move a file, and that of its mistakes, to where it stays; under another name where its own is taken."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    if not _is_folder(folder):
        raise NotADirectoryError(f"{folder} is no folder")
    number, there = 1, folder / path.name
    while there.exists() or there.with_name(there.name + SUFFIX).exists():
        number += 1
        there = folder / f"{path.stem}-{number}{path.suffix}"
    errors = path.with_name(path.name + SUFFIX)
    if errors.exists():
        errors.rename(there.with_name(there.name + SUFFIX))
    path.rename(there)
    return there


def said(tally: Tally) -> str:
    """What became of a file, in a line."""
    rest = "" if tally.failure is None else f"; not read to its end: {tally.failure.what}"
    return (
        f"{tally.rows} rows, {tally.accepted} accepted, {tally.duplicates} known before,"
        f" {tally.quarantined} set apart, {tally.wrong} wrong{rest}"
    )


def _mark(said: os.stat_result) -> tuple[int, int, int, int]:
    """Which file it is, and what was last written into it."""
    return said.st_dev, said.st_ino, said.st_size, said.st_mtime_ns
