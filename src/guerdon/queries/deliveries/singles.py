"""Single rewards of some weeks, each with its orders: what the figures are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.queries.deliveries.underway import Part
from guerdon.store.database import Transaction

_LAST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Single:
    """A reward, and one of its orders if it has any; None: not yet, or never."""

    member_id: int
    reward_id: int
    order_id: int | None
    rule: str
    market: str
    location: str
    supplier: str | None
    happened_at: datetime
    received_at: datetime
    decided_at: datetime
    approved_at: datetime | None
    issued_at: datetime
    chosen_at: datetime | None
    ordered_at: datetime | None
    ended_at: datetime | None
    opened_at: datetime | None
    used_at: datetime | None
    expected_at: datetime | None
    lead_minutes: int | None
    # given: nothing was ordered with it. Else how its order stands: open, there, failed or canceled.
    state: str


@dataclass(frozen=True, slots=True)
class Span:
    """Rewards of which we were told from `begin` until before `end`."""

    begin: datetime
    end: datetime


def list_singles(
    tx: Transaction, part: Part, span: Span, limit: int, after: Single | None = None, skipped: int = 0
) -> Sequence[Single]:
    """So many at most, the latest first: those that follow one, but the first so many of them."""
    rows = tx.execute(
        """
        select r.member_id, r.id, o.id, r.rule, r.market, r.location, o.supplier, r.happened_at,
               r.received_at, r.decided_at, r.approved_at, r.issued_at, o.chosen_at, o.ordered_at,
               o.ended_at, o.opened_at, o.used_at, o.expected_at, o.lead_minutes,
               coalesce(o.state, r.state)
        from delivery_marks r
        left join delivery_marks o
          on o.program_id = r.program_id and o.member_id = r.member_id and o.reward_id = r.id
          and o.kind = 'order'
        where r.program_id = this_program() and r.kind = 'reward'
          and r.received_at >= %(begin)s and r.received_at < %(end)s
          and (r.received_at, r.id) <= (%(after)s, %(reward)s)
          and ((r.received_at, r.id) < (%(after)s, %(reward)s) or o.id > %(order)s)
          and (%(rule)s::text is null or r.rule = %(rule)s)
          and (%(market)s::text is null or r.market = %(market)s)
          and (%(location)s::text is null or r.location = %(location)s)
          and (%(supplier)s::text is null or o.supplier = %(supplier)s)
        order by r.received_at desc, r.id desc, o.id
        limit %(limit)s offset %(skipped)s
        """,
        {
            "begin": span.begin,
            "end": span.end,
            "after": span.end if after is None else after.received_at,
            "reward": _LAST if after is None else after.reward_id,
            # One without an order has no other row.
            "order": _LAST if after is None or after.order_id is None else after.order_id,
            "rule": part.rule,
            "market": part.market,
            "location": part.location,
            "supplier": part.supplier,
            "limit": limit,
            "skipped": skipped,
        },
    ).fetchall()
    return [Single(*row) for row in rows]
