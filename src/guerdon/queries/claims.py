"""What a claim page shows: the reward, the receipt of its event, the order with its code, and the rest.

Runs under row security for the one member that the link names. The code is opened here and nowhere else on
the way out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guerdon.ledger.chart import PURSE
from guerdon.store.codes import good_after, open_code
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault
from guerdon.values.money import Money

HISTORY_MAX = 6
READY_MAX = 12


@dataclass(frozen=True, slots=True)
class Purse:
    """What a member has of one unit: to spend now, on its way, and owed."""

    spendable: Money
    pending: Money
    debt: Money


@dataclass(frozen=True, slots=True)
class ClaimedReward:
    """The reward of the link, what is left of it, whose it is in the program's terms, and their purse."""

    id: int
    rule: str
    value: Money
    left: Money
    reversed: Money
    state: str
    # None: when an event says so.
    available_at: datetime | None
    expires_at: datetime | None
    redeemed_at: datetime | None
    market: str
    language: str
    purse: Purse | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The event that gave the reward: when it happened, came in and was decided."""

    event_id: int
    type: str
    location: str | None
    happened_at: datetime
    recorded_at: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What the member chose, with its code in clear."""

    item: str
    placed_at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class OtherReward:
    """Another reward of the same member, with what is left of it; `item` is what it was used for."""

    id: int
    rule: str
    value: Money
    state: str
    happened_at: datetime
    available_at: datetime | None
    expires_at: datetime | None
    redeemed_at: datetime | None
    item: str | None


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A reward that waits for people's approval."""

    rule: str
    value: Money
    asked_at: datetime


def load_reward(
    tx: Transaction, program_id: int, member_id: int, reward_id: int, now: datetime
) -> ClaimedReward | None:
    """The reward of a link; what lapsed and was not yet taken back does not count as spendable."""
    row = tx.execute(
        """
        select r.id, r.rule, r.unit, r.value, r.remaining - r.held, r.reversed, r.state,
               nullif(r.available_at, 'infinity'),
               r.expires_at, r.redeemed_at, m.market, m.language,
               a.posted - a.held - (
                 select coalesce(sum(o.remaining - o.held), 0) from rewards o
                 where o.program_id = r.program_id and o.member_id = r.member_id and o.unit = r.unit
                   and o.state = 'ready' and o.expires_at <= %(now)s
               ), a.pending, a.debt
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        left join accounts a
          on a.program_id = r.program_id and a.member_id = r.member_id and a.name = %(purse)s
          and a.unit = r.unit
        where r.program_id = %(program)s and r.member_id = %(member)s and r.id = %(reward)s
        """,
        {"now": now, "purse": PURSE, "program": program_id, "member": member_id, "reward": reward_id},
    ).fetchone()
    if row is None:
        return None
    id_, rule, unit, value, left, taken_back, *more = row
    state, available_at, expires_at, redeemed_at, market, language, spendable, pending, debt = more
    purse = None
    if spendable is not None:
        purse = Purse(Money(max(0, int(spendable)), unit), Money(pending, unit), Money(debt, unit))
    return ClaimedReward(
        id=id_,
        rule=rule,
        value=Money(value, unit),
        left=Money(left, unit),
        reversed=Money(taken_back, unit),
        state=state,
        available_at=available_at,
        expires_at=expires_at,
        redeemed_at=redeemed_at,
        market=market,
        language=language,
        purse=purse,
    )


def load_receipt(tx: Transaction, program_id: int, member_id: int, reward_id: int) -> Receipt | None:
    """The receipt of the event that a reward came from."""
    row = tx.execute(
        """
        select e.id, e.type, e.location, e.happened_at, e.recorded_at, e.decided_at
        from rewards r
        join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
        where r.program_id = %s and r.member_id = %s and r.id = %s
        """,
        (program_id, member_id, reward_id),
    ).fetchone()
    return Receipt(*row) if row else None


def list_orders(
    tx: Transaction, vault: Vault, program_id: int, member_id: int, reward_id: int
) -> list[PlacedOrder]:
    """What a reward was used for, and the codes that went to it, the latest first; not what was canceled."""
    rows = tx.execute(
        """
        select o.item, o.placed_at, c.code_index, c.code
        from orders o join codes c on c.program_id = o.program_id and c.order_id = o.id
        where o.program_id = %s and o.member_id = %s and o.reward_id = %s and o.canceled_at is null
        order by o.placed_at desc, o.id
        """,
        (program_id, member_id, reward_id),
    ).fetchall()
    return [
        PlacedOrder(item, placed_at, open_code(vault, program_id, index, sealed))
        for item, placed_at, index, sealed in rows
    ]


def find_offers_in_stock(
    tx: Transaction, program_id: int, offers: Sequence[tuple[str, Money]], now: datetime
) -> frozenset[tuple[str, Money]]:
    """Those of these items, each of its amount, that still have a code that is good."""
    # A look-up an item by the index of free codes: counting them would read the whole pool.
    rows = tx.execute(
        """
        select item, value, unit
        from unnest(%s::text[], %s::text[], %s::bigint[]) as wanted (item, unit, value)
        where exists (
          select from codes c
          where c.program_id = %s and c.item = wanted.item and c.unit = wanted.unit and c.value = wanted.value
            and c.state = 'free' and c.expires_at > %s
        )
        """,
        (
            [item for item, _ in offers],
            [price.unit for _, price in offers],
            [price.amount_minor for _, price in offers],
            program_id,
            good_after(now),
        ),
    ).fetchall()
    return frozenset((item, Money(value, unit)) for item, value, unit in rows)


def list_ready(
    tx: Transaction, program_id: int, member_id: int, but: int, now: datetime
) -> list[OtherReward]:
    """The member's other rewards that can be used now, the first to lapse first."""
    return _others(
        tx.execute(
            """
            select r.id, r.rule, r.unit, r.remaining - r.held, r.state, r.happened_at,
                   nullif(r.available_at, 'infinity'),
                   r.expires_at, r.redeemed_at, null
            from rewards r
            where r.program_id = %s and r.member_id = %s and r.id <> %s and r.state = 'ready'
              and r.remaining > r.held and (r.expires_at is null or r.expires_at > %s)
            order by r.expires_at nulls last, r.id limit %s
            """,
            (program_id, member_id, but, now, READY_MAX),
        ).fetchall()
    )


def list_pending(tx: Transaction, program_id: int, member_id: int, but: int) -> list[OtherReward]:
    """The member's other rewards that were earned and cannot be used yet, the first to come first."""
    return _others(
        tx.execute(
            """
            select r.id, r.rule, r.unit, r.remaining, r.state, r.happened_at,
                   nullif(r.available_at, 'infinity'),
                   r.expires_at, r.redeemed_at, null
            from rewards r
            where r.program_id = %s and r.member_id = %s and r.id <> %s and r.state = 'pending'
            order by r.available_at, r.id limit %s
            """,
            (program_id, member_id, but, READY_MAX),
        ).fetchall()
    )


def list_asked_for(tx: Transaction, program_id: int, member_id: int) -> list[AskedFor]:
    """What the member would be given if people agree to it, the latest first."""
    rows = tx.execute(
        """
        select q.maker, q.unit, q.amount, q.created_at from requests q
        where q.program_id = %s and q.beneficiary = %s and q.kind = 'reward' and q.amount is not null
          and q.state in ('open', 'returned', 'approved')
        order by q.created_at desc, q.id limit %s
        """,
        (program_id, member_id, READY_MAX),
    ).fetchall()
    return [
        AskedFor(maker.removeprefix("rule:"), Money(amount, unit), at) for maker, unit, amount, at in rows
    ]


def list_used(tx: Transaction, program_id: int, member_id: int, but: int, now: datetime) -> list[OtherReward]:
    """The member's other rewards that are used, lapsed or taken back, the latest first."""
    return _others(
        tx.execute(
            """
            select r.id, r.rule, r.unit, r.value, case when r.state = 'ready' then 'expired' else r.state end,
                   r.happened_at, nullif(r.available_at, 'infinity'), r.expires_at, r.redeemed_at, o.item
            from rewards r
            left join lateral (
              select o.item from orders o
              left join order_parts p
                on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
              where o.program_id = r.program_id and o.member_id = r.member_id
                and coalesce(p.reward_id, o.reward_id) = r.id and o.canceled_at is null
              order by o.placed_at desc, o.id limit 1
            ) o on true
            where r.program_id = %s and r.member_id = %s and r.id <> %s
              and (r.state in ('redeemed', 'expired', 'reversed')
                   or (r.state = 'ready' and r.expires_at <= %s))
            order by coalesce(r.redeemed_at, r.expires_at, r.issued_at) desc, r.id limit %s
            """,
            (program_id, member_id, but, now, HISTORY_MAX),
        ).fetchall()
    )


def _others(rows: Iterable[tuple[Any, ...]]) -> list[OtherReward]:
    return [OtherReward(id_, rule, Money(value, unit), *more) for id_, rule, unit, value, *more in rows]
