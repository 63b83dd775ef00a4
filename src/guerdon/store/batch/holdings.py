"""Members' rewards as lots, for batches whose events take something back or release it; and what waits.

A reward that some rule may name comes with where it was earned and the orders that were placed for it; the
others are only there because they are spent too when something is taken back.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString

import msgspec

from guerdon.ledger.chart import PURSE
from guerdon.ledger.lots import Debt
from guerdon.rules.facts import Holding, Occasion, OnOrder, Order, PurseKey, Waiting, WaitKey
from guerdon.store.arrays import numbers
from guerdon.store.database import Transaction
from guerdon.store.wallet.purses import load_debts

_fields = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode
_LOTS: LiteralString = """
    select r.member_id, r.id, r.rule, r.unit, r.value, r.remaining, r.held, r.reversed, r.payer,
           r.reference, r.state, r.issued_at, r.expires_at, r.happened_at,
           (r.happened_at at time zone %(zone)s)::date, e.market, e.location, e.data::text,
           -- Restored and ended again, a lot ended twice; what it ended by is what is gone.
           case when r.remaining < r.value and r.rule = any(%(rules)s) then (
             select coalesce(sum(d.amount), 0)::bigint from draws d
             join transfers t on t.program_id = d.program_id and t.member_id = d.member_id
               and t.id = d.transfer_id
             join events x on x.program_id = t.program_id and x.member_id = t.member_id
               and x.id = t.event_id and x.type = 'value.expired'
             where d.program_id = r.program_id and d.member_id = r.member_id and d.reward_id = r.id
           ) else 0 end,
           coalesce(e.version, 0)
    from rewards r
    left join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
      and r.rule = any(%(rules)s)
    where r.program_id = %(program)s and r.member_id = any(%(members)s::text::bigint[])
      and (r.state in ('pending', 'ready') or r.rule = any(%(rules)s))
    order by r.member_id, r.id
"""
_ORDERS: LiteralString = """
    select o.reward_id, o.id, o.value
    from unnest(%s::bigint[], %s::bigint[]) as w (member_id, reward_id)
    join orders o on o.program_id = %s and o.member_id = w.member_id and o.reward_id = w.reward_id
    join codes c on c.program_id = o.program_id and c.order_id = o.id
    join draws d on d.program_id = o.program_id and d.member_id = o.member_id and d.transfer_id = o.id
      and d.reward_id = o.reward_id
    -- What a supplier handed over is worth something there, whatever we say of it here.
    left join fulfillments f
      on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
    where o.canceled_at is null and c.state = 'issued' and d.amount = o.value
      and coalesce(f.supplier, 'pool') = 'pool'
      and not exists (select from order_balances b
                      where b.program_id = o.program_id and b.member_id = o.member_id and b.order_id = o.id)
    order by o.placed_at, o.id
"""
# Those that nobody was asked for yet come first, then the latest: whoever is asked last is asked in vain.
_ON_ORDER: LiteralString = """
    select l.reward_id, f.order_id, l.amount - coalesce(w.amount, 0)
    from unnest(%s::bigint[], %s::bigint[]) as n (member_id, reward_id)
    join hold_lots l on l.program_id = %s and l.member_id = n.member_id and l.reward_id = n.reward_id
    -- A hold has the number of its order, but for what a balance pays beside its rewards.
    left join order_balances b
      on b.program_id = l.program_id and b.member_id = l.member_id and b.hold_id = l.hold_id
    join fulfillments f
      on f.program_id = l.program_id and f.member_id = l.member_id
      and f.order_id = coalesce(b.order_id, l.hold_id) and f.state in ('reserved', 'ordered', 'unknown')
    left join lateral (
      select sum(r.amount)::bigint as amount from order_reversals r
      where r.program_id = l.program_id and r.member_id = l.member_id and r.order_id = f.order_id
        and r.reward_id = l.reward_id and r.settled_at is null
    ) w on true
    where l.amount > coalesce(w.amount, 0)
    order by f.state = 'reserved' desc, f.chosen_at desc, f.order_id
"""
# What was delivered, and how much of it nobody has taken back yet: first what may be returned, the latest of
# it.
_DELIVERED: LiteralString = """
    select s.reward_id, s.order_id, s.amount - coalesce(w.amount, 0)
    from (
      select d.member_id, d.reward_id, o.id as order_id, o.placed_at, c.state, sum(d.amount)::bigint as amount
      from unnest(%s::bigint[], %s::bigint[]) as n (member_id, reward_id)
      join draws d on d.program_id = %s and d.member_id = n.member_id and d.reward_id = n.reward_id
      join transfers t
        on t.program_id = d.program_id and t.member_id = d.member_id and t.id = d.transfer_id
      join events x
        on x.program_id = t.program_id and x.member_id = t.member_id and x.id = t.event_id
        and x.recorded_at = t.recorded_at and x.type = 'reward.redeemed' and x.source = 'guerdon'
      join orders o
        on o.program_id = x.program_id and o.member_id = x.member_id and o.id::text = x.external_id
        and o.canceled_at is null
      left join codes c on c.program_id = o.program_id and c.order_id = o.id
      -- Its event may have paid debts as well.
      where t.from_account = %s
        and (starts_with(t.to_account, 'spent:') or t.to_account = 'program:spent')
      group by d.member_id, d.reward_id, o.id, o.placed_at, c.state
    ) s
    left join lateral (
      select sum(r.amount)::bigint as amount from order_reversals r
      where r.program_id = %s and r.member_id = s.member_id and r.order_id = s.order_id
        and r.reward_id = s.reward_id and r.came_to = 'spent'
    ) w on true
    where s.amount > coalesce(w.amount, 0)
    order by coalesce(s.state, 'issued') = 'issued' desc, s.placed_at desc, s.order_id
"""
# Nobody changes them until the transaction ends.
_LOTS_LOCKED: LiteralString = _LOTS + " for no key update of r"
_ORDERS_LOCKED: LiteralString = _ORDERS + " for update of c"


class _Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What waits, as it is stored: who wants it, how much, and by which reference."""

    by: str
    what: str = "reverse"
    part: int | None = None
    whole: int | None = None
    if_spent: str = "debt"
    reference: str | None = None


class _Steps(_Step, frozen=True, omit_defaults=True):
    """All that an event lets wait for a rule's rewards: its first step, and those after it in their order.

    The reference of the first has a column of its own.
    """

    more: tuple[_Step, ...] = ()


def lock_holdings(
    tx: Transaction,
    program_id: int,
    members: Sequence[int],
    rules: Sequence[str],
    time_zone: str,
    *,
    lock: bool = True,
) -> dict[int, list[Holding]]:
    """Lots of these members that have something left, and all rewards of these rules; maybe none."""
    rows = tx.execute(
        _LOTS_LOCKED if lock else _LOTS,
        {
            "zone": time_zone,
            "rules": list(rules),
            "program": program_id,
            "members": numbers(members),
        },
        prepare=True,
    ).fetchall()
    found: dict[int, list[Holding]] = {member: [] for member in members}
    for member, *columns, happened_at, day, market, location, data, ended, version in rows:
        origin = Occasion(happened_at, day, market or "", location, _fields(data) if data else {})
        cells = [*columns, origin, ended, version]
        found[member].append(Holding(*cells))
    _add_orders(tx, program_id, found, lock=lock)
    _add_on_order(tx, program_id, found)
    return found


def _add_orders(
    tx: Transaction, program_id: int, found: Mapping[int, Sequence[Holding]], *, lock: bool
) -> None:
    """Add the orders that a reward paid alone, and whose codes nobody is known to have used; then all."""
    spent = [
        (member, lot)
        for member, lots in found.items()
        for lot in lots
        if lot.origin.market and lot.remaining < lot.value
    ]
    if not spent:
        return
    by_id = {lot.reward_id: lot for _, lot in spent}
    rows = tx.execute(
        _ORDERS_LOCKED if lock else _ORDERS,
        ([member for member, _ in spent], list(by_id), program_id),
    ).fetchall()
    for reward_id, order_id, value in rows:
        by_id[reward_id].orders.append(Order(order_id, value))
    delivered = tx.execute(
        _DELIVERED, ([member for member, _ in spent], list(by_id), program_id, PURSE, program_id)
    ).fetchall()
    for reward_id, order_id, amount in delivered:
        by_id[reward_id].delivered.append(OnOrder(order_id, amount))


def _add_on_order(tx: Transaction, program_id: int, found: Mapping[int, Sequence[Holding]]) -> None:
    """Add what is kept for orders under way; their members' lock keeps them from ending meanwhile."""
    kept = [(member, lot) for member, lots in found.items() for lot in lots if lot.origin.market and lot.held]
    if not kept:
        return
    by_id = {lot.reward_id: lot for _, lot in kept}
    members = [member for member, _ in kept]
    for reward_id, order_id, amount in tx.execute(_ON_ORDER, (members, list(by_id), program_id)).fetchall():
        by_id[reward_id].on_order.append(OnOrder(order_id, amount))


def load_debts_of(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[PurseKey, list[Debt]]:
    """What these members owe, to which pools; most batches have nobody who owes anything."""
    owing = tx.execute(
        """
        select member_id, unit from accounts
        where program_id = %s and member_id = any(%s::text::bigint[]) and name = %s and debt > 0
        """,
        (program_id, numbers(members), PURSE),
        prepare=True,
    ).fetchall()
    if not owing:
        return {}
    return {key: list(debts) for key, debts in load_debts(tx, program_id, owing).items()}


def load_balances(
    tx: Transaction, program_id: int, members: Sequence[int], units: Sequence[str]
) -> dict[PurseKey, int]:
    """What these members have of units with a cap, pending value included."""
    rows = tx.execute(
        """
        select member_id, unit, posted + pending from accounts
        where program_id = %s and member_id = any(%s::text::bigint[]) and name = %s and unit = any(%s)
        """,
        (program_id, numbers(members), PURSE, list(units)),
        prepare=True,
    ).fetchall()
    return {(member, unit): balance for member, unit, balance in rows}


def load_waiting(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[int, list[Waiting]]:
    """What waits for rewards of these members that have not come yet."""
    rows = tx.execute(
        """
        select event_id, member_id, rule, reference, happened_at, step::text from reversals_waiting
        where program_id = %s and member_id = any(%s::text::bigint[]) order by happened_at, event_id
        """,
        (program_id, numbers(members)),
        prepare=True,
    ).fetchall()
    found: dict[int, list[Waiting]] = defaultdict(list)
    for event_id, member_id, rule, reference, happened_at, step in rows:
        read = msgspec.json.decode(step, type=_Steps)
        found[member_id] += [
            Waiting(
                event_id,
                member_id,
                rule,
                by_it,
                happened_at,
                each.by,
                "release" if each.what == "release" else "reverse",
                each.part,
                each.whole,
                each.if_spent,
            )
            for each, by_it in [(read, reference), *((more, more.reference) for more in read.more)]
        ]
    return dict(found)


def record_waiting(
    tx: Transaction,
    program_id: int,
    made: Sequence[Sequence[Waiting]],
    settled: Sequence[WaitKey],
    at: datetime,
) -> None:
    """Strike out what waited, and write down what waits from now on, or still: by event and rule."""
    if settled:
        tx.execute(
            """
            delete from reversals_waiting w
            using unnest(%s::bigint[], %s::bigint[], %s::text[]) as s (member_id, event_id, rule)
            where w.program_id = %s and w.member_id = s.member_id and w.event_id = s.event_id
              and w.rule = s.rule
            """,
            (*(list(column) for column in zip(*settled, strict=True)), program_id),
        )
    if made:
        firsts = [waits[0] for waits in made]
        tx.execute(
            """
            insert into reversals_waiting
              (program_id, member_id, event_id, rule, reference, step, happened_at, recorded_at)
            select %s, m, e, r, f, s::json, h, %s
            from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
              as w (m, e, r, f, s, h)
            on conflict do nothing
            """,
            (
                program_id,
                at,
                [w.member_id for w in firsts],
                [w.event_id for w in firsts],
                [w.rule for w in firsts],
                [w.reference for w in firsts],
                [_encode(_steps_of(waits)).decode() for waits in made],
                [w.happened_at for w in firsts],
            ),
        )


def _steps_of(waits: Sequence[Waiting]) -> _Steps:
    first, *more = [_Step(w.by, w.what, w.part, w.whole, w.if_spent, w.reference) for w in waits]
    return _Steps(first.by, first.what, first.part, first.whole, first.if_spent, more=tuple(more))
