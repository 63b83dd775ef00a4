"""Data requests and erasures together: what waits by when it is due, and what ended by when it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A request. `kind`: erasure, or as data requests are called; `came_by`: by what way it came.

    `due_on` is a month after it came. `under_way`: orders of its member that an erasure waits for.
    `proof`: the row of the audit that proves it. `place` is its number among those of one moment.
    """

    kind: str
    member_id: int
    id: int
    came_by: str
    recorded_by: str
    asked_on: date
    due_on: date
    closed_at: datetime | None
    outcome: str | None
    proof: int | None
    under_way: int
    place: int


def list_open(tx: Transaction, zone: str, limit: int) -> list[AskedRow]:
    """Requests that wait, the first due first; days are of this time zone."""
    rows = tx.execute(
        """
        select *, 0 from (
          select 'erasure' as kind, e.member_id, e.id, e.method, e.asked_by,
                 (e.asked_at at time zone %(zone)s)::date as asked_on,
                 ((e.asked_at at time zone %(zone)s)::date + interval '1 month')::date as due_on,
                 e.done_at, null::text, null::bigint,
                 (select count(*) from fulfillments f
                  where f.program_id = e.program_id and f.member_id = e.member_id
                    and f.state in ('reserved', 'ordered', 'unknown'))
          from erasures e where e.program_id = (select this_program()) and e.done_at is null
          union all
          select kind, member_id, id, came_by, recorded_by, asked_on,
                 (asked_on + interval '1 month')::date, closed_at, outcome, proof, 0
          from data_requests where program_id = (select this_program()) and closed_at is null
        ) as waiting
        order by due_on, kind, id limit %(limit)s
        """,
        {"zone": zone, "limit": limit},
    ).fetchall()
    return [AskedRow(*row) for row in rows]


def list_closed(
    tx: Transaction, zone: str, limit: int, after: tuple[datetime, int] | None = None
) -> list[AskedRow]:
    """Requests that ended, newest first; `after`: what comes after this place (closed at, place)."""
    at, place = after or (None, None)
    rows = tx.execute(
        """
        select * from (
          (select 'erasure' as kind, member_id, id, method, asked_by,
                  (asked_at at time zone %(zone)s)::date as asked_on,
                  ((asked_at at time zone %(zone)s)::date + interval '1 month')::date, done_at as closed_at,
                  'done', null::bigint, 0, id * 2 as place
           from erasures where program_id = (select this_program()) and done_at is not null
             and (%(at)s::timestamptz is null
                  or done_at <= %(at)s and (done_at, id * 2) < (%(at)s, %(place)s::bigint))
           order by done_at desc, id desc limit %(limit)s)
          union all
          (select kind, member_id, id, came_by, recorded_by, asked_on,
                  (asked_on + interval '1 month')::date, closed_at, outcome, proof, 0, id * 2 + 1
           from data_requests where program_id = (select this_program()) and closed_at is not null
             and (%(at)s::timestamptz is null
                  or closed_at <= %(at)s and (closed_at, id * 2 + 1) < (%(at)s, %(place)s::bigint))
           order by closed_at desc, id desc limit %(limit)s)
        ) as ended
        order by closed_at desc, place desc limit %(limit)s
        """,
        {"zone": zone, "limit": limit, "at": at, "place": place},
    ).fetchall()
    return [AskedRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Waits:
    """How many requests wait, and how many of them are past their day."""

    number: int
    overdue: int


def counted(rows: Sequence[AskedRow], today: date) -> Waits:
    """Count requests that wait."""
    return Waits(len(rows), sum(row.due_on < today for row in rows))
