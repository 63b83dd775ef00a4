"""The history of a program as a replay reads it: one snapshot that cannot write, a month at a time."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import NamedTuple

import msgspec

from guerdon.store.arrays import numbers
from guerdon.store.database import Connection, Transaction

BATCH = 2_000


class EventRow(NamedTuple):
    """An event as it was stored, with what was decided."""

    id: int
    member_id: int
    type: str
    source: str
    external_id: str
    market: str
    location: str | None
    version: int
    state: int
    happened_at: datetime
    recorded_at: datetime
    decided_at: datetime
    data: str | None
    decision: str


class Place(msgspec.Struct, frozen=True):
    """Where a reader is: the last event that it took."""

    decided_at: datetime
    id: int


class MemberThen(NamedTuple):
    """A member as they were in a state; `forgotten`: without what says who they are."""

    member_id: int
    state: int
    market: str
    language: str
    location: str | None
    attributes: str
    enrolled_at: datetime
    forgotten: bool


class Turned(NamedTuple):
    """A period of a node that began, and when that was done."""

    name: str
    period: date
    at: datetime


class Freed(NamedTuple):
    """Money that was set aside for a request and is free, because nobody agreed."""

    at: datetime
    request: int


@contextmanager
def one_snapshot(db: Connection, program_id: int) -> Iterator[Transaction]:
    """Look at one moment for as long as it takes; PostgreSQL refuses whatever would write."""
    with db.transaction():
        db.execute("set transaction isolation level repeatable read read only")
        db.execute("select set_config('guerdon.program_id', %s, true)", (str(program_id),))
        db.execute("set local statement_timeout = 0")
        db.execute("set local idle_in_transaction_session_timeout = 0")
        yield db


def span_of(tx: Transaction, program_id: int, until: datetime) -> tuple[int, datetime | None]:
    """How many events were decided before an instant, and when the first of them was."""
    row = tx.execute(
        "select count(*), min(decided_at) from events where program_id = %s and decided_at < %s",
        (program_id, until),
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def count_forgotten(tx: Transaction, program_id: int) -> int:
    """How many members were forgotten, and how much of them."""
    row = tx.execute(
        "select coalesce(sum(1 + cardinality(attributes)), 0) from forgotten_members where program_id = %s",
        (program_id,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def read_events(
    tx: Transaction, program_id: int, after: Place, until: datetime
) -> Iterator[Sequence[EventRow]]:
    """Events in the order in which they were decided, so many at a time; the next are read meanwhile."""
    parts = _read_events(tx, program_id, after, until)
    with ThreadPoolExecutor(1, "read-events") as reader:
        coming = reader.submit(next, parts, None)
        try:
            while (rows := coming.result()) is not None:
                coming = reader.submit(next, parts, None)
                yield rows
        finally:
            reader.submit(parts.close).result()


def _read_events(
    tx: Transaction, program_id: int, after: Place, until: datetime
) -> Generator[Sequence[EventRow], None, None]:
    start = after.decided_at
    while start < until:
        end = min(_next_month(start), until)
        with tx.cursor("replay", binary=True) as cursor:
            cursor.execute(
                """
                select id, member_id, type, source, external_id, market, location, version, state,
                       happened_at, recorded_at, decided_at, data::text, decision::text
                from events
                where program_id = %(program)s and decided_at >= %(start)s and decided_at < %(end)s
                  and (decided_at, id) > (%(start)s, %(id)s)
                order by decided_at, id
                """,
                {
                    "program": program_id,
                    "start": start,
                    "end": end,
                    "id": after.id if start == after.decided_at else -1,
                },
            )
            while rows := cursor.fetchmany(BATCH):
                yield [EventRow._make(row) for row in rows]
        start = end


def load_members_then(
    tx: Transaction, program_id: int, wanted: Sequence[tuple[int, int]]
) -> list[MemberThen]:
    """Members as they were in these states: (member, state)."""
    rows = tx.execute(
        """
        select m.member_id, w.state, coalesce(s.market, m.market), coalesce(s.language, m.language),
               case when s.member_id is null then m.location else s.location end,
               coalesce(s.attributes::text, m.attributes::text), m.enrolled_at,
               coalesce(cardinality(f.attributes) > 0, false)
        from unnest(%s::text::bigint[], %s::text::bigint[]) as w (member_id, state)
        join members m on m.program_id = %s and m.member_id = w.member_id
        left join member_states s
          on s.program_id = m.program_id and s.member_id = m.member_id and s.state = w.state
        left join forgotten_members f on f.program_id = m.program_id and f.member_id = m.member_id
        """,
        (numbers([member for member, _ in wanted]), numbers([state for _, state in wanted]), program_id),
    )
    return [MemberThen._make(row) for row in rows]


def load_turns(tx: Transaction, program_id: int) -> list[Turned]:
    """When periods of budgets began."""
    rows = tx.execute(
        "select name, period, recorded_at from budget_periods where program_id = %s", (program_id,)
    )
    return [Turned._make(row) for row in rows]


def load_freed(tx: Transaction, program_id: int) -> list[Freed]:
    """What was set aside for requests that ended without being paid, in the order in which they ended."""
    rows = tx.execute(
        """
        select closed_at, id from holds
        where program_id = %s and member_id = 0 and state in ('released', 'expired') order by closed_at, id
        """,
        (program_id,),
    )
    return [Freed._make(row) for row in rows]


def load_texts(tx: Transaction, program_id: int) -> Mapping[int, tuple[str, str, str]]:
    """The versions of a program: key, text and hash."""
    rows = tx.execute(
        "select v.version, p.key, v.bundle, v.sha from program_versions v join programs p using (program_id)"
        " where program_id = %s order by 1",
        (program_id,),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def opened_at(tx: Transaction, program_id: int) -> datetime | None:
    """When the first version of a program was published."""
    row = tx.execute(
        "select min(live_from) from program_versions where program_id = %s", (program_id,)
    ).fetchone()
    return None if row is None else row[0]


def _next_month(instant: datetime) -> datetime:
    at = instant.astimezone(UTC)
    return datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
