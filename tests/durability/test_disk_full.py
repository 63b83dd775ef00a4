"""T-07: the disk is full, of data or of the log: nothing answered is lost, and work goes on with room."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from tests.durability.door import Sender, answered, missing, sending
from tests.durability.home import SECRET, Home, made_home
from tests.evidence import Figures

from guerdon import embedded
from guerdon.store.database import connect

ROUNDS = 3
SENDERS = 4
AT_ONCE = 200
DISK_FULL = "53100"
SMALL_MB, LARGE_MB = 200, 600
WAIT_S = 120


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Put a small disk of memory where a folder is, with what was in it; skips where nobody may mount."""
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    owner = aside.stat()
    folder.mkdir(mode=0o700)
    size = f"size={SMALL_MB}m,uid={owner.st_uid},gid={owner.st_gid},mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode != 0:
        folder.rmdir()
        aside.rename(folder)
        pytest.skip(f"no right to mount a small disk: {mounted.stderr.decode().strip()}")
    try:
        for path in [aside, *aside.rglob("*")]:
            to = folder / path.relative_to(aside)
            if path.is_dir():
                to.mkdir(mode=0o700, exist_ok=True)
            else:
                shutil.copyfile(path, to)
            os.chown(to, owner.st_uid, owner.st_gid)
            to.chmod(path.stat().st_mode)
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(folder)
        aside.rename(folder)


def widen(disk: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={LARGE_MB}m", str(disk)], check=True)


def until(what: str, asked: Callable[[], bool]) -> None:
    """Wait until something is so."""
    give_up_at = time.monotonic() + WAIT_S
    while not asked():
        assert time.monotonic() < give_up_at, f"{what} never was"
        time.sleep(0.05)


def check_all_there(url: str, senders: Sequence[Sender]) -> int:
    """Assert that whatever was answered is there, once; how many requests there are."""
    with connect(url, SECRET, "worker") as db:
        assert missing(db, senders) == 0
        row = db.execute("select (select count(*) from event_keys), (select count(*) from inbox)").fetchone()
    assert row is not None
    assert row[0] == row[1] >= answered(senders)
    return int(row[0])


@contextmanager
def laid_out() -> Iterator[tuple[Home, str]]:
    """A home whose server does not run, with its schema."""
    with made_home() as home:
        with home.running() as server:
            url = home.found(server).url
        yield home, url


@pytest.mark.full(minutes=3)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_full_disk_of_data_is_an_error_and_the_server_stays(number: int, figures: Figures) -> None:
    with laid_out() as (home, url):
        data = home.folder / "postgres" / "data"
        log = home.folder / "postgres" / "log"
        # The log of changes lies elsewhere, so that the data alone are short of room.
        (data / "pg_wal").rename(log)
        with small_disk(data) as disk:
            (data / "pg_wal").symlink_to(log)
            with home.running():
                with connect(url, SECRET, "worker") as db, sending(url, SECRET, SENDERS, AT_ONCE) as senders:
                    process = (data / "postmaster.pid").read_text().partition("\n")[0]
                    until("the disk full", lambda: all(DISK_FULL in sender.refused for sender in senders))
                    told = answered(senders)
                    # Who is connected goes on reading; new connections may find no room to begin.
                    row = db.execute("select count(*) from (select from inbox limit 1000) seen").fetchone()
                    assert row == (1000,)
                    assert (data / "postmaster.pid").read_text().partition("\n")[0] == process
                    widen(disk)
                    until("work again", lambda: answered(senders) > told + SENDERS * AT_ONCE)
                there = check_all_there(url, senders)
            (data / "pg_wal").unlink()
        log.rename(data / "pg_wal")
    figures.update(round=number, answered_when_full=told, answered=answered(senders), there=there, missing=0)


@pytest.mark.full(minutes=3)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_full_disk_of_the_log_stops_the_server_and_loses_nothing(number: int, figures: Figures) -> None:
    with laid_out() as (home, url):
        place = home.folder / "postgres"
        with small_disk(place / "data" / "pg_wal") as disk:
            server = embedded.start(home.folder)
            with sending(url, SECRET, SENDERS, AT_ONCE) as senders:
                until("the server in panic", lambda: "PANIC" in (place / "server.log").read_text())
                told = answered(senders)
                widen(disk)
                # It may be through by itself, or lie there until somebody starts it.
                until("the server up", lambda: started(home))
                until("work again", lambda: answered(senders) > told + SENDERS * AT_ONCE)
            there = check_all_there(url, senders)
            with home.running():
                server.stop()
    figures.update(round=number, answered_when_full=told, answered=answered(senders), there=there, missing=0)


def started(home: Home) -> bool:
    with suppress(embedded.EmbeddedError, psycopg.OperationalError):
        embedded.start(home.folder)
        return True
    return False
