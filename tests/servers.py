"""A PostgreSQL for a run of tests: the one that an installation runs, where databases come and go quickly.

Thousands of them are made and dropped, each of a thousand files that a disk would have to keep for good
first; so it lies in memory, where there is plenty. Its settings are those of an installation all the same.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from tests.lending import close_lent

from guerdon import embedded

MEMORY, MEMORY_BYTES_MIN = Path("/dev/shm"), 6 * 1024**3  # noqa: S108  each server has its own folder there


@contextmanager
def temporary_server() -> Iterator[embedded.Server]:
    """Run a PostgreSQL in a folder that is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="gd-", dir=quick_folder()))
    # The system user that runs it must get through to its own private folder.
    home.chmod(0o711)
    server = embedded.start(home)
    try:
        hasten_logins(server)
        yield server
    finally:
        server.stop()
        for folder in (server.sockets, server.place, home):
            shutil.rmtree(folder, ignore_errors=True)


def quick_folder() -> Path | None:
    """Where memory is a folder, if there is enough of it; otherwise where all that is temporary goes."""
    if not os.access(MEMORY, os.W_OK) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return None
    free = min(shutil.disk_usage(MEMORY).free, _available())
    return MEMORY if free >= MEMORY_BYTES_MIN else None


def _available() -> int:
    """How much memory the machine could give without swapping, as the kernel says."""
    found = Path("/proc/meminfo")
    lines = found.read_text(encoding="ascii").splitlines() if found.exists() else []
    kilobytes = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kilobytes[0]) * 1024 if kilobytes else 0


def hasten_logins(server: embedded.Server) -> None:
    """Have passwords hashed once instead of 4,096 times: a test logs in twenty times."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        # The superuser's sessions make the other roles, and so their passwords.
        connection.execute("alter role current_user set scram_iterations = 1")
        connection.execute("set scram_iterations = 1")
        password = sql.Literal(connection.info.password)
        connection.execute(sql.SQL("alter role current_user password {}").format(password))


@contextmanager
def copied_database(postgres: embedded.Server, template: str) -> Iterator[str]:
    """A migrated database that outlives one test; its owner's address."""
    name = f"test_{secrets.token_hex(6)}"
    named = sql.Identifier(name)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                named, sql.Identifier(template)
            )
        )
        admin.execute(sql.SQL("grant connect, create on database {} to guerdon_owner").format(named))
    url = postgres.url(name)
    try:
        yield url
    finally:
        close_lent(url)
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(named))
