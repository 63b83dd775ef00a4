"""Single rewards of some weeks, each with its orders: what the figures are made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from guerdon.queries.deliveries.underway import Part
from guerdon.store.database import Transaction

AT_ONCE = 1_000


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


def list_singles(tx: Transaction, part: Part, begin: datetime, end: datetime, limit: int) -> Iterator[Single]:
    """So many rewards at most, of which we were told from `begin` until before `end`, the latest first."""
    with tx.cursor("delivery_singles") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(
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
              and (%(rule)s::text is null or r.rule = %(rule)s)
              and (%(market)s::text is null or r.market = %(market)s)
              and (%(location)s::text is null or r.location = %(location)s)
              and (%(supplier)s::text is null or o.supplier = %(supplier)s)
            order by r.received_at desc, r.id desc, o.id
            limit %(limit)s
            """,
            {
                "begin": begin,
                "end": end,
                "rule": part.rule,
                "market": part.market,
                "location": part.location,
                "supplier": part.supplier,
                "limit": limit,
            },
        )
        for row in cursor:
            yield Single(*row)
