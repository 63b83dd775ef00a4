"""The door's writes: deliveries, keys and inbox rows in one statement, and what is only counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction


class IntakeRow(msgspec.Struct, frozen=True, gc=False):
    """One arrival; `request` is the 1-based place of its delivery in the statement."""

    request: int
    position: int
    key: str
    payload_hash: int
    lane: int
    external_id: str


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """Something authentic that cannot be used as it is, and where in which delivery it stands."""

    connection: str
    reason: str
    detail: str
    external_id: str | None = None
    event_id: int | None = None
    delivery_id: int | None = None
    position: int | None = None
    # Where it was to be decided, and will be when it is tried again.
    lane: int | None = None


def record_intake(
    tx: Transaction,
    program_id: int,
    deliveries: Sequence[tuple[str, bytes]],
    rows: Sequence[IntakeRow],
    at: datetime,
) -> list[str]:
    """Keep deliveries (connection, sealed body) and their events.

    Gives a verdict per row: accepted, duplicate or reused.
    """
    found = tx.execute(
        """
        select verdict from record_intake(
          %s, %s::text[], %s::bytea[], %s,
          %s::text::integer[], %s::text::smallint[], %s::text::uuid[], %s::text::bigint[],
          %s::text::smallint[], %s::text::text[])
        """,
        (
            program_id,
            [connection for connection, _ in deliveries],
            [body for _, body in deliveries],
            at,
            # Written as array literals: joining digits is several times faster than adapting each number.
            numbers([r.request for r in rows]),
            numbers([r.position for r in rows]),
            "{" + ",".join([r.key for r in rows]) + "}",
            numbers([r.payload_hash for r in rows]),
            numbers([r.lane for r in rows]),
            texts([r.external_id for r in rows]),
        ),
        prepare=True,
    ).fetchall()
    return [row[0] for row in found]


def record_bodies(
    tx: Transaction, program_id: int, bodies: Sequence[tuple[str, bytes]], at: datetime
) -> list[int]:
    """Keep bodies (connection, sealed) of which no event goes to the inbox; an id for each, in order."""
    if not bodies:
        return []
    rows = tx.execute(
        """
        insert into deliveries (program_id, connection, body, recorded_at)
        select %s, c, b, %s from unnest(%s::text[], %s::bytea[]) with ordinality as r (c, b, n) order by n
        returning id
        """,
        (program_id, at, [connection for connection, _ in bodies], [body for _, body in bodies]),
    ).fetchall()
    return sorted(row[0] for row in rows)


def record_quarantine(tx: Transaction, program_id: int, rows: Sequence[QuarantineRow], at: datetime) -> None:
    """Set unusable things apart, all in one statement."""
    if not rows:
        return
    tx.execute(
        """
        insert into quarantine
          (program_id, connection, event_id, external_id, reason, detail, delivery_id, position, lane,
           recorded_at)
        select %s, c, e, x, r, d, v, p, l, %s
        from unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                    %s::smallint[], %s::smallint[])
          as q (c, e, x, r, d, v, p, l)
        """,
        (
            program_id,
            at,
            [q.connection for q in rows],
            [q.event_id for q in rows],
            [_printable(q.external_id) for q in rows],
            [q.reason for q in rows],
            [_printable(q.detail) for q in rows],
            [q.delivery_id for q in rows],
            [q.position for q in rows],
            [q.lane for q in rows],
        ),
    )


def _printable(text: str | None) -> str | None:
    return None if text is None else text.encode(errors="replace").decode().replace("\x00", "\\0")


def record_counts(
    tx: Transaction, program_id: int, counts: Mapping[tuple[str, str], int], at: datetime
) -> None:
    """Add to the counters of (connection, what) for the day."""
    keys = sorted(key for key, n in counts.items() if n)
    if not keys:
        return
    tx.execute(
        """
        insert into intake_counts (program_id, connection, day, what, n)
        select %s, c, %s, w, n from unnest(%s::text[], %s::text[], %s::bigint[]) as q (c, w, n)
        on conflict (program_id, connection, day, what) do update set n = intake_counts.n + excluded.n
        """,
        (program_id, at.date(), [c for c, _ in keys], [w for _, w in keys], [counts[key] for key in keys]),
    )
