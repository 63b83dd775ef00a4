"""Connections to the one PostgreSQL, by role.

`owner` migrates and publishes, `worker` decides for all members, `web` sees one program by row
security. Their passwords follow from the installation's secret, so no file holds them; every connection
asserts that a commit is durable.
"""

import hashlib
import hmac
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from guerdon.access.grants import WHOLE_PROGRAM, Scope

# What data can do to a statement, as opposed to what can befall the server. To be asked for first: too
# much for the server is operational by its class, and yet the same data bring it back for ever.
BAD_DATA = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.CardinalityViolation,
)
UNAVAILABLE = (psycopg.OperationalError, psycopg.InterfaceError)
# Of these, what only says that somebody else has the same rows just now: the connection is as good as before.
CROWDED = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
)
CONNECT_S = 5
Role = Literal["owner", "worker", "web"]
Connection = psycopg.Connection[TupleRow]
Transaction = psycopg.Connection[TupleRow]
Cursor = psycopg.Cursor[TupleRow]

OPTIONS = (
    "-c search_path=guerdon -c timezone=UTC -c statement_timeout=60000 -c lock_timeout=10000"
    " -c idle_in_transaction_session_timeout=60000 -c plan_cache_mode=force_custom_plan -c jit=off"
)


class NoConnection(psycopg.InterfaceError):
    """None is opened any more."""


def role_password(secret: str, role: str) -> str:
    """The password of a database role: a keyed hash of its name, so that it need not be kept anywhere."""
    return hmac.new(secret.encode(), f"guerdon database role {role}".encode(), hashlib.sha256).hexdigest()


def role_conninfo(url: str, secret: str, role: Role, options: str = OPTIONS) -> str:
    """The connection text of a role, from the installation's `DATABASE_URL` and secret."""
    given = {"connect_timeout": CONNECT_S, **conninfo_to_dict(url)}
    if role == "owner":
        return make_conninfo("", **{**given, "options": f"{options} -c role=guerdon_owner"})
    given["user"] = f"guerdon_{role}"
    given["password"] = role_password(secret, role)
    given["options"] = options
    return make_conninfo("", **given)


def connect(url: str, secret: str, role: Role) -> Connection:
    """Open a connection as a role.

    Autocommit: a transaction is opened where it is meant, by `transaction`.
    """
    connection = psycopg.connect(role_conninfo(url, secret, role), autocommit=True)
    assert_durable(connection)
    return connection


def assert_durable(connection: Connection) -> None:
    """Refuse a server or session that would acknowledge a commit before it is on disk."""
    row = connection.execute(
        "select current_setting('synchronous_commit'), current_setting('fsync')"
    ).fetchone()
    assert row is not None
    if row[0] in {"off", "local"} or row[1] != "on":
        connection.close()
        raise psycopg.OperationalError(
            f"synchronous_commit is {row[0]} and fsync is {row[1]}: an acknowledged event could be lost"
        )


def hung_up(connection: Connection) -> bool:
    """Whether an idle connection is of no use any more; asks nobody, the wire alone tells."""
    if connection.closed:
        return True
    wire = select.poll()
    # Nobody talks on an idle connection unless to say good-bye.
    wire.register(connection.fileno(), select.POLLIN)
    return bool(wire.poll(0))


def is_free(connection: Connection) -> bool:
    """Whether a connection is in no transaction, and owes no answer that nobody took."""
    return connection.info.transaction_status is TransactionStatus.IDLE


def end_other(connection: Connection, other: Connection) -> None:
    """End another connection of the same role, also in the middle of a statement: its locks are free then."""
    connection.execute("select pg_terminate_backend(%s, 5000)", (other.info.backend_pid,))
    other.close()


@contextmanager
def transaction(
    connection: Connection, program_id: int, member_id: int | None = None, scope: Scope | None = None
) -> Iterator[Transaction]:
    """One transaction that works for one program: for a member's page one member, for staff their scope.

    Row security reads all of it.
    """
    part = scope or WHOLE_PROGRAM
    # Nothing named would be everything seen.
    assert all(key and "," not in key for key in (*part.markets, *part.locations)), "no name of a place"
    with connection.transaction():
        connection.execute(
            """
            select set_config('guerdon.program_id', %s, true), set_config('guerdon.member_id', %s, true),
                   set_config('guerdon.markets', %s, true), set_config('guerdon.locations', %s, true),
                   set_config('guerdon.by_sets', %s, true)
            """,
            (
                str(program_id),
                "" if member_id is None else str(member_id),
                ",".join(part.markets),
                ",".join(part.locations),
                # Of a location are so few that whoever looks for them at all finds them all at once.
                "on" if part.locations and not part.markets else "",
            ),
        )
        yield connection


@contextmanager
def one_moment(connection: Connection) -> Iterator[None]:
    """Let what is read on a connection be of one moment, across statements; nothing can be written."""
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        yield
    finally:
        connection.isolation_level, connection.read_only = None, None


def plan_by_keys(tx: Transaction) -> None:
    """Let this transaction use a statement's plan again; for one whose statements find their rows by keys.

    Such a plan is the same whatever the key, and to make it anew costs more than to run it, so nobody weighs
    whether another would do better. It may be of the time when a table was empty, so it may not read any as a
    whole.
    """
    tx.execute(
        """
        select set_config('plan_cache_mode', 'force_generic_plan', true),
               set_config('enable_seqscan', 'off', true)
        """
    )


def see_by_sets(tx: Transaction) -> None:
    """Let row security find out once whose rows this transaction sees; for one that adds up those of many.

    Within a scope narrower than the program it asks for each row otherwise, which is faster for a page of
    rows. What is seen is the same.
    """
    tx.execute("select set_config('guerdon.by_sets', 'on', true)")


@contextmanager
def seeing_sets(tx: Transaction) -> Iterator[None]:
    """The same for a block alone: what is read after it by keys, or month by month, is asked for by row."""
    row = tx.execute("select current_setting('guerdon.by_sets', true)").fetchone()
    see_by_sets(tx)
    yield
    # A fault ends the transaction, and with it the setting.
    tx.execute("select set_config('guerdon.by_sets', %s, true)", ((row and row[0]) or "",))


def wait_for_news(connection: Connection, timeout_s: float) -> bool:
    """Wait until a channel that is listened to has something new, or the time is over; tells which."""
    # News that came with the answer to our last statement was read from the socket already, and psycopg waits
    # for more to read there: now and then it would wait for the clock.
    came = 0
    while connection.pgconn.notifies() is not None:
        came += 1
    came += len(list(connection.notifies(timeout=0.0 if came else timeout_s, stop_after=1)))
    return came > 0
