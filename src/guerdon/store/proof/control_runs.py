"""Control runs: the steady view of the rows that one has, when the next is due, what each found."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from guerdon.store.database import Connection, Transaction

DUE_AT = "05:00"
# A run may sort millions of rows: it is given memory and time, which nothing else on this connection is.
MEMORY = "128MB"
LONGEST = "30min"


class Found(msgspec.Struct, frozen=True):
    """What a control found: how much in all, and the first of it in words."""

    total: int
    words: Sequence[str] = ()


class Stopped(msgspec.Struct, frozen=True):
    """Attempts that were stopped in the day before the run."""

    kind: str
    name: str
    unit: str
    n: int
    value: int


class Findings(msgspec.Struct, frozen=True):
    """What a run found, as it is stored: breaches by control, attempts apart from them."""

    breaches: Mapping[str, Found]
    stopped: Sequence[Stopped] = ()


@dataclass(frozen=True, slots=True)
class ControlRun:
    """A run as it was stored."""

    id: int
    controls: int
    findings: Findings
    took_ms: int
    ran_at: datetime


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Findings).decode


@contextmanager
def steady_reading(connection: Connection, program_id: int) -> Iterator[Transaction]:
    """A transaction that sees one moment of the whole program from first to last, and only reads."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute(
            """
            select set_config('guerdon.program_id', %s, true), set_config('guerdon.member_id', '', true),
                   set_config('guerdon.markets', '', true), set_config('guerdon.locations', '', true),
                   set_config('work_mem', %s, true), set_config('statement_timeout', %s, true)
            """,
            (str(program_id), MEMORY, LONGEST),
        )
        yield connection


def find_due_runs(tx: Transaction, now: datetime) -> list[int]:
    """Programs without any run yet, or with none since 05:00 of today in their own time zone."""
    rows = tx.execute(
        """
        with live as (
          select distinct on (v.program_id) v.program_id, v.bundle::json ->> 'time_zone' as zone
          from program_versions v where v.live_from <= %(now)s and not exists (
            select from version_calloffs c where c.program_id = v.program_id and c.version = v.version)
          order by v.program_id, v.live_from desc, v.version desc
        ),
        due as (
          select l.program_id,
                 ((%(now)s::timestamptz at time zone l.zone)::date + %(at)s::time) at time zone l.zone as at
          from live l
        )
        select d.program_id from due d
        -- The first comes at once: who installs today is told today, and from then on daily.
        where not exists (select from control_runs r where r.program_id = d.program_id
                          and (d.at > %(now)s or r.ran_at >= d.at))
        order by 1
        """,
        {"now": now, "at": DUE_AT},
    ).fetchall()
    return [int(row[0]) for row in rows]


@contextmanager
def alone_with_controls(connection: Connection, program_id: int) -> Iterator[bool]:
    """Whether nobody else runs this program's controls just now; nobody will until the block ends."""
    row = connection.execute("select pg_try_advisory_lock(1735289451, %s)", (program_id,)).fetchone()
    alone = row == (True,)
    try:
        yield alone
    finally:
        if alone and not connection.closed:
            connection.execute("select pg_advisory_unlock(1735289451, %s)", (program_id,))


def record_control_run(
    tx: Transaction, program_id: int, controls: int, findings: Findings, took_ms: int, at: datetime
) -> int:
    """Keep what a run found."""
    row = tx.execute(
        """
        insert into control_runs (program_id, controls, breaches, took_ms, ran_at)
        values (%s, %s, %s, %s, %s) returning id
        """,
        (program_id, controls, _encode(findings).decode(), took_ms, at),
    ).fetchone()
    assert row is not None
    return int(row[0])


def list_control_runs(tx: Transaction, program_id: int, limit: int) -> list[ControlRun]:
    """The latest runs, newest first."""
    rows = tx.execute(
        """
        select id, controls, breaches::text, took_ms, ran_at from control_runs
        where program_id = %s order by ran_at desc, id desc limit %s
        """,
        (program_id, limit),
    ).fetchall()
    return [ControlRun(row[0], row[1], _decode(row[2]), row[3], row[4]) for row in rows]
