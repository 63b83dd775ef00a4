"""Visits as a location remembers them: who was there when, what was confirmed, and by whom."""

from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.values.app.visits import Visit


def record_visit(tx: Transaction, visit: Visit, market: str, kind: str, by: str) -> None:
    """Write down that a visit was confirmed; `by` as the audit names them. Again it is the same one."""
    tx.execute(
        """
        insert into location_visits (program_id, member_id, location, market, taken_at, type, confirmed_by)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (visit.program_id, visit.member_id, visit.location, market, visit.taken_at, kind, by),
    )


def was_at(tx: Transaction, program_id: int, member_id: int, location: str) -> datetime | None:
    """When a member was last at a location; None: nobody confirmed that they ever were."""
    row = tx.execute(
        """
        select taken_at from location_visits where program_id = %s and member_id = %s and location = %s
        order by taken_at desc limit 1
        """,
        (program_id, member_id, location),
    ).fetchone()
    return row[0] if row else None
