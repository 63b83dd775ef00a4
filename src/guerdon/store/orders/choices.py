"""Choices as rows: the reward as it stands, and the order that a choice of it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from guerdon.ledger.chart import PURSE
from guerdon.ledger.effects import Redeem
from guerdon.ledger.lots import Lot
from guerdon.rules.choice.payment import Claim
from guerdon.store.database import Transaction
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
               o.orders, o.standing, o.used, coalesce(o.last, 0), r.remaining, r.held, r.payer,
               g.id, case when g.taken_at is null then g.expires_at end,
               e.market, e.location, r.happened_at, r.issued_at
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
        left join accounts a on a.program_id = r.program_id and a.member_id = r.member_id and a.name = %s
                            and a.unit = r.unit
        left join gifts g on g.program_id = r.program_id and g.member_id = r.member_id
                         and g.reward_id = r.id and g.canceled_at is null
        cross join lateral (
          select count(*) as orders, count(*) filter (where o.canceled_at is null) as standing,
                 count(*) filter (where o.canceled_at is null
                                  and coalesce(f.state, 'fulfilled') = 'fulfilled') as used,
                 (array_agg(coalesce(p.amount, o.value) order by o.placed_at desc, o.id))[1] as last
          from orders o
          left join order_parts p
            on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
          left join fulfillments f
            on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
          where o.program_id = r.program_id and o.member_id = r.member_id
            and coalesce(p.reward_id, o.reward_id) = r.id
        ) o
        where r.program_id = %s and r.member_id = %s and r.id = %s
        for update of r
        """,
        (PURSE, program_id, member_id, reward_id),
    ).fetchone()
    if row is None:
        return None
    rule, unit, value, state, expires_at, market, spendable, *more = row
    orders, standing, used, last, remaining, held, payer, gift, gift_until, *origin = more
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
        used=used,
        gift=gift,
        gift_until=gift_until,
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


def load_helping(tx: Transaction, program_id: int, member_id: int, unit: str, now: datetime) -> Sequence[Lot]:
    """A locked member's rewards of a unit that may help another to pay: what was made a gift may not."""
    rows = tx.execute(
        """
        select r.id, r.remaining, r.held, r.payer, r.expires_at, r.issued_at
        from rewards r
        where r.program_id = %s and r.member_id = %s and r.unit = %s and r.state = 'ready'
          and not exists (
            select from gifts g
            where g.program_id = r.program_id and g.member_id = r.member_id and g.reward_id = r.id
              and g.canceled_at is null and (g.taken_at is not null or g.expires_at > %s))
        """,
        (program_id, member_id, unit, now),
    ).fetchall()
    return [Lot(*row) for row in rows]


def belongs_to(tx: Transaction, program_id: int, member_id: int, segments: Sequence[str]) -> bool:
    """Whether a member is in one of these segments."""
    row = tx.execute(
        """
        select from segment_members where program_id = %s and member_id = %s and segment = any(%s) limit 1
        """,
        (program_id, member_id, list(segments)),
    ).fetchone()
    return row is not None
