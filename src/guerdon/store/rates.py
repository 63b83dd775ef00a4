"""Rates as they were imported: one unit in another on a day, written once and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class RateRow:
    """So much of `quote` is one unit of `base` on a day, says the source."""

    day: date
    base: str
    quote: str
    rate: Decimal
    source: str

    @property
    def key(self) -> tuple[date, str, str]:
        """What there is one rate for."""
        return (self.day, self.base, self.quote)


def load_rates(
    tx: Transaction, program_id: int, rows: Sequence[RateRow]
) -> dict[tuple[date, str, str], Decimal]:
    """Those of the same days and pairs that are known already."""
    found = tx.execute(
        """
        select r.day, r.base, r.quote, r.rate from rates r
        join unnest(%s::date[], %s::text[], %s::text[]) as w (day, base, quote) using (day, base, quote)
        where r.program_id = %s
        """,
        ([row.day for row in rows], [row.base for row in rows], [row.quote for row in rows], program_id),
    ).fetchall()
    return {(day, base, quote): rate for day, base, quote, rate in found}


def record_rates(tx: Transaction, program_id: int, rows: Sequence[RateRow], at: datetime) -> None:
    """Write rates down that are not known yet; the table's key refuses a second one."""
    tx.execute(
        """
        insert into rates (program_id, day, base, quote, rate, source, imported_at)
        select %s, d, b, q, r, s, %s
        from unnest(%s::date[], %s::text[], %s::text[], %s::numeric[], %s::text[]) as n (d, b, q, r, s)
        """,
        (
            program_id,
            at,
            [row.day for row in rows],
            [row.base for row in rows],
            [row.quote for row in rows],
            [row.rate for row in rows],
            [row.source for row in rows],
        ),
    )


def lock_rates(tx: Transaction, program_id: int) -> None:
    """One import of a program at a time, so that two of the same file are one after the other."""
    tx.execute("select pg_advisory_xact_lock(1735289448, %s)", (program_id,))
