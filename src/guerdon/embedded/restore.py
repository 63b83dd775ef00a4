"""Restoring a backup of the embedded PostgreSQL, as it was at one instant, into a home that has no data yet.

What is damaged or missing is found before the first file is copied. While the log is played back, nobody
enters but ourselves, known to the server by the socket; then the superuser gets the new home's password.
"""

import os
import pwd
import shlex
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from guerdon.embedded.account import EmbeddedError, write_as
from guerdon.embedded.backup import Note, next_log, open_log, read_note, verify_base
from guerdon.embedded.place import Cluster, find_cluster
from guerdon.embedded.postmaster import SUPERUSER, await_ready, listens, start_postmaster, stop_postmaster
from guerdon.embedded.server import locked, superuser_password

LATER_THAN_ALL = "recovery ended before configured recovery target was reached"


def restore_backup(home: Path, source: Path, at: datetime | None) -> Note:
    """Lay out the data of a home from a backup, as they were at an instant or at the backup's end."""
    home = home.resolve()
    home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    with locked(home / "postgres.lock"):
        note = read_note(source)
        password = superuser_password(home)
        cluster = find_cluster(home, password)
        if cluster.data.exists():
            raise EmbeddedError(
                f"there are data in {cluster.place} already: move them away, or name another GUERDON_HOME"
            )
        logs = list(_find_logs(source, note))
        _check_reach(note, at)
        verify_base(cluster, source / "base")
        played = cluster.place / "wal.restoring"
        try:
            _lay_out(cluster, source, logs, played)
            _play_back(cluster, played, at)
            _set_password(cluster, password)
        except BaseException:
            refuse_restored(cluster)
            raise
        finally:
            shutil.rmtree(played, ignore_errors=True)
        return note


def refuse_restored(cluster: Cluster) -> Path:
    """Put restored data aside, so that nobody opens them by mistake; where they lie now."""
    with suppress(EmbeddedError):
        stop_postmaster(cluster)
    aside = cluster.place / "data.refused"
    shutil.rmtree(aside, ignore_errors=True)
    for found in (cluster.data, cluster.place / "data.new"):
        if found.exists():
            found.rename(aside)
    return aside


def _find_logs(source: Path, note: Note) -> Iterator[Path]:
    """The log files of a backup, none missing; those of its first minute lie in its base, too."""
    name = note.first_log
    while name < note.after_log:
        kept, streamed = source / "wal" / f"{name}.gz", source / "base" / "pg_wal" / name
        if kept.exists():
            yield kept
        elif streamed.exists():
            yield streamed
        else:
            raise EmbeddedError(
                f"log file {name} is missing from {source / 'wal'}: what was done after it cannot be restored"
            )
        name = next_log(name)


def _check_reach(note: Note, at: datetime | None) -> None:
    if at is None:
        return
    if at < datetime.fromisoformat(note.taken_at):
        raise EmbeddedError(f"the backup was taken at {note.taken_at}; what was before it cannot be restored")
    if at > datetime.fromisoformat(note.until):
        raise EmbeddedError(f"the backup reaches to {note.until}; what came after it is not in it")


def _lay_out(cluster: Cluster, source: Path, logs: list[Path], played: Path) -> None:
    unfinished = cluster.place / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(played, ignore_errors=True)
    shutil.copytree(source / "base", unfinished, symlinks=True)
    played.mkdir(mode=0o700)
    for log in logs:
        if log.suffix == ".gz":
            open_log(log, played / log.stem)
        else:
            shutil.copyfile(log, played / log.name)
    (unfinished / "recovery.signal").touch(mode=0o600)
    for folder in (unfinished, played):
        _give_to(cluster, folder)
    unfinished.chmod(0o700)
    unfinished.rename(cluster.data)


def _give_to(cluster: Cluster, folder: Path) -> None:
    if cluster.account.is_ours:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, cluster.account.user, cluster.account.group, follow_symlinks=False)


def _play_back(cluster: Cluster, played: Path, at: datetime | None) -> None:
    """Play the log back to the instant, with an entry for ourselves alone."""
    us, folder = pwd.getpwuid(os.geteuid()).pw_name, shlex.quote(str(played)).replace("%", "%%")
    write_as(cluster.account, cluster.data / "pg_ident.conf", f'restore "{us}" {SUPERUSER}\n')
    more = {
        "restore_command": f"cp {folder}/%f %p",
        "recovery_target_action": "promote",
        # Connections wait until all is played back.
        "hot_standby": "off",
        "archive_mode": "off",
    }
    if at is not None:
        more["recovery_target_time"] = at.isoformat()
    start_postmaster(cluster, f"local all {SUPERUSER} peer map=restore\n", more)
    await_ready(cluster)
    if not listens(cluster):
        said = cluster.log.read_text(errors="replace")
        if LATER_THAN_ALL in said:
            raise EmbeddedError(f"the last change is before {at}; to restore all there is, leave out --at")
        raise EmbeddedError(f"the log could not be played back; the end of {cluster.log}:\n{said[-2000:]}")


def _set_password(cluster: Cluster, password: str) -> None:
    address = make_conninfo("", host=str(cluster.sockets), user=SUPERUSER, dbname="postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(SUPERUSER), sql.Literal(password))
        )
    stop_postmaster(cluster)
