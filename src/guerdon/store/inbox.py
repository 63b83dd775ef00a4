"""The inbox: what is still to be decided.

The worker that leases a lane reads and clears it; nobody else does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from guerdon.store.arrays import numbers
from guerdon.store.database import Transaction


class InboxRow(msgspec.Struct, frozen=True, gc=False):
    """One event still to be decided, and where its bytes stand."""

    id: int
    program_id: int
    lane: int
    connection: str
    delivery_id: int
    position: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An event whose contact we do not know yet."""

    row: InboxRow
    source: str
    external_id: str
    type: str
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """An event that goes back to the inbox, and where its bytes stand now."""

    id: int
    lane: int
    connection: str
    delivery_id: int
    position: int
    recorded_at: datetime


def find_inbox(tx: Transaction, lanes: Sequence[int], at_most: int) -> list[InboxRow]:
    """The oldest events of some lanes, in the order in which they were recorded."""
    rows = tx.execute(
        """
        select id, program_id, lane, connection, delivery_id, position, recorded_at
        from inbox where lane = any(%s) order by id limit %s
        """,
        (list(lanes), at_most),
        prepare=True,
    ).fetchall()
    return [InboxRow(*row) for row in rows]


def load_bodies(tx: Transaction, program_id: int, deliveries: dict[int, datetime]) -> dict[int, bytes]:
    """The sealed bodies of deliveries, by id; the times let the server look into the right month only."""
    if not deliveries:
        return {}
    rows = tx.execute(
        """
        select id, body from deliveries
        where program_id = %s and id = any(%s) and recorded_at between %s and %s
        """,
        (program_id, list(deliveries), min(deliveries.values()), max(deliveries.values())),
    ).fetchall()
    return dict(rows)


def clear_inbox(tx: Transaction, ids: Sequence[int]) -> None:
    """Take decided events out of the inbox.

    Every one of them must have been there, else somebody else decided it.
    """
    gone = tx.execute("delete from inbox where id = any(%s::text::bigint[])", (numbers(ids),), prepare=True)
    assert gone.rowcount == len(ids), f"{len(ids) - gone.rowcount} events were decided by somebody else"


def return_to_inbox(tx: Transaction, program_id: int, events: Sequence[Placed]) -> None:
    """Let events be decided that left the inbox before, under their own ids."""
    if not events:
        return
    tx.execute(
        """
        insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
        select %s, i, l, c, d, p, r
        from unnest(%s::bigint[], %s::smallint[], %s::text[], %s::bigint[], %s::smallint[], %s::timestamptz[])
          as e (i, l, c, d, p, r) order by i
        """,
        (
            program_id,
            [e.id for e in events],
            [e.lane for e in events],
            [e.connection for e in events],
            [e.delivery_id for e in events],
            [e.position for e in events],
            [e.recorded_at for e in events],
        ),
    )
    tx.execute("select pg_notify('guerdon_inbox', '')")


def record_waiting(tx: Transaction, program_id: int, rows: Sequence[WaitingRow], at: datetime) -> None:
    """Let events wait for their contact, where everybody can see them."""
    if not rows:
        return
    tx.execute(
        """
        insert into waiting (program_id, source, external_id, id, lane, connection, delivery_id, position,
                             type, happened_at, recorded_at, waiting_since)
        select %s, w.*, %s
        from unnest(%s::text[], %s::text[], %s::bigint[], %s::smallint[], %s::text[], %s::bigint[],
                    %s::smallint[], %s::text[], %s::timestamptz[], %s::timestamptz[]) as w
        """,
        (
            program_id,
            at,
            [w.source for w in rows],
            [w.external_id for w in rows],
            [w.row.id for w in rows],
            [w.row.lane for w in rows],
            [w.row.connection for w in rows],
            [w.row.delivery_id for w in rows],
            [w.row.position for w in rows],
            [w.type for w in rows],
            [w.happened_at for w in rows],
            [w.row.recorded_at for w in rows],
        ),
    )


def release_waiting(tx: Transaction, program_id: int) -> int:
    """Put events whose contact is known by now back into the inbox; returns how many."""
    moved = tx.execute(
        """
        with known as (
          delete from waiting w using member_ids m
          where w.program_id = %s
            and m.program_id = w.program_id and m.source = w.source and m.external_id = w.external_id
          returning w.*
        )
        insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
        select program_id, id, lane, connection, delivery_id, position, recorded_at from known order by id
        """,
        (program_id,),
    )
    return moved.rowcount
