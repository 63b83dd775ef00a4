"""All orders by their ids, for a file: each page begins where the one before it ended."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.queries.orders.standing import Sought
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order; amounts in the smallest part of their units."""

    id: int
    member_id: int
    reward_id: int
    item: str
    value: int
    unit: str
    market: str
    location: str | None
    supplier: str
    state: str
    reason: str
    currency: str | None
    face_minor: int | None
    chosen_at: datetime
    ordered_at: datetime | None
    settled_at: datetime | None
    opened_at: datetime | None


def list_orders(tx: Transaction, sought: Sought, limit: int, after: int | None = None) -> list[ListedOrder]:
    """Orders that are looked for; no queue, which is about what waits for people just now."""
    rows = tx.execute(
        """
        select f.order_id, f.member_id, o.reward_id, o.item, o.value, o.unit, m.market, m.location,
               f.supplier, f.state, f.reason, f.currency, f.face_minor, f.chosen_at, f.ordered_at,
               f.settled_at, f.opened_at
        from fulfillments f
        join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
        join members m on m.program_id = f.program_id and m.member_id = f.member_id
        where f.program_id = (select this_program())
          and (%(after)s::bigint is null or f.order_id > %(after)s)
          and (%(state)s::text is null or f.state = %(state)s)
          and (%(supplier)s::text is null or f.supplier = %(supplier)s)
          and (%(market)s::text is null or m.market = %(market)s)
          and (%(since)s::timestamptz is null or f.chosen_at >= %(since)s)
          and (%(item)s = '' or strpos(lower(o.item), lower(%(item)s)) > 0)
        order by f.order_id limit %(limit)s
        """,
        {
            "after": after,
            "state": sought.state,
            "supplier": sought.supplier,
            "market": sought.market,
            "since": sought.since,
            "item": sought.item,
            "limit": limit,
        },
    ).fetchall()
    return [ListedOrder(*row) for row in rows]
