"""Writing a redemption: the order that a choice becomes, its code's place, and the figures beside its reward.

Rows are locked in the order in which the batches lock them, too: the member, the member's own, a code, then
the pool that every redemption of a budget touches, and last the day's figures, held for a moment only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from guerdon.ledger.chart import PURSE
from guerdon.ledger.effects import Redeem
from guerdon.ledger.lots import Lot
from guerdon.rules.choice import Claim
from guerdon.store.database import Transaction
from guerdon.store.decided import FigureKey
from guerdon.values.money import Money

# Waited as long as a person would: trying again at once only makes the queue longer.
TOO_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)

EVENT_TYPE = "reward.redeemed"


@dataclass(frozen=True, slots=True)
class Placing:
    """Who placed an order, for which reward, when and on what, and where its reward had been earned."""

    program_id: int
    member_id: int
    event_id: int
    version: int
    rule: str
    market: str
    location: str | None
    issued_at: datetime
    placed_at: datetime
    day: date
    earned_on: date
    device: str


@dataclass(frozen=True, slots=True)
class Counting:
    """How redemptions are counted: on days of a time zone, of the units that are redeemed by reward."""

    time_zone: str
    units: Sequence[str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a reward came from: what its redemption is counted under."""

    market: str
    location: str | None
    happened_at: datetime
    issued_at: datetime


def load_claim(
    tx: Transaction, program_id: int, member_id: int, reward_id: int
) -> tuple[Claim, Origin] | None:
    """How a locked member's reward stands, its own lot alone; None when there is no such reward of theirs."""
    row = tx.execute(
        """
        select r.rule, r.unit, r.value, r.state, r.expires_at, m.market, coalesce(a.posted - a.held, 0),
               o.orders, o.standing, coalesce(o.last, 0), r.remaining, r.held, r.payer,
               e.market, e.location, r.happened_at, r.issued_at
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
        left join accounts a on a.program_id = r.program_id and a.member_id = r.member_id and a.name = %s
                            and a.unit = r.unit
        cross join lateral (
          select count(*) as orders, count(*) filter (where canceled_at is null) as standing,
                 (array_agg(value order by placed_at desc, id))[1] as last
          from orders where program_id = r.program_id and member_id = r.member_id and reward_id = r.id
        ) o
        where r.program_id = %s and r.member_id = %s and r.id = %s
        for update of r
        """,
        (PURSE, program_id, member_id, reward_id),
    ).fetchone()
    if row is None:
        return None
    rule, unit, value, state, expires_at, market, spendable, *more = row
    orders, standing, last, remaining, held, payer, *origin = more
    own = Lot(reward_id, remaining, held, payer, expires_at, origin[-1])
    claim = Claim(
        reward_id=reward_id,
        rule=rule,
        value=Money(value, unit),
        state=state,
        expires_at=expires_at,
        market=market,
        spendable_minor=spendable,
        # What is pending may not be chosen with.
        lots=(own,) if state == "ready" else (),
        orders=orders,
        standing=standing,
        last_minor=last,
    )
    return claim, Origin(*origin)


def next_event_ids(tx: Transaction, n: int) -> list[int]:
    """So many ids of events that we ourselves make."""
    rows = tx.execute("select nextval('event_id_seq') from generate_series(1, %s)", (n,)).fetchall()
    return [row[0] for row in rows]


def load_live_version(tx: Transaction, program_id: int, now: datetime) -> int:
    """The version of the program that is live."""
    row = tx.execute(
        """
        select version from program_versions v where program_id = %s and live_from <= %s and not exists (
          select from version_calloffs c where c.program_id = v.program_id and c.version = v.version)
        order by live_from desc, version desc limit 1
        """,
        (program_id, now),
    ).fetchone()
    return int(row[0]) if row is not None else 1


def record_order(tx: Transaction, placing: Placing, redeem: Redeem) -> None:
    """Keep the order that a choice became."""
    tx.execute(
        """
        insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            placing.program_id,
            placing.member_id,
            redeem.order,
            redeem.reward,
            redeem.item,
            redeem.unit,
            redeem.value,
            placing.device,
            placing.placed_at,
        ),
    )


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
          join rewards r on r.program_id = o.program_id and r.member_id = o.member_id and r.id = o.reward_id
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

    Their rewards are redeemed by so much less; the first order that still stands is what one counts as.
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
    _count_no_more(tx, program_id, [(row[0], row[1]) for row in rows], counting)
    return [order for _, order in rows]


def _count_no_more(
    tx: Transaction, program_id: int, canceled: Sequence[tuple[int, int]], counting: Counting
) -> None:
    tx.execute(
        """
        with gone as (select * from unnest(%(members)s::bigint[], %(orders)s::bigint[]) as g (member_id, id)),
        touched as (
          select distinct o.member_id, o.reward_id from gone g
          join orders o on o.program_id = %(program)s and o.member_id = g.member_id and o.id = g.id
          where o.unit = any(%(units)s)
        ),
        placed as (
          select o.value, o.device, o.placed_at - r.issued_at <= interval '48 hours' as soon,
                 g.id is not null as gone, r.rule, r.unit, e.market, coalesce(e.location, '') as location,
                 (r.happened_at at time zone %(zone)s)::date as day,
                 row_number() over (partition by o.member_id, o.reward_id
                                    order by o.placed_at, o.id) as before,
                 row_number() over (partition by o.member_id, o.reward_id, g.id is null
                                    order by o.placed_at, o.id) as among
          from touched t
          join orders o
            on o.program_id = %(program)s and o.member_id = t.member_id and o.reward_id = t.reward_id
          join rewards r on r.program_id = o.program_id and r.member_id = o.member_id and r.id = o.reward_id
          join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
          left join gone g on g.member_id = o.member_id and g.id = o.id
          where o.canceled_at is null or g.id is not null
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


def record_redemption_event_figure(tx: Transaction, placing: Placing) -> None:
    """Count the choice itself on its own day."""
    tx.execute(
        """
        insert into event_rollups as r (program_id, day, market, type, events) values (%s, %s, %s, %s, 1)
        on conflict (program_id, day, market, type) do update set events = r.events + excluded.events
        """,
        (placing.program_id, placing.day, placing.market, EVENT_TYPE),
    )
