"""Orders as staff see them: where each stands, worst first; and all that befell one, without its codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from guerdon.store.database import Transaction, see_by_sets
from guerdon.values.ids import show

# staff: they deliver it. person: no machine goes on, and somebody says what became of it. cases: a member
# says that it does not work.
Queue = Literal["staff", "person", "cases"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
STATES = ("reserved", "ordered", "unknown", "fulfilled", "failed", "canceled", "returned")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which orders are looked for; None and empty leave nothing out."""

    queue: Queue | None = None
    state: str | None = None
    supplier: str | None = None
    item: str = ""
    market: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list. `case_id`: of the open case about it."""

    member_id: int
    order_id: int
    item: str
    value: int
    unit: str
    # What a balance paid beside, and of which unit.
    beside: int | None
    beside_unit: str | None
    market: str
    supplier: str
    state: str
    reason: str
    chosen_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    taken_by: str | None
    taken_until: datetime | None
    complained_at: datetime | None


# Three ways in, each by an index: open orders, which are few; the latest settled; those complained of.
_STANDING = """
    with found as (
      select f.member_id, f.order_id
      from fulfillments f
      join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
      join members m on m.program_id = f.program_id and m.member_id = f.member_id
      where f.program_id = (select this_program()) and f.state in ('reserved', 'ordered', 'unknown')
        and case %(queue)s::text
              when 'cases' then false
              when 'staff' then f.supplier = 'manual' and f.state <> 'unknown' and f.next_at is null
              when 'person' then f.state = 'unknown' and f.next_at is null
              else true end
        and (%(state)s::text is null or f.state = %(state)s)
        and (%(supplier)s::text is null or f.supplier = %(supplier)s)
        and (%(market)s::text is null or m.market = %(market)s)
        and (%(since)s::timestamptz is null or f.chosen_at >= %(since)s)
        and (%(item)s = '' or strpos(lower(o.item), lower(%(item)s)) > 0)
      union all
      -- By its index: an order and its member are only asked for where they decide.
      (select f.member_id, f.order_id
       from fulfillments f
       where f.program_id = (select this_program()) and f.settled_at is not null and %(queue)s::text is null
         and (%(state)s::text is null or f.state = %(state)s)
         and (%(supplier)s::text is null or f.supplier = %(supplier)s)
         and (%(since)s::timestamptz is null or f.chosen_at >= %(since)s)
         and (%(market)s::text is null or exists (
           select from members m
           where m.program_id = f.program_id and m.member_id = f.member_id and m.market = %(market)s))
         and (%(item)s = '' or exists (
           select from orders o
           where o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
             and strpos(lower(o.item), lower(%(item)s)) > 0))
       order by f.settled_at desc limit %(most)s)
      union all
      (select c.member_id, c.order_id
       from order_cases c
       join fulfillments f
         on f.program_id = c.program_id and f.member_id = c.member_id and f.order_id = c.order_id
       join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
       join members m on m.program_id = f.program_id and m.member_id = f.member_id
       where c.program_id = (select this_program()) and c.state = 'open' and %(queue)s::text = 'cases'
         and (%(state)s::text is null or f.state = %(state)s)
         and (%(supplier)s::text is null or f.supplier = %(supplier)s)
         and (%(market)s::text is null or m.market = %(market)s)
         and (%(since)s::timestamptz is null or f.chosen_at >= %(since)s)
         and (%(item)s = '' or strpos(lower(o.item), lower(%(item)s)) > 0)
       order by c.opened_at limit %(most)s)
    )
    select f.member_id, f.order_id, o.item, o.value, o.unit, b.amount, b.unit, m.market, f.supplier, f.state,
           f.reason, f.chosen_at, f.next_at, f.settled_at, f.taken_by, f.taken_until, c.opened_at
    from found n
    join fulfillments f on f.program_id = (select this_program()) and f.member_id = n.member_id
      and f.order_id = n.order_id
    join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
    join members m on m.program_id = f.program_id and m.member_id = f.member_id
    left join order_balances b on b.program_id = f.program_id and b.member_id = f.member_id
      and b.order_id = f.order_id
    left join order_cases c on c.program_id = f.program_id and c.member_id = f.member_id
      and c.order_id = f.order_id and c.state = 'open'
    order by case when %(queue)s::text = 'cases' then c.opened_at end, f.settled_at is not null,
             f.state <> 'unknown', case when f.settled_at is null then f.chosen_at end, f.settled_at desc,
             f.order_id
    limit %(most)s
"""


def list_standing(tx: Transaction, sought: Sought, at_most: int) -> list[OrderRow]:
    """Orders that are looked for: unknown ones first, then open ones, the oldest first; then all others."""
    see_by_sets(tx)
    rows = tx.execute(
        _STANDING,
        {
            "queue": sought.queue,
            "state": sought.state,
            "supplier": sought.supplier,
            "market": sought.market,
            "since": sought.since,
            "item": sought.item,
            "most": at_most,
        },
    ).fetchall()
    return [OrderRow(*row) for row in rows]


def count_queues(tx: Transaction) -> dict[str, int]:
    """How many orders wait for people, by what for."""
    see_by_sets(tx)
    row = tx.execute(
        """
        select count(*) filter (where supplier = 'manual' and state in ('reserved', 'ordered')),
               count(*) filter (where state = 'unknown'),
               (select count(*) from order_cases
                where program_id = (select this_program()) and state = 'open')
        from fulfillments
        where program_id = (select this_program()) and state in ('reserved', 'ordered', 'unknown')
          and next_at is null
        """
    ).fetchone()
    assert row is not None
    return dict(zip(QUEUES, row, strict=True))


@dataclass(frozen=True, slots=True)
class Attempted:
    """One time that a supplier was asked. `said`: its words, sealed for `key`."""

    number: int
    supplier: str
    key: str
    state: str
    asks: int
    their_id: str | None
    first_asked_at: datetime
    asked_at: datetime
    answered_at: datetime | None
    reason: str
    said: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderStory:
    """An order with all that is known of it; its code is told by its state alone.

    `returns_asked`: when its supplier was asked to take it back, whatever they said.
    """

    row: OrderRow
    reward_id: int
    item_id: int | None
    slot_id: int | None
    device: str
    currency: str | None
    face_minor: int | None
    ordered_at: datetime | None
    opened_at: datetime | None
    code_state: str | None
    used_at: datetime | None
    good_until: datetime | None
    attempts: Sequence[Attempted]
    called: Sequence[tuple[str, datetime]]
    returns_asked: Sequence[datetime]


def load_story(tx: Transaction, order_id: int) -> OrderStory | None:
    """One order; None where there is none, or not for whoever asks."""
    row = tx.execute(
        """
        select f.member_id, f.order_id, o.item, o.value, o.unit, b.amount, b.unit, m.market, f.supplier,
               f.state, f.reason, f.chosen_at, f.next_at, f.settled_at, f.taken_by, f.taken_until,
               null::timestamptz, o.reward_id, f.item_id, f.slot_id, o.device, f.currency, f.face_minor,
               f.ordered_at,
               f.opened_at, c.state, c.used_at, nullif(c.expires_at, 'infinity')
        from fulfillments f
        join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
        join members m on m.program_id = f.program_id and m.member_id = f.member_id
        left join order_balances b
          on b.program_id = f.program_id and b.member_id = f.member_id and b.order_id = f.order_id
        left join codes c on c.program_id = f.program_id and c.order_id = f.order_id
        where f.program_id = (select this_program()) and f.order_id = %s
        """,
        (order_id,),
    ).fetchone()
    if row is None:
        return None
    attempts = [Attempted(*each) for each in _attempts(tx, row[0], order_id)]
    known: Sequence[Any] = (*row[17:], attempts, _called(tx, attempts), _returns_asked(tx, order_id))
    return OrderStory(OrderRow(*row[:17]), *known)


def _attempts(tx: Transaction, member_id: int, order_id: int) -> list[tuple[Any, ...]]:
    return tx.execute(
        """
        select attempt, supplier, key, state, asks, their_id, first_asked_at, asked_at, answered_at, reason,
               said
        from supplier_attempts
        where program_id = (select this_program()) and member_id = %s and order_id = %s order by attempt
        """,
        (member_id, order_id),
    ).fetchall()


def _called(tx: Transaction, attempts: Sequence[Attempted]) -> list[tuple[str, datetime]]:
    if not attempts:
        return []
    return tx.execute(
        """
        select supplier, noted_at from supplier_notices n
        where program_id = (select this_program())
          and exists (select from unnest(%s::text[], %s::text[], %s::text[]) as a (supplier, their_id, key)
                      where a.supplier = n.supplier
                        and (a.their_id = nullif(n.their_id, '') or starts_with(a.key, nullif(n.ref, ''))))
        order by noted_at
        """,
        (
            [each.supplier for each in attempts],
            [each.their_id for each in attempts],
            [each.key for each in attempts],
        ),
    ).fetchall()


def _returns_asked(tx: Transaction, order_id: int) -> list[datetime]:
    rows = tx.execute(
        """
        select recorded_at from audit
        where program_id = (select this_program()) and subject = %s and action = 'order.return_asked'
        order by id
        """,
        (show("ord", order_id),),
    ).fetchall()
    return [row[0] for row in rows]
