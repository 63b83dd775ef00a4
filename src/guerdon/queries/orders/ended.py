"""What of an order's cost has ended while it was kept for it: called off by its member, that is lost.

What was lost then is kept as the reason of the order, for its lots may be given days more later.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.values.money import Money

# An amount of a unit as `told_of` writes it, and as `as_reason` does.
_TOLD = re.compile(r"(?P<unit>[^\s:@]+):(?P<amount>[0-9]{1,18})")
_LOST = re.compile(_TOLD.pattern + r"@(?P<at>\S+)")


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


def list_taken(tx: Transaction, program_id: int, key: tuple[int, int]) -> Sequence[Money]:
    """What rules took back of what was kept for an order (member, order), or will when it ends, by unit."""
    rows = tx.execute(
        """
        select sum(o.amount)::bigint, r.unit
        from order_reversals o
        join rewards r
          on r.program_id = o.program_id and r.member_id = o.member_id and r.id = o.reward_id
        where o.program_id = %s and o.member_id = %s and o.order_id = %s
          and coalesce(o.came_to, 'taken_back') = 'taken_back'
        group by r.unit order by r.unit
        """,
        (program_id, *key),
        prepare=True,
    ).fetchall()
    return [Money(amount, unit) for amount, unit in rows]


def as_reason(lost: Iterable[Ended]) -> str:
    """What was lost as an order keeps it, unit by unit with its end; empty where nothing was."""
    return " ".join(f"{told_of([each.value])}@{each.ended_at.isoformat()}" for each in lost)


def lost_by(reason: str) -> Sequence[Ended]:
    """What was lost by calling an order off, as its reason keeps it."""
    found = [_LOST.fullmatch(part) for part in reason.split()]
    return [
        Ended(Money(int(each["amount"]), each["unit"]), datetime.fromisoformat(each["at"]))
        for each in found
        if each is not None
    ]


def is_told(ended: Iterable[Ended], told: str) -> bool:
    """Whether all that has ended is among what a form tells back; more may be: that is theirs by now."""
    said = Counter[str]()
    for each in filter(None, map(_TOLD.fullmatch, told.split())):
        said[each["unit"]] += int(each["amount"])
    losing = Counter[str]()
    for lost in ended:
        losing[lost.value.unit] += lost.value.amount_minor
    return losing <= said


def told_of(lost: Iterable[Money]) -> str:
    """What is lost as a form tells it back, unit by unit; empty where nothing is."""
    return " ".join(f"{each.unit}:{each.amount_minor}" for each in lost)
