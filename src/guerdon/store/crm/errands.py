"""Errands: left by whoever decides, leased in sets by an object's name, and done with in sets.

A lease commits before anything is asked. What is left of an object meanwhile takes the lease away: what was
asked may be older than it, so it is asked once more. Whoever is killed in between loses the lease.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction
from guerdon.store.inbox import InboxRow

CHANNEL = "guerdon_errands"
Kind = Literal["contact", "deal"]
Step = Literal["read", "join", "gone", "forget"]


@dataclass(frozen=True, slots=True)
class NewErrand:
    """Something to be done for an event, or (without a row) for itself."""

    connection: str
    kind: Kind
    object: str
    step: Step
    row: InboxRow | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """An errand that is ours for now; without an event its number is 0, and it stands nowhere."""

    connection: str
    kind: Kind
    object: str
    step: Step
    event_id: int
    others: tuple[str, ...]
    lane: int | None
    delivery_id: int | None
    position: int | None
    recorded_at: datetime | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """Which errands are taken: of a kind, of one connection, of so many objects."""

    program_id: int
    connection: str
    kind: Kind
    fence: UUID
    now: datetime
    until: datetime
    at_most: int


def record_errands(tx: Transaction, program_id: int, new: Sequence[NewErrand], at: datetime) -> None:
    """Leave errands, due at once; one that is there already is due again."""
    rows = {(e.connection, e.kind, e.object, e.step, e.row.id if e.row else 0): e for e in new}
    if not rows:
        return
    errands = [rows[key] for key in sorted(rows)]
    places = [e.row for e in errands]
    tx.execute(
        """
        insert into errands (program_id, connection, kind, object, step, event_id, others, lane, delivery_id,
                             position, recorded_at, asked_at, next_at)
        select %s, c, k, o, s, e, string_to_array(t, ';'), l, d, p, r, %s, %s
        from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[],
                    %s::smallint[], %s::bigint[], %s::smallint[], %s::timestamptz[])
          as n (c, k, o, s, e, t, l, d, p, r)
        on conflict (program_id, connection, kind, object, step, event_id) do update
        set next_at = excluded.next_at, fence = null, others = excluded.others
        """,
        (
            *(program_id, at, at),
            [e.connection for e in errands],
            [e.kind for e in errands],
            [e.object for e in errands],
            [e.step for e in errands],
            [row.id if row else 0 for row in places],
            [";".join(e.others) for e in errands],
            [row.lane if row else None for row in places],
            [row.delivery_id if row else None for row in places],
            [row.position if row else None for row in places],
            [row.recorded_at if row else None for row in places],
        ),
    )
    tx.execute("select pg_notify(%s, '')", (CHANNEL,))


def wake_errands(
    tx: Transaction, program_id: int, named: Sequence[tuple[str, Kind, str]], at: datetime
) -> None:
    """Let what waits for objects (connection, kind, object) be asked again now, whoever asks already."""
    if not named:
        return
    woken = tx.execute(
        """
        with woken as materialized (
          -- In the order in which whoever has read them holds them.
          select e.connection, e.kind, e.object, e.event_id
          from (select distinct * from unnest(%s::text[], %s::text[], %s::text[])) as n (c, k, o)
          join errands e on e.program_id = %s and e.connection = c and e.kind = k and e.object = o
            and e.step = 'read'
          order by e.object, e.event_id for update of e
        )
        update errands e set next_at = %s, fence = null
        from woken w
        where e.program_id = %s and e.connection = w.connection and e.kind = w.kind and e.object = w.object
          and e.step = 'read' and e.event_id = w.event_id
        """,
        (
            [c for c, _, _ in named],
            [k for _, k, _ in named],
            [o for _, _, o in named],
            program_id,
            at,
            program_id,
        ),
    )
    if woken.rowcount:
        tx.execute("select pg_notify(%s, '')", (CHANNEL,))


def find_due(tx: Transaction, program_id: int, now: datetime) -> list[tuple[str, Kind]]:
    """Of which connections something is to be read, and what kind of it."""
    rows = tx.execute(
        """
        select distinct connection, kind from errands
        where program_id = %s and step = 'read' and next_at <= %s order by 1, 2
        """,
        (program_id, now),
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def lease_errands(tx: Transaction, lease: Lease) -> list[Held]:
    """Take what is to be read of the objects that are due longest, with all that waits for each of them."""
    rows = tx.execute(
        """
        with due as materialized (
          select object, min(next_at) as since, min('read') as step
          from (
            select object, next_at from errands
            where program_id = %(program)s and connection = %(connection)s and kind = %(kind)s
              and step = 'read' and next_at <= %(now)s
            order by next_at limit 4 * %(at_most)s) oldest
          group by object order by 2, 1 limit %(at_most)s
        ), ours as materialized (
          select e.* from due
          cross join lateral (
            select program_id, connection, kind, object, step, event_id from errands
            where program_id = %(program)s and connection = %(connection)s and kind = %(kind)s
              and object = due.object and step = due.step and (fence is null or next_at <= %(now)s)
            order by event_id for update skip locked) e
        )
        update errands e
        set fence = %(fence)s, next_at = %(until)s, attempts = e.attempts + 1
        from ours o
        -- By nothing but the key, here and above: looked up row by row, however much there is to read.
        where e.program_id = o.program_id and e.connection = o.connection and e.kind = o.kind
          and e.object = o.object and e.step = o.step and e.event_id = o.event_id
        returning e.connection, e.kind, e.object, e.step, e.event_id, e.others, e.lane, e.delivery_id,
                  e.position, e.recorded_at, e.asked_at
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "kind": lease.kind,
            "now": lease.now,
            "until": lease.until,
            "fence": lease.fence,
            "at_most": lease.at_most,
        },
    ).fetchall()
    return sorted((_held(row) for row in rows), key=lambda held: (held.object, held.event_id))


def hold_errands(tx: Transaction, program_id: int, leased: Sequence[Held], fence: UUID) -> list[Held]:
    """What is still ours of a lease, locked until this transaction ends."""
    rows = tx.execute(
        """
        select e.connection, e.kind, e.object, e.step, e.event_id, e.others, e.lane, e.delivery_id,
               e.position, e.recorded_at, e.asked_at
        from unnest(%s::text::text[], %s::text::text[], %s::text::text[], %s::text::bigint[])
          as d (c, k, o, i)
        join errands e on e.program_id = %s and e.connection = c and e.kind = k and e.object = o
          and e.step = 'read' and e.event_id = i
        where e.fence = %s order by e.object, e.event_id for update of e
        """,
        (*_names(leased), program_id, fence),
    ).fetchall()
    return [_held(row) for row in rows]


def take_told(tx: Transaction, program_id: int, now: datetime, at_most: int) -> list[Held]:
    """What can be done without asking anybody, out of the table, in the order in which it was left."""
    rows = tx.execute(
        """
        delete from errands e using (
          select connection, kind, object, step, event_id from errands
          where program_id = %(program)s and step <> 'read' and next_at <= %(now)s
          order by asked_at, event_id limit %(at_most)s for update skip locked
        ) o
        where e.program_id = %(program)s and e.connection = o.connection and e.kind = o.kind
          and e.object = o.object and e.step = o.step and e.event_id = o.event_id
        returning e.connection, e.kind, e.object, e.step, e.event_id, e.others, e.lane, e.delivery_id,
                  e.position, e.recorded_at, e.asked_at
        """,
        {"program": program_id, "now": now, "at_most": at_most},
    ).fetchall()
    return sorted((_held(row) for row in rows), key=lambda held: (held.asked_at, held.event_id))


def finish_errands(tx: Transaction, program_id: int, done: Sequence[Held]) -> None:
    """They are done with."""
    if not done:
        return
    gone = tx.execute(
        """
        delete from errands e
        using unnest(%s::text::text[], %s::text::text[], %s::text::text[], %s::text::bigint[])
          as d (c, k, o, i)
        where e.program_id = %s and e.connection = c and e.kind = k and e.object = o and e.step = 'read'
          and e.event_id = i
        """,
        (*_names(done), program_id),
    )
    assert gone.rowcount == len(done), "they were locked by us"


def put_off(tx: Transaction, program_id: int, held: Sequence[Held], reason: str, until: datetime) -> None:
    """Let go of them for a time, and say why."""
    if not held:
        return
    tx.execute(
        """
        update errands e set fence = null, next_at = %s, reason = %s
        from unnest(%s::text::text[], %s::text::text[], %s::text::text[], %s::text::bigint[])
          as d (c, k, o, i)
        where e.program_id = %s and e.connection = c and e.kind = k and e.object = o and e.step = 'read'
          and e.event_id = i
        """,
        (until, reason, *_names(held), program_id),
    )


def stand_still(tx: Transaction, program_id: int, connection: str, reason: str) -> None:
    """Say of everything of a connection why it is not read."""
    tx.execute(
        """
        update errands set reason = %(reason)s
        where program_id = %(program)s and connection = %(connection)s and step = 'read' and fence is null
          and reason <> %(reason)s
        """,
        {"program": program_id, "connection": connection, "reason": reason},
    )


def go_on(tx: Transaction, program_id: int, connection: str) -> None:
    """Say of nothing of a connection any more that it stands still: it answers again."""
    tx.execute(
        """
        update errands set reason = ''
        where program_id = %s and connection = %s and step = 'read' and fence is null
          and reason not in ('', 'no_contact')
        """,
        (program_id, connection),
    )


def _names(held: Sequence[Held]) -> tuple[str, str, str, str]:
    return (
        texts(h.connection for h in held),
        texts(h.kind for h in held),
        texts(h.object for h in held),
        numbers(h.event_id for h in held),
    )


def _held(row: tuple[object, ...]) -> Held:
    connection, kind, name, step, event_id, others, *place = row
    return Held(connection, kind, name, step, event_id, tuple(others), *place)  # type: ignore[arg-type]
