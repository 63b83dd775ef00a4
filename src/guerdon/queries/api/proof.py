"""Seals over the audit."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class SealRow:
    """A seal over the audit, and when it was told outside, if it was."""

    number: int
    first_id: int
    last_id: int
    rows: int
    total_rows: int
    root: bytes
    previous: bytes
    sealed_at: datetime
    anchored_at: datetime | None


def list_seals(tx: Transaction, limit: int, before: int | None) -> list[SealRow]:
    """Seals over the audit, newest first."""
    rows = tx.execute(
        """
        select s.number, s.first_id, s.last_id, s.rows, s.total_rows, s.root, s.previous, s.sealed_at,
               a.anchored_at
        from seals s
        left join anchors a on a.program_id = s.program_id and a.number = s.number
        where s.program_id = (select this_program()) and (%(before)s::bigint is null or s.number < %(before)s)
        order by s.number desc limit %(limit)s
        """,
        {"before": before, "limit": limit},
    ).fetchall()
    return [SealRow(*row) for row in rows]
