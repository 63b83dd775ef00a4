"""A running embedded PostgreSQL, as the rest of the house sees it: start, an address, stop."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import errors, sql

from guerdon.embedded.account import Account, EmbeddedError, write_as
from guerdon.embedded.place import Cluster, find_cluster
from guerdon.embedded.postmaster import (
    SUPERUSER,
    await_ready,
    initialize,
    listens,
    start_postmaster,
    stop_postmaster,
)


class Server:
    """A running PostgreSQL; whoever owns it may stop it."""

    def __init__(self, home: Path, cluster: Cluster, password: str, ownership: int | None) -> None:
        self.home = home
        self.place = cluster.place
        self.sockets = cluster.sockets
        self._cluster = cluster
        self._password = password
        self._ownership = ownership

    @property
    def owned(self) -> bool:
        """Whether we started it, or took it over from a starter that is no more."""
        return self._ownership is not None

    @property
    def log(self) -> Path:
        """The file that the server writes its log to."""
        return self._cluster.log

    @property
    def cluster(self) -> Cluster:
        """Where it lies, who runs it, and with which programs."""
        return self._cluster

    @property
    def environment(self) -> dict[str, str]:
        """What PostgreSQL's own programs need to reach it as the superuser; on no command line."""
        return {"PGHOST": str(self.sockets), "PGUSER": SUPERUSER, "PGPASSWORD": self._password}

    def runs(self) -> bool:
        """Whether it still runs: it may have been killed, or stopped by its owner."""
        return listens(self._cluster)

    def url(self, database: str = "guerdon") -> str:
        """Return the superuser's address of a database over the socket, making the database if missing."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            found = connection.execute("select from pg_database where datname = %s", [database]).fetchone()
            if found is None:
                # Somebody else may make it between our look and our attempt.
                with suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        return self._address(database)

    def stop(self) -> None:
        """Shut down fast, if it is ours; the data stay."""
        if self._ownership is None:
            return
        with locked(self.home / "postgres.lock"):
            if listens(self._cluster):
                stop_postmaster(self._cluster)
            os.close(self._ownership)
            self._ownership = None

    def _address(self, database: str) -> str:
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{SUPERUSER}:{self._password}@/{quote(database, safe='')}?host={host}"


def start(home: Path) -> Server:
    """Run the PostgreSQL of this home, or attach to it where it runs already."""
    home = home.resolve()
    # Others may pass through to the data, which guard themselves, but not look around.
    home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    with locked(home / "postgres.lock"):
        password = superuser_password(home)
        cluster = find_cluster(home, password)
        if not cluster.data.exists():
            initialize(cluster, password)
        found_running = listens(cluster)
        if not found_running:
            start_postmaster(cluster)
        await_ready(cluster)
        try:
            Server(home, cluster, password, ownership=None).url("postgres")
        except psycopg.OperationalError as refusal:
            if not found_running:
                stop_postmaster(cluster)
            raise EmbeddedError(f"PostgreSQL in {cluster.place} refuses us: {refusal}") from refusal
        return Server(home, cluster, password, _try_lock(home / "postgres.owner"))


def superuser_password(home: Path) -> str:
    """The password of a home's superuser; made with the home."""
    path = home / "postgres.password"
    if path.exists():
        return path.read_text().strip()
    if (home / "postgres" / "data").exists():
        raise EmbeddedError(
            f"{path} is gone, and {home / 'postgres'} cannot be opened without it: "
            "put it back, or remove that folder to begin again"
        )
    password = secrets.token_urlsafe(32)
    write_as(Account(os.geteuid(), os.getegid()), path, password)
    return password


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one who starts, stops or lays out a server for the length of a block."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try_lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
