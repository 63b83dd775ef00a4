"""Backups of the embedded PostgreSQL while it runs: its files, and the log of all that came after.

A backup is a folder: `base` (verified against its own manifest as soon as it is taken), `wal` and a note.
Taking it again into the same folder adds the log since, which is quick; with it, any instant from the first
taking to the last can be restored. No secret is in it.
"""

import gzip
import json
import os
import shutil
import subprocess
import time
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg

from guerdon.embedded.account import EmbeddedError
from guerdon.embedded.place import Cluster
from guerdon.embedded.server import Server

NOTE = "guerdon.json"
BASES_KEPT = 2
ARCHIVE_SECONDS_MAX = 120
SEGMENTS_A_FILE = 256
BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class Note:
    """What a backup says of itself: until when it reaches, and under which secret it was made."""

    taken_at: str
    until: str
    first_log: str
    # The first one that is not in it.
    after_log: str
    proof: str


def take_backup(server: Server, out: Path, proof: str, now: datetime) -> Note:
    """Take a backup into a new folder, or add to one what happened since."""
    if (out / NOTE).exists():
        return _add_log(server, out, read_note(out), now)
    if out.exists() and any(out.iterdir()):
        raise EmbeddedError(f"{out} holds something else than a backup; name a new folder")
    with suppress(FileExistsError):
        out.mkdir(mode=0o700, parents=True)
    _begin_archive(server.cluster)
    base = out / "base"
    options = ("--checkpoint=fast", "--wal-method=stream", "--no-password", "--manifest-checksums=SHA256")
    command = ["pg_basebackup", f"--pgdata={base}", *options]
    done = _run(server, command)
    if done.returncode != 0:
        shutil.rmtree(base, ignore_errors=True)
        raise EmbeddedError(f"the backup could not be taken: {done.stderr.strip()}")
    verify_base(server.cluster, base)
    first = _first_log(base)
    _forget_older(server.cluster, first)
    note = Note(now.isoformat(), now.isoformat(), first, first, proof)
    (out / "wal").mkdir(mode=0o700, exist_ok=True)
    return _add_log(server, out, note, now)


def read_note(folder: Path) -> Note:
    """What a backup says of itself; raises when the folder is none."""
    try:
        return Note(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as fault:
        raise EmbeddedError(f"{folder} is no backup of ours: {fault}") from fault


def verify_base(cluster: Cluster, base: Path) -> None:
    """Compare every file of a backup with its manifest; raises with the first that is not as it was."""
    command = [str(cluster.programs / "pg_verifybackup"), "--exit-on-error", "--quiet", str(base)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={"LC_ALL": "C"})
    if done.returncode != 0:
        said = done.stderr.strip().partition("\n")[0].removeprefix("pg_verifybackup: error: ")
        raise EmbeddedError(f"the backup is damaged: {said}")


def next_log(name: str) -> str:
    """The name of the log file that follows one: timeline, then 256 files to each of a second number."""
    high, low = int(name[8:16], 16), int(name[16:], 16) + 1
    return f"{name[:8]}{high + low // SEGMENTS_A_FILE:08X}{low % SEGMENTS_A_FILE:08X}"


def _begin_archive(cluster: Cluster) -> None:
    with suppress(FileExistsError):
        cluster.archive.mkdir(mode=0o700)
        os.chown(cluster.archive, cluster.account.user, cluster.account.group)


def _add_log(server: Server, out: Path, note: Note, now: datetime) -> Note:
    """Copy what was archived since, up to this moment."""
    last = _finish_log(server)
    name = note.after_log
    while name <= last:
        kept, copy = server.cluster.archive / f"{name}.gz", out / "wal" / f"{name}.gz"
        if not kept.exists():
            raise EmbeddedError(
                f"log file {name} is not in {server.cluster.archive} any more: this backup"
                f" reaches to {note.until} and no further; take another into a new folder"
            )
        if not copy.exists():
            unfinished = copy.with_suffix(".part")
            shutil.copyfile(kept, unfinished)
            _to_disk(unfinished)
            unfinished.rename(copy)
        name = next_log(name)
    done = replace(note, until=now.isoformat(), after_log=name)
    unfinished = out / f"{NOTE}.part"
    unfinished.write_text(json.dumps(asdict(done), indent=1) + "\n", encoding="utf-8")
    _to_disk(unfinished)
    unfinished.rename(out / NOTE)
    return done


def _finish_log(server: Server) -> str:
    """Have the log up to this moment archived; the name of its last file."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        row = connection.execute("select pg_walfile_name(pg_switch_wal() - 1)").fetchone()
        assert row is not None
        last = str(row[0])
        give_up_at = time.monotonic() + ARCHIVE_SECONDS_MAX
        while not (server.cluster.archive / f"{last}.gz").exists():
            if time.monotonic() > give_up_at:
                said = connection.execute("select last_failed_wal from pg_stat_archiver").fetchone()
                raise EmbeddedError(f"the log is not archived (last failure: {said}); see {server.log}")
            time.sleep(0.1)
    return last


def _first_log(base: Path) -> str:
    label = (base / "backup_label").read_text(encoding="utf-8")
    return label.partition("(file ")[2].partition(")")[0]


def _forget_older(cluster: Cluster, first: str) -> None:
    """Drop log files that only backups before the last two need."""
    told = cluster.archive / BACKUPS
    firsts = [*(told.read_text().split() if told.exists() else []), first][-BASES_KEPT:]
    told.write_text("\n".join(firsts) + "\n")
    for kept in cluster.archive.glob("*.gz"):
        if kept.name[:24] < firsts[0]:
            kept.unlink()


def open_log(kept: Path, target: Path) -> None:
    """Unpack a log file; raises when it is damaged."""
    try:
        with gzip.open(kept) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (OSError, EOFError, zlib.error) as fault:
        raise EmbeddedError(f"the backup is damaged: {kept.name} cannot be unpacked ({fault})") from fault


def _to_disk(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _run(server: Server, command: list[str]) -> subprocess.CompletedProcess[str]:
    program, *arguments = command
    return subprocess.run(
        [str(server.cluster.programs / program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", **server.environment},
    )
