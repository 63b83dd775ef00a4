"""Orders that are stuck: whoever was asked has not settled them for long, or nobody was asked in time."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Stuck:
    """An order with which it does not go on, where, and why."""

    member_id: int
    order_id: int
    supplier: str
    reason: str


def list_stuck(tx: Transaction, program_id: int, before: datetime) -> list[Stuck]:
    """Orders that were asked for before then and are not settled, or were due before; the oldest first.

    What staff deliver is theirs to know.
    """
    rows = tx.execute(
        """
        select member_id, order_id, supplier, reason from fulfillments
        where program_id = %(program)s
          and ((state = 'unknown' and ordered_at < %(before)s)
               or (state = 'ordered' and ordered_at < %(before)s and supplier <> 'manual')
               or (state = 'reserved' and next_at < %(before)s))
        order by coalesce(ordered_at, next_at), order_id limit %(most)s
        """,
        {"program": program_id, "before": before, "most": AT_MOST},
    ).fetchall()
    return [Stuck(*row) for row in rows]
