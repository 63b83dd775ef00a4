"""Vouchers of old: each when it was asked for, and when it was with whoever it was for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher; `by_day`: of both times only the day is known."""

    requested_on: datetime
    delivered_on: datetime
    by_day: bool
    market: str = ""
    location: str = ""
    kind: str = ""

    @property
    def key(self) -> bytes:
        """The same for the same row."""
        times = (self.requested_on.isoformat(), self.delivered_on.isoformat(), str(self.by_day))
        cells = (*times, self.market, self.location, self.kind)
        said = "".join(f"{len(cell)}:{cell}" for cell in cells)
        return blake2b(said.encode(), digest_size=16).digest()


def record_vouchers(
    tx: Transaction, program_id: int, rows: Sequence[tuple[VoucherRow, int]], by: str, at: datetime
) -> int:
    """Keep vouchers, each with how many the same stood before it in its file; how many are new."""
    return tx.execute(
        """
        insert into old_deliveries (program_id, key, place, requested_on, delivered_on, by_day, market,
                                    location, kind, imported_by, imported_at)
        select %s, v.key, v.place, v.requested_on, v.delivered_on, v.by_day, v.market, v.location, v.kind,
               %s, %s
        from unnest(%s::bytea[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::text[],
                    %s::text[], %s::text[])
             as v (key, place, requested_on, delivered_on, by_day, market, location, kind)
        on conflict do nothing
        """,
        (
            *(program_id, by, at),
            [row.key for row, _ in rows],
            [place for _, place in rows],
            [row.requested_on for row, _ in rows],
            [row.delivered_on for row, _ in rows],
            [row.by_day for row, _ in rows],
            [row.market for row, _ in rows],
            [row.location for row, _ in rows],
            [row.kind for row, _ in rows],
        ),
    ).rowcount
