"""What befell a member's orders: chosen, ended, opened; said not to work, answered, settled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from guerdon.store.database import Transaction

What = Literal["chosen", "ended", "opened", "case_opened", "case_answered", "case_settled"]
# Steps of one moment are told in this order, the last one on top.
STEPS: tuple[What, ...] = get_args(What)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an order. `state` is where the order stands now, `reason` why it did not come.

    `step` is the number of `what` in `STEPS`. `id` is the order's, or the case's.
    `complaint` is what does not work, as its member chose it.
    """

    at: datetime
    step: int
    id: int
    what: What
    order_id: int
    item: str
    unit: str
    value: int
    state: str
    reason: str
    supplier: str
    complaint: str


def list_steps(
    tx: Transaction, member_id: int, limit: int, below: tuple[datetime, int, int] | None, *, chosen: bool
) -> list[Step]:
    """Steps of all orders of a member, newest first; `below`: what is older than (at, step, id).

    `chosen`: also that each was chosen, and that it came at once, which their events say too.
    """
    at, step, number = below or (None, None, None)
    rows = tx.execute(
        """
        with own as (
          select o.id, o.item, o.unit, o.value, o.placed_at, f.settled_at, f.opened_at,
                 coalesce(f.state, case when o.canceled_at is null then 'fulfilled' else 'returned' end)
                   as state,
                 coalesce(f.reason, '') as reason, coalesce(f.supplier, 'pool') as supplier
          from orders o
          left join fulfillments f
            on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
          where o.program_id = (select this_program()) and o.member_id = %(member)s
        ),
        said as (
          select * from order_cases
          where program_id = (select this_program()) and member_id = %(member)s
        ),
        steps as (
          select placed_at as at, 0 as step, id, 'chosen' as what, id as order_id, '' as complaint
          from own where %(chosen)s
          union all
          select settled_at, 1, id, 'ended', id, '' from own
          where settled_at is not null and (%(chosen)s or settled_at > placed_at)
          union all
          select opened_at, 2, id, 'opened', id, '' from own where opened_at is not null
          union all
          select opened_at, 3, id, 'case_opened', order_id, what from said
          union all
          select answered_at, 4, id, 'case_answered', order_id, what from said
          where answered_at is not null and answered_at is distinct from settled_at
          union all
          select settled_at, 5, id, 'case_settled', order_id, what from said where settled_at is not null
        )
        select s.at, s.step, s.id, s.what, o.id, o.item, o.unit, o.value, o.state, o.reason, o.supplier,
               s.complaint
        from steps s join own o on o.id = s.order_id
        where %(at)s::timestamptz is null or (s.at, s.step, s.id) < (%(at)s, %(step)s::int, %(id)s::bigint)
        order by s.at desc, s.step desc, s.id desc limit %(limit)s
        """,
        {"member": member_id, "chosen": chosen, "at": at, "step": step, "id": number, "limit": limit},
    ).fetchall()
    return [Step(*row) for row in rows]
