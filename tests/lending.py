"""Connections to the database of a test, lent again and again, as a process of ours keeps its own.

To open one costs the server what a small test costs: it starts a process, which learns each table anew. A
connection comes back with nothing of whoever had it, and none outlives its database.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import psycopg
from psycopg.pq import TransactionStatus

from guerdon.store.database import Connection, Role, connect, hung_up

FREE_MAX = 4
# What a session can keep beyond a transaction; plans may stay, they are of the same tables.
FORGET = "reset all; unlisten *; select pg_advisory_unlock_all(); discard temp"
_free: dict[tuple[str, str], list[Connection]] = {}
_lock = Lock()
# A child that is forked borrows nothing of its parent's: both would speak over one socket.
os.register_at_fork(after_in_child=_free.clear)


@contextmanager
def lent(url: str, secret: str, role: Role) -> Iterator[Connection]:
    """A connection of a role for the length of a block, in autocommit."""
    connection = _taken(url, role) or connect(url, secret, role)
    try:
        yield connection
    finally:
        _give_back(connection, url, role)


@contextmanager
def looking(url: str) -> Iterator[Connection]:
    """A transaction of the superuser, whom row security does not cover."""
    connection = _taken(url, "superuser")
    if connection is None:
        connection = psycopg.connect(url, autocommit=True, options="-c search_path=guerdon")
    try:
        with connection.transaction():
            yield connection
    finally:
        _give_back(connection, url, "superuser")


def close_lent(url: str) -> None:
    """Close what is kept to a database that goes."""
    with _lock:
        gone = [connection for key in list(_free) if key[0] == url for connection in _free.pop(key)]
    for connection in gone:
        connection.close()


def _taken(url: str, role: str) -> Connection | None:
    while True:
        with _lock:
            free = _free.get((url, role))
            connection = free.pop() if free else None
        if connection is None or not hung_up(connection):
            return connection
        connection.close()


def _give_back(connection: Connection, url: str, role: str) -> None:
    if _as_new(connection):
        with _lock:
            free = _free.setdefault((url, role), [])
            if len(free) < FREE_MAX:
                free.append(connection)
                return
    connection.close()


def _as_new(connection: Connection) -> bool:
    """Whether a connection could be made as it was when it was opened."""
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    if not connection.autocommit or connection.read_only is not None:
        return False
    try:
        connection.execute(FORGET)
    except psycopg.Error:
        return False
    return True
