"""What stands in a connection's way: what waits to be read, was set apart, or was not taken, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.store.database import Transaction

# Counted so far and no further: more are as many as one has to know.
COUNTED_MAX = 100_000
ROWS_MAX = 50
What = Literal["read", "apart", "contact", "event"]


@dataclass(frozen=True, slots=True)
class Hindrance:
    """So many of a kind for one reason, the oldest since then; `name`: of which property or event it is."""

    what: What
    name: str
    reason: str
    count: int
    since: datetime


def list_hindrances(tx: Transaction, connection: str) -> Sequence[Hindrance]:
    """All of it, by kind, the most frequent first; what waits for its turn and nothing else has no reason."""
    rows = tx.execute(
        """
        with of as (select (select this_program()) as program_id, %(connection)s::text as connection),
        found as (
          select 'read' as what, '' as name, reason, at from (
            select reason, asked_at as at from of join errands using (program_id, connection)
            where step = 'read' limit %(most)s) e
          union all
          select 'apart', '', reason, at from (
            select reason, recorded_at as at from of join quarantine using (program_id, connection)
            where settled_at is null limit %(most)s) q
          union all
          select 'contact', e.key, split_part(e.value, ':', 1), at from (
            select refused, settled_at as at from of join writeback_contacts using (program_id, connection)
            where state = 'failed' limit %(most)s) c, jsonb_each_text(c.refused) e
          union all
          select 'event', event, split_part(reason, ':', 1), at from (
            select event, reason, settled_at as at
            from of join writeback_events using (program_id, connection)
            where state = 'failed' limit %(most)s) w
        )
        select what, name, reason, count(*), min(at) from found group by 1, 2, 3
        order by array_position(array['read', 'apart', 'contact', 'event'], what), 4 desc, 2, 3
        limit %(rows)s
        """,
        {"connection": connection, "most": COUNTED_MAX, "rows": ROWS_MAX},
    ).fetchall()
    return [Hindrance(*row) for row in rows]
