"""Brings a database to the schema this code expects, and tells when it is not there yet.

The numbered files in `schema/` run once each, in order, as the owner role, each in a transaction of its
own; the three roles are made first. The tables are the design: read the files.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

import psycopg
from psycopg import sql

from guerdon.store.database import CONNECT_S, OPTIONS, Connection, role_password
from guerdon.values.clock import utc_now

OLDEST_SERVER = 150000


class Unfit(Exception):  # noqa: N818  an answer at start, not a fault
    """The database cannot be used as it is: why, and what to do."""


class Changed(Unfit):
    """A migration is not what it was when it ran: these data are of another version of Guerdon."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of the schema."""

    name: str
    text: str

    @property
    def sha(self) -> str:
        """The hash that tells whether a file changed after it ran."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def list_migrations() -> list[Migration]:
    """The schema's files in the order in which they run."""
    found = sorted(
        (f for f in files("guerdon.store").joinpath("schema").iterdir() if f.name.endswith(".sql")),
        key=lambda f: f.name,
    )
    return [Migration(f.name.removesuffix(".sql"), f.read_text(encoding="utf-8")) for f in found]


def migrate(url: str, secret: str, now: datetime | None = None) -> list[str]:
    """Run what has not run yet; returns the names. `url` must be able to create roles, once."""
    with psycopg.connect(url, autocommit=True, options=OPTIONS) as connection:
        if connection.info.server_version < OLDEST_SERVER:
            raise Unfit(
                f"PostgreSQL 15 or newer is needed, this is {connection.info.server_version // 10000}"
            )
        # Two processes may start at once; the second waits here and then finds nothing to do.
        connection.execute("select pg_advisory_lock(%s)", (0x6775657264,))
        _check_secret(connection, secret)
        try:
            _make_roles(connection, secret)
            connection.execute("create schema if not exists guerdon authorization guerdon_owner")
        except psycopg.errors.InsufficientPrivilege as fault:
            raise Unfit(
                f"the login {connection.info.user} may not prepare this database"
                f" ({fault.diag.message_primary}); use one that owns it and may create roles"
            ) from fault
        connection.execute("set role guerdon_owner")
        connection.execute(
            """
            create table if not exists schema_migrations
              (name text primary key, sha text not null, ran_at timestamptz not null)
            """
        )
        ran = [m.name for m in pending(connection) if _run(connection, m, now or utc_now())]
        make_months(connection, now or utc_now())
        # On a server that the books were moved to, before many would wait for the first of them to begin it.
        connection.execute("select this_era()")
        _exempt_worker(connection)
        connection.execute(sql.SQL("comment on schema guerdon is {}").format(sql.Literal(proof_of(secret))))
        return ran


def _check_secret(connection: Connection, secret: str) -> None:
    """Refuse any secret but the one under which what lies here is sealed, before it changes a password."""
    row = connection.execute("select obj_description(to_regnamespace('guerdon'), 'pg_namespace')").fetchone()
    if row is not None and row[0] is not None and row[0] != proof_of(secret):
        raise Unfit(
            "this database was made under another GUERDON_SECRET; nothing sealed in it opens under this one:"
            " put the old one back"
        )


def proof_of(secret: str) -> str:
    """What a database and its backups carry of the secret under which they were made."""
    return f"sealed under {role_password(secret, 'proof')[:32]}"


def find_pending(url: str) -> list[Migration]:
    """The migrations that a database lacks, by the login itself: where none ran, there are no roles yet."""
    with psycopg.connect(url, autocommit=True, options=OPTIONS, connect_timeout=CONNECT_S) as connection:
        return pending(connection)


def pending(connection: Connection) -> list[Migration]:
    """The migrations that have not run; raises when one that ran was changed afterwards."""
    if not _has_schema(connection):
        return list_migrations()
    done: dict[str, str] = dict(connection.execute("select name, sha from schema_migrations").fetchall())
    for migration in list_migrations():
        if migration.name in done and done[migration.name] != migration.sha:
            raise Changed(
                f"migration {migration.name} was changed after it ran: this database is of another version of"
                " Guerdon; in a version of your own, write a new migration instead"
            )
    return [m for m in list_migrations() if m.name not in done]


def _has_schema(connection: Connection) -> bool:
    row = connection.execute("select to_regclass('guerdon.schema_migrations') is not null").fetchone()
    return row is not None and bool(row[0])


def _run(connection: Connection, migration: Migration, now: datetime) -> bool:
    with connection.transaction():
        # Files of this package, not input: the one place where a text that is no literal becomes a statement.
        connection.execute(migration.text.encode())
        connection.execute(
            "insert into schema_migrations values (%s, %s, %s)", (migration.name, migration.sha, now)
        )
    return True


def _make_roles(connection: Connection, secret: str) -> None:
    have = {
        r[0]
        for r in connection.execute("select rolname from pg_roles where rolname like 'guerdon%'").fetchall()
    }
    for role in ("owner", "worker", "web"):
        name = sql.Identifier(f"guerdon_{role}")
        if f"guerdon_{role}" not in have:
            connection.execute(sql.SQL("create role {} nologin").format(name))
        if role != "owner":
            connection.execute(
                sql.SQL("alter role {} login password {}").format(
                    name, sql.Literal(role_password(secret, role))
                )
            )
    with suppress(psycopg.errors.InsufficientPrivilege):
        # Only who has it may give it; where a host gives it to nobody, see `_exempt_worker`.
        connection.execute("alter role guerdon_worker bypassrls")
    row = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    if row != (True,):
        connection.execute("grant guerdon_owner to current_user")
    connection.execute(
        sql.SQL("grant connect, create on database {} to guerdon_owner").format(
            sql.Identifier(connection.info.dbname)
        )
    )


def _exempt_worker(connection: Connection) -> None:
    """Let the worker see all programs by policies, where it could not be exempted from them."""
    row = connection.execute("select rolbypassrls from pg_roles where rolname = 'guerdon_worker'").fetchone()
    if row == (True,):
        return
    guarded = connection.execute(
        """
        select c.relname from pg_class c
        where c.relnamespace = 'guerdon'::regnamespace and c.relrowsecurity
          and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'worker_for_all')
        """
    ).fetchall()
    for (table,) in guarded:
        connection.execute(
            sql.SQL(
                "create policy worker_for_all on {} to guerdon_worker using (true) with check (true)"
            ).format(sql.Identifier(table))
        )


def make_months(connection: Connection, now: datetime) -> bool:
    """Have the months' partitions from last month to a year ahead; whether all of them are there now.

    They are not when somebody else makes them, or reads for long: ask again later, there is a year for it.
    """
    row = connection.execute("select make_months(%s)", (now,)).fetchone()
    return row == (True,)
