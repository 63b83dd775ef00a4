"""What of an order's cost has ended while it was kept for it: called off by its member, that is lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.values.money import Money


@dataclass(frozen=True, slots=True)
class Ended:
    """So much of what pays for an order was good until `ended_at`, of one unit: the latest of its ends."""

    value: Money
    ended_at: datetime


def list_ended(tx: Transaction, program_id: int, key: tuple[int, int], at: datetime) -> Sequence[Ended]:
    """What is, or was, kept for an order (member, order) and had ended by an instant: of its own unit first.

    What a rule takes back of it is not the member's in any case, and is not among it.
    """
    rows = tx.execute(
        """
        select sum(l.amount - coalesce(w.amount, 0))::bigint, h.unit, max(r.expires_at)
        from holds h
        join hold_lots l
          on l.program_id = h.program_id and l.member_id = h.member_id and l.hold_id = h.id
        join rewards r
          on r.program_id = l.program_id and r.member_id = l.member_id and r.id = l.reward_id
        left join lateral (
          select sum(o.amount)::bigint as amount from order_reversals o
          where o.program_id = l.program_id and o.member_id = l.member_id and o.order_id = %(order)s
            and o.reward_id = l.reward_id
        ) w on true
        where h.program_id = %(program)s and h.member_id = %(member)s
          and (h.id = %(order)s
               or h.id in (select b.hold_id from order_balances b
                           where b.program_id = %(program)s and b.member_id = %(member)s
                             and b.order_id = %(order)s))
          and r.expires_at <= %(at)s and l.amount > coalesce(w.amount, 0)
        group by h.id, h.unit order by (h.id = %(order)s) desc
        """,
        {"program": program_id, "member": key[0], "order": key[1], "at": at},
        prepare=True,
    ).fetchall()
    return [Ended(Money(amount, unit), ended_at) for amount, unit, ended_at in rows]


def told_of(lost: Iterable[Money]) -> str:
    """What is lost as a form tells it back, unit by unit; empty where nothing is."""
    return " ".join(f"{each.unit}:{each.amount_minor}" for each in lost)
