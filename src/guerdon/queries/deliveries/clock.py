"""A reward's own clock: each moment from its event to the use of what was ordered with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class OrderClock:
    """An order's moments; None: not yet, or never."""

    id: int
    supplier: str
    state: str
    chosen_at: datetime
    ordered_at: datetime | None
    fulfilled_at: datetime | None
    opened_at: datetime | None
    used_at: datetime | None
    expected_at: datetime | None
    # How long its item takes as a rule, counted from choosing.
    lead: timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """A reward's moments, and those of its orders, oldest first."""

    rule: str
    saved: bool
    happened_at: datetime
    received_at: datetime
    decided_at: datetime
    approved_at: datetime | None
    issued_at: datetime
    orders: tuple[OrderClock, ...]


def load_clock(tx: Transaction, member_id: int, reward_id: int) -> Clock | None:
    """The clock of a member's reward; None where there is none, or it was given a moment ago."""
    row = tx.execute(
        """
        select rule, saved, happened_at, received_at, decided_at, approved_at, issued_at from delivery_marks
        where program_id = this_program() and member_id = %s and id = %s and kind = 'reward'
        """,
        (member_id, reward_id),
    ).fetchone()
    if row is None:
        return None
    orders = tx.execute(
        """
        select f.order_id, f.supplier, f.state, f.chosen_at, f.ordered_at,
               case when f.state in ('fulfilled', 'returned') then f.settled_at end,
               f.opened_at, c.used_at,
               case when d.state = 'open' then d.expected_at end,
               make_interval(mins => coalesce(d.lead_minutes, 0))
        from orders o
        join fulfillments f
          on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
        left join codes c on c.program_id = o.program_id and c.order_id = o.id
        left join delivery_marks d
          on d.program_id = o.program_id and d.member_id = o.member_id and d.id = o.id
        where o.program_id = this_program() and o.member_id = %s and o.reward_id = %s
        order by f.chosen_at, f.order_id
        """,
        (member_id, reward_id),
    ).fetchall()
    moments = tuple(OrderClock(*each) for each in orders)
    rule, saved, happened_at, received_at, decided_at, approved_at, issued_at = row
    return Clock(rule, saved, happened_at, received_at, decided_at, approved_at, issued_at, moments)
