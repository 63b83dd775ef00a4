"""What a claim page shows: the reward, the receipt of its event, the order with its code, and the rest.

Runs under row security for the one member that the link names. The code is opened here and nowhere else on
the way out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import PURSE
from guerdon.store.codes import open_code
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault
from guerdon.values.money import Money

HISTORY_MAX = 6
READY_MAX = 12


@dataclass(frozen=True, slots=True)
class ClaimedReward:
    """The reward of the link, whose it is in the program's terms, and what the member has to spend in all."""

    id: int
    rule: str
    value: Money
    state: str
    expires_at: datetime
    redeemed_at: datetime | None
    market: str
    language: str
    spendable: Money | None


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
    """Another reward of the same member; `item` is what it was used for."""

    id: int
    rule: str
    value: Money
    state: str
    happened_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    item: str | None


def load_reward(
    tx: Transaction, program_id: int, member_id: int, reward_id: int, now: datetime
) -> ClaimedReward | None:
    """The reward of a link; what lapsed and was not yet taken back does not count as spendable."""
    row = tx.execute(
        """
        select r.id, r.rule, r.unit, r.value, r.state, r.expires_at, r.redeemed_at, m.market, m.language,
               a.posted - a.held - (
                 select coalesce(sum(o.value), 0) from rewards o
                 where o.program_id = r.program_id and o.member_id = r.member_id and o.unit = a.unit
                   and o.state = 'ready' and o.expires_at <= %(now)s
               ), a.unit
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        left join accounts a
          on a.program_id = r.program_id and a.member_id = r.member_id and a.name = %(purse)s
        where r.program_id = %(program)s and r.member_id = %(member)s and r.id = %(reward)s
        """,
        {"now": now, "purse": PURSE, "program": program_id, "member": member_id, "reward": reward_id},
    ).fetchone()
    if row is None:
        return None
    id_, rule, unit, value, state, expires_at, redeemed_at, market, language, spendable, spendable_unit = row
    purse = None if spendable is None else Money(max(0, int(spendable)), spendable_unit)
    return ClaimedReward(
        id_, rule, Money(value, unit), state, expires_at, redeemed_at, market, language, purse
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


def load_order(
    tx: Transaction, vault: Vault, program_id: int, member_id: int, reward_id: int
) -> PlacedOrder | None:
    """What a reward was used for, and the code that went to it."""
    row = tx.execute(
        """
        select o.item, o.placed_at, c.code_index, c.code
        from orders o join codes c on c.program_id = o.program_id and c.order_id = o.id
        where o.program_id = %s and o.member_id = %s and o.reward_id = %s
        """,
        (program_id, member_id, reward_id),
    ).fetchone()
    if row is None:
        return None
    item, placed_at, index, sealed = row
    return PlacedOrder(item, placed_at, open_code(vault, program_id, index, sealed))


def find_items_in_stock(
    tx: Transaction, program_id: int, value: Money, items: Iterable[str]
) -> frozenset[str]:
    """Those of these items that still have a free code of this value."""
    # A look-up an item by the index of free codes: counting them would read the whole pool.
    rows = tx.execute(
        """
        select item from unnest(%s::text[]) as wanted (item)
        where exists (
          select from codes c
          where c.program_id = %s and c.item = wanted.item and c.unit = %s and c.value = %s
            and c.state = 'free'
        )
        """,
        (list(items), program_id, value.unit, value.amount_minor),
    ).fetchall()
    return frozenset(row[0] for row in rows)


def list_ready(
    tx: Transaction, program_id: int, member_id: int, but: int, now: datetime
) -> list[OtherReward]:
    """The member's other rewards that can be used now, the first to lapse first."""
    return _others(
        tx.execute(
            """
            select r.id, r.rule, r.unit, r.value, r.state, r.happened_at, r.expires_at, r.redeemed_at, null
            from rewards r
            where r.program_id = %s and r.member_id = %s and r.id <> %s and r.state = 'ready'
              and r.expires_at > %s
            order by r.expires_at, r.id limit %s
            """,
            (program_id, member_id, but, now, READY_MAX),
        ).fetchall()
    )


def list_used(tx: Transaction, program_id: int, member_id: int, but: int, now: datetime) -> list[OtherReward]:
    """The member's other rewards that are used, lapsed or taken back, the latest first."""
    return _others(
        tx.execute(
            """
            select r.id, r.rule, r.unit, r.value, case when r.state = 'ready' then 'expired' else r.state end,
                   r.happened_at, r.expires_at, r.redeemed_at, o.item
            from rewards r
            left join orders o
              on o.program_id = r.program_id and o.member_id = r.member_id and o.reward_id = r.id
            where r.program_id = %s and r.member_id = %s and r.id <> %s
              and (r.state <> 'ready' or r.expires_at <= %s)
            order by coalesce(r.redeemed_at, r.expires_at) desc, r.id limit %s
            """,
            (program_id, member_id, but, now, HISTORY_MAX),
        ).fetchall()
    )


def _others(
    rows: Iterable[tuple[int, str, str, int, str, datetime, datetime, datetime | None, str | None]],
) -> list[OtherReward]:
    return [
        OtherReward(id_, rule, Money(value, unit), state, happened_at, expires_at, redeemed_at, item)
        for id_, rule, unit, value, state, happened_at, expires_at, redeemed_at, item in rows
    ]
