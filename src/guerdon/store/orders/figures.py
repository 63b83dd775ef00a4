"""Figures of redemptions: beside the reward that was used, and taken away again where nothing came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.effects import Redeem
from guerdon.store.database import Transaction
from guerdon.store.decided import FigureKey
from guerdon.store.orders.choices import EVENT_TYPE, Placing
from guerdon.store.orders.fulfillments import settle_returned


@dataclass(frozen=True, slots=True)
class Counting:
    """How redemptions are counted: on days of a time zone, of the units that are redeemed by reward."""

    time_zone: str
    units: Sequence[str]


def lock_figures(
    tx: Transaction,
    program_id: int,
    orders: Sequence[tuple[int, int]],
    figures: Sequence[FigureKey],
    time_zone: str,
) -> None:
    """Lock the figures beside orders, (member, order), together with others that are changed soon after.

    One statement in the order in which every batch counts. With those of canceled orders first, a batch that
    counts the same two days the other way round would wait for us while we wait for it.
    """
    keys = sorted(figures)
    tx.execute(
        """
        insert into rollups (program_id, day, market, location, rule, unit)
        select %(program)s, k.* from (
          select f.day, f.market, f.location, f.rule, f.unit
          from unnest(%(days)s::date[], %(markets)s::text[], %(locations)s::text[], %(rules)s::text[],
                      %(units)s::text[]) as f (day, market, location, rule, unit)
          union
          select (r.happened_at at time zone %(zone)s)::date, e.market, coalesce(e.location, ''), r.rule,
                 r.unit
          from unnest(%(members)s::bigint[], %(orders)s::bigint[]) as g (member_id, id)
          join orders o on o.program_id = %(program)s and o.member_id = g.member_id and o.id = g.id
          left join order_parts p
            on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
          join rewards r on r.program_id = o.program_id and r.member_id = o.member_id
            and r.id = coalesce(p.reward_id, o.reward_id)
          join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
        ) k
        order by k.day, k.market collate "C", k.location collate "C", k.rule collate "C", k.unit collate "C"
        on conflict (program_id, day, market, location, rule, unit) do update set issued = rollups.issued
        """,
        {
            "program": program_id,
            "zone": time_zone,
            "members": [member for member, _ in orders],
            "orders": [order for _, order in orders],
            **{
                name: [key[place] for key in keys]
                for place, name in enumerate(("days", "markets", "locations", "rules", "units"))
            },
        },
    )


def settle_canceled(
    tx: Transaction, program_id: int, orders: Sequence[tuple[int, int]], counting: Counting, at: datetime
) -> list[int]:
    """Let orders be canceled that did not come about: (member, order). Those that stood until now.

    Their rewards are redeemed by so much less, each by its own part where several paid; the first order that
    still stands is what one counts as.
    """
    rows = tx.execute(
        """
        update orders o set canceled_at = %s
        from unnest(%s::bigint[], %s::bigint[]) as c (member_id, id)
        where o.program_id = %s and o.member_id = c.member_id and o.id = c.id and o.canceled_at is null
        returning o.member_id, o.id
        """,
        (at, [member for member, _ in orders], [order for _, order in orders], program_id),
    ).fetchall()
    canceled = [(row[0], row[1]) for row in rows]
    if canceled:
        settle_returned(tx, program_id, canceled)
    _count_no_more(tx, program_id, canceled, counting)
    return [order for _, order in canceled]


def _count_no_more(
    tx: Transaction, program_id: int, canceled: Sequence[tuple[int, int]], counting: Counting
) -> None:
    tx.execute(
        """
        with gone as (select * from unnest(%(members)s::bigint[], %(orders)s::bigint[]) as g (member_id, id)),
        touched as (
          select distinct o.member_id, coalesce(p.reward_id, o.reward_id) as reward_id from gone g
          join orders o on o.program_id = %(program)s and o.member_id = g.member_id and o.id = g.id
          left join order_parts p
            on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
          where o.unit = any(%(units)s)
        ),
        placed as (
          select coalesce(p.amount, o.value) as value, o.device,
                 o.placed_at - r.issued_at <= interval '48 hours' as soon,
                 g.id is not null as gone, r.rule, r.unit, e.market, coalesce(e.location, '') as location,
                 (r.happened_at at time zone %(zone)s)::date as day,
                 row_number() over (partition by o.member_id, r.id
                                    order by coalesce(f.settled_at, o.placed_at), o.id) as before,
                 row_number() over (partition by o.member_id, r.id, g.id is null
                                    order by coalesce(f.settled_at, o.placed_at), o.id) as among
          from touched t
          join orders o on o.program_id = %(program)s and o.member_id = t.member_id
          left join order_parts p
            on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
          left join fulfillments f
            on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
          join rewards r on r.program_id = o.program_id and r.member_id = o.member_id and r.id = t.reward_id
          join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
          left join gone g on g.member_id = o.member_id and g.id = o.id
          where r.id = coalesce(p.reward_id, o.reward_id) and (o.canceled_at is null or g.id is not null)
            and coalesce(f.state, 'fulfilled') in ('fulfilled', 'returned')
        ),
        counted as (
          select *, (not gone and among = 1)::int - (before = 1)::int as n,
                 case when gone then -value else 0 end as less from placed
        ),
        change as (
          select day, market, location, rule, unit, sum(n) as redeemed, sum(less) as redeemed_value,
                 sum(case when device = 'phone' then n else 0 end) as redeemed_phone,
                 sum(case when soon then n else 0 end) as redeemed_48h
          from counted group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
        )
        update rollups f
        set redeemed = f.redeemed + c.redeemed, redeemed_value = f.redeemed_value + c.redeemed_value,
            redeemed_phone = f.redeemed_phone + c.redeemed_phone,
            redeemed_48h = f.redeemed_48h + c.redeemed_48h
        from change c
        where f.program_id = %(program)s
          and (f.day, f.market, f.location, f.rule, f.unit) = (c.day, c.market, c.location, c.rule, c.unit)
        """,
        {
            "members": [member for member, _ in canceled],
            "orders": [order for _, order in canceled],
            "program": program_id,
            "units": list(counting.units),
            "zone": counting.time_zone,
        },
    )


def record_redeemed_figures(
    tx: Transaction, placing: Placing, redeem: Redeem, *, first: bool, within_48h: bool
) -> None:
    """Count the redemption beside the reward it used: on the day and at the place of the reward's event.

    A reward that is used in parts counts once, when the first part is; its value counts as it is used. So
    whatever part of the program one looks at, no more can be redeemed of it than was given.
    """
    tx.execute(
        """
        insert into rollups as r (program_id, day, market, location, rule, unit,
                                  redeemed, redeemed_value, redeemed_phone, redeemed_48h)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (program_id, day, market, location, rule, unit) do update
        set redeemed = r.redeemed + excluded.redeemed,
            redeemed_value = r.redeemed_value + excluded.redeemed_value,
            redeemed_phone = r.redeemed_phone + excluded.redeemed_phone,
            redeemed_48h = r.redeemed_48h + excluded.redeemed_48h
        """,
        (
            placing.program_id,
            placing.earned_on,
            placing.market,
            placing.location or "",
            placing.rule,
            redeem.unit,
            int(first),
            redeem.value,
            int(first and placing.device == "phone"),
            int(first and within_48h),
        ),
    )


def record_parts_figures(tx: Transaction, placing: Placing, order_id: int, time_zone: str) -> None:
    """Count an order that several rewards paid: each under its own rule, day and place, by its own part.

    The order is delivered by now. A reward counts as used with the first order that it pays for.
    """
    tx.execute(
        """
        insert into rollups as r (program_id, day, market, location, rule, unit,
                                  redeemed, redeemed_value, redeemed_phone, redeemed_48h)
        select %(program)s, day, market, location, rule, unit, sum(first), sum(amount),
               sum(case when phone then first else 0 end), sum(case when soon then first else 0 end)
        from (
          select (w.happened_at at time zone %(zone)s)::date as day, e.market,
                 coalesce(e.location, '') as location, w.rule, w.unit, p.amount, o.device = 'phone' as phone,
                 o.placed_at - w.issued_at <= interval '48 hours' as soon,
                 (not exists (
                   select from orders b
                   left join order_parts q
                     on q.program_id = b.program_id and q.member_id = b.member_id and q.order_id = b.id
                   left join fulfillments f
                     on f.program_id = b.program_id and f.member_id = b.member_id and f.order_id = b.id
                   where b.program_id = o.program_id and b.member_id = o.member_id and b.id <> o.id
                     and coalesce(q.reward_id, b.reward_id) = p.reward_id and b.canceled_at is null
                     and coalesce(f.state, 'fulfilled') = 'fulfilled'))::int as first
          from orders o
          join order_parts p
            on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
          join rewards w on w.program_id = p.program_id and w.member_id = p.member_id and w.id = p.reward_id
          join events e on e.program_id = w.program_id and e.member_id = w.member_id and e.id = w.event_id
          where o.program_id = %(program)s and o.member_id = %(member)s and o.id = %(order)s
        ) paid
        group by day, market, location, rule, unit
        order by day, market collate "C", location collate "C", rule collate "C", unit collate "C"
        on conflict (program_id, day, market, location, rule, unit) do update
        set redeemed = r.redeemed + excluded.redeemed,
            redeemed_value = r.redeemed_value + excluded.redeemed_value,
            redeemed_phone = r.redeemed_phone + excluded.redeemed_phone,
            redeemed_48h = r.redeemed_48h + excluded.redeemed_48h
        """,
        {
            "program": placing.program_id,
            "member": placing.member_id,
            "order": order_id,
            "zone": time_zone,
        },
    )


def record_redemption_event_figure(tx: Transaction, placing: Placing) -> None:
    """Count the choice itself on its own day."""
    tx.execute(
        """
        insert into event_rollups as r (program_id, day, market, type, events) values (%s, %s, %s, %s, 1)
        on conflict (program_id, day, market, type) do update set events = r.events + excluded.events
        """,
        (placing.program_id, placing.day, placing.market, EVENT_TYPE),
    )
