"""Accounts with suppliers as staff see them: how each is doing, what waits for it, what it said last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guerdon.store.database import Transaction

ANSWERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account: its breaker, what waits for it, and when it was asked last."""

    supplier: str
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    shut_at: datetime | None
    reason: str
    asked_at: datetime | None
    waiting: int
    unknown: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an account said last of an order."""

    supplier: str
    order_id: int
    state: str
    reason: str
    answered_at: datetime


def list_accounts(tx: Transaction) -> list[AccountRow]:
    """Accounts that were ever asked, or of which something waits."""
    rows: Sequence[tuple[Any, ...]] = tx.execute(
        """
        with waiting as (
          select supplier, count(*) as n, count(*) filter (where state = 'unknown') as unknown,
                 min(chosen_at) as oldest
          from fulfillments
          where program_id = (select this_program()) and state in ('reserved', 'ordered', 'unknown')
          group by 1
        ),
        lanes as (select * from supplier_lanes where program_id = (select this_program()))
        select supplier, coalesce(l.failures, 0), l.failing_since, l.rests_until, l.shut_at,
               coalesce(l.reason, ''), l.asked_at, coalesce(w.n, 0), coalesce(w.unknown, 0), w.oldest
        from lanes l full join waiting w using (supplier)
        where supplier not in ('pool', 'manual') order by supplier
        """
    ).fetchall()
    return [AccountRow(*row) for row in rows]


def list_answers(tx: Transaction, suppliers: Sequence[str]) -> list[Answer]:
    """The last few answers of each account."""
    rows = tx.execute(
        """
        select a.supplier, a.order_id, a.state, a.reason, a.answered_at
        from unnest(%s::text[]) as s (supplier)
        cross join lateral (
          select supplier, order_id, state, reason, answered_at from supplier_attempts
          where program_id = (select this_program()) and supplier = s.supplier and answered_at is not null
          order by answered_at desc limit %s
        ) a order by a.supplier, a.answered_at desc
        """,
        (list(suppliers), ANSWERS_SHOWN),
    ).fetchall()
    return [Answer(*row) for row in rows]
