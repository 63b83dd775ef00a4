"""Orders that people work on: who has one, until when, and how often it was asked for before."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Hands:
    """A locked order as staff find it: who delivers, whether a clock looks after it, who works on it.

    `attempt`: the number of its latest attempt. `said`: what that came to, sealed, and the key that it
    is sealed for. `asked_at`: when somebody was first asked. `claimed_until`: a worker asks just now.
    """

    supplier: str
    next_at: datetime | None
    taken_by: str | None
    taken_until: datetime | None
    attempt: int
    key: str
    said: bytes | None
    asked_at: datetime | None
    claimed_until: datetime | None


def load_hands(tx: Transaction, program_id: int, member_id: int, order_id: int) -> Hands | None:
    """Who works on a locked order."""
    row = tx.execute(
        """
        select f.supplier, f.next_at, f.taken_by, f.taken_until, coalesce(a.attempt, 0), coalesce(a.key, ''),
               a.said, f.ordered_at, f.claimed_until
        from fulfillments f
        left join lateral (
          select attempt, key, said from supplier_attempts a
          where a.program_id = f.program_id and a.member_id = f.member_id and a.order_id = f.order_id
          order by attempt desc limit 1
        ) a on true
        where f.program_id = %s and f.member_id = %s and f.order_id = %s
        """,
        (program_id, member_id, order_id),
    ).fetchone()
    return Hands(*row) if row is not None else None


def settle_hands(
    tx: Transaction, program_id: int, key: tuple[int, int], hands: tuple[str, datetime] | None
) -> None:
    """Let an order (member, order) be somebody's until then, or nobody's."""
    by, until = hands if hands is not None else (None, None)
    tx.execute(
        """
        update fulfillments set taken_by = %s, taken_until = %s
        where program_id = %s and member_id = %s and order_id = %s
        """,
        (by, until, program_id, *key),
    )


def settle_sooner(tx: Transaction, program_id: int, key: tuple[int, int], now: datetime) -> bool:
    """Have an open order looked at now; False when no clock looks after it."""
    moved = tx.execute(
        """
        update fulfillments set next_at = least(next_at, %s)
        where program_id = %s and member_id = %s and order_id = %s and next_at is not null
        """,
        (now, program_id, *key),
    )
    return moved.rowcount == 1
