"""What a batch lets wait for people, as rows: the pools' holds that keep the money of held rewards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import POOL_OWNER
from guerdon.store.approvals.reserves import purpose_of
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a pool sets aside for a request, which gives it its id."""

    request_id: int
    account: str
    unit: str
    amount: int


def record_reserved(tx: Transaction, program_id: int, reserved: Sequence[Reserved], at: datetime) -> None:
    """Open the holds; what the accounts set aside in all is changed with the pools."""
    if not reserved:
        return
    tx.execute(
        """
        insert into holds (program_id, member_id, id, account, unit, amount, purpose, opened_at)
        select %s, %s, i, n, u, a, p, %s
        from unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[]) as h (i, n, u, a, p)
        """,
        (
            program_id,
            POOL_OWNER,
            at,
            [each.request_id for each in reserved],
            [each.account for each in reserved],
            [each.unit for each in reserved],
            [each.amount for each in reserved],
            [purpose_of(each.request_id) for each in reserved],
        ),
    )
