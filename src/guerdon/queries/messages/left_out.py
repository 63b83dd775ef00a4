"""Who a broadcast is for, stretch by stretch, and what was counted, of its check and of its telling."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.store.messages.broadcasts.counts import Counted, Pass
from guerdon.store.messages.broadcasts.standing import Broadcast

# Of what was put into the outbox and has not ended.
WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Meant:
    """A member of the segment, in one of the markets, of whom we know who they are. `attributes` are JSON."""

    member_id: int
    market: str
    language: str
    attributes: str
    joined_at: datetime


def is_counted(tx: Transaction, broadcast: Broadcast) -> bool:
    """Whether it is known who is in its segment; one that is new is gone through first."""
    row = tx.execute(
        """
        select exists (
          select from segments
          where program_id = %s and segment = %s and built_at is not null and not removed)
        """,
        (broadcast.program_id, broadcast.segment),
    ).fetchone()
    return row is not None and bool(row[0])


def list_meant(tx: Transaction, broadcast: Broadcast, at_most: int) -> tuple[list[Meant], int | None]:
    """The next members after those gone through, so many of the segment; and the last one of the stretch.

    None: it was the last stretch. Whoever was forgotten is in the segment for a moment, and is meant no more.
    """
    rows = tx.execute(
        """
        with stretch as materialized (
          select member_id from segment_members
          where program_id = %(program)s and segment = %(segment)s and member_id > %(after)s
          order by member_id limit %(most)s
        )
        select s.member_id, m.market, m.language, m.attributes::text, m.enrolled_at,
               m.member_id is not null
               and (cardinality(%(markets)s::text[]) = 0 or m.market = any(%(markets)s::text[]))
               and exists (
                 select from persons p where p.program_id = %(program)s and p.member_id = s.member_id)
        from stretch s
        left join members m on m.program_id = %(program)s and m.member_id = s.member_id
        order by s.member_id
        """,
        {
            "program": broadcast.program_id,
            "segment": broadcast.segment,
            "after": broadcast.walked_to,
            "markets": list(broadcast.markets),
            "most": at_most,
        },
    ).fetchall()
    meant = [Meant(*row[:5]) for row in rows if row[5]]
    return meant, int(rows[-1][0]) if len(rows) == at_most else None


def list_counts(tx: Transaction, program_id: int, broadcast_id: int, of: Pass) -> list[Counted]:
    """What was counted in a pass, the largest first."""
    rows = tx.execute(
        """
        select market, outcome, channel, reason, members from broadcast_counts
        where program_id = %s and broadcast_id = %s and pass = %s
        order by members desc, market, outcome, channel, reason
        """,
        (program_id, broadcast_id, of),
    ).fetchall()
    return [Counted(*row) for row in rows]


def count_told(tx: Transaction, broadcast: Broadcast) -> Sequence[Counted]:
    """What became of a broadcast until now, counted anew: what ended by its state, what waits as `waiting`.

    Reasons are those of messages that were not sent, with all that differs from one member to the next.
    """
    rows = tx.execute(
        """
        select coalesce(b.market, ''), m.state, m.via, m.reason, count(*)
        from (
          select member_id, state, coalesce(via, channel) as via,
                 case when state in ('withheld', 'recalled', 'failed') then coalesce(reason, '') else '' end
                   as reason
          from messages where program_id = %(program)s and broadcast_id = %(id)s
          union all
          select member_id, 'waiting', coalesce(via, channel), ''
          from outbox where program_id = %(program)s and broadcast_id = %(id)s
        ) m
        left join members b on b.program_id = %(program)s and b.member_id = m.member_id
        group by 1, 2, 3, 4
        """,
        {"program": broadcast.program_id, "id": broadcast.id},
    ).fetchall()
    return [Counted(*row) for row in rows]
