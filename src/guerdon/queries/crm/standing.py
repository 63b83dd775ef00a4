"""How connections stand: what came by them lately, what waits, and the last requests as they were kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from guerdon.store.database import Transaction

# Counted so far and no further: more are as many as one has to know.
COUNTED_MAX = 100_000
LOOKED_AT_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a connection brought since a day, and what stands where now."""

    received: int = 0
    duplicates: int = 0
    ignored: int = 0
    rejected: int = 0
    quarantined: int = 0
    errands: int = 0
    oldest_errand: datetime | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A request as it was kept."""

    id: int
    sealed: bytes
    recorded_at: datetime


def count_connections(tx: Transaction, since: date) -> Mapping[str, Numbers]:
    """The numbers of every connection that has any."""
    rows = tx.execute(
        """
        with counts as (
          select connection, max(day) filter (where what in ('accepted', 'duplicate')) as last_day,
                 coalesce(sum(n) filter (where what = 'accepted'), 0)::bigint as received,
                 coalesce(sum(n) filter (where what in ('duplicate', 'told_twice')), 0)::bigint as duplicates,
                 coalesce(sum(n) filter (where what = 'ignored'), 0)::bigint as ignored,
                 coalesce(sum(n) filter (where what like 'rejected%%'), 0)::bigint as rejected
          from intake_counts where program_id = (select this_program()) and day >= %(since)s
          group by connection
        ), parked as (
          select connection, count(*) as n from (
            select connection from quarantine
            where program_id = (select this_program()) and settled_at is null limit %(most)s) q
          group by connection
        ), sent as (
          select connection, count(*) as n, min(asked_at) as oldest from (
            select connection, asked_at from errands
            where program_id = (select this_program()) limit %(most)s) e
          group by connection
        )
        select connection, coalesce(c.received, 0), coalesce(c.duplicates, 0), coalesce(c.ignored, 0),
               coalesce(c.rejected, 0), coalesce(p.n, 0), coalesce(s.n, 0), s.oldest, c.last_day
        from counts c full join parked p using (connection) full join sent s using (connection)
        """,
        {"since": since, "most": COUNTED_MAX},
    ).fetchall()
    return {row[0]: Numbers(*row[1:]) for row in rows}


def list_last(tx: Transaction, connection: str, at_most: int) -> list[Kept]:
    """The last requests of a connection, newest first, among the last of all."""
    rows = tx.execute(
        """
        select id, body, recorded_at from (
          select id, connection, body, recorded_at from deliveries
          where program_id = (select this_program()) order by id desc limit %s) d
        where connection = %s order by id desc limit %s
        """,
        (LOOKED_AT_MAX, connection, at_most),
    ).fetchall()
    return [Kept(*row) for row in rows]
