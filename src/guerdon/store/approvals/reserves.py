"""Reserves: what a pool sets aside for a request, until it is paid or the request ends.

A reserve is a hold of the pool (member 0) that names the request as its purpose; a request for several pools
has several. The pool is locked first, so that what is set aside was free, and stays so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import POOL_OWNER
from guerdon.store.database import Transaction
from guerdon.values.ids import show

# Its account and its unit.
PoolKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reserve:
    """An open hold of a pool for a request."""

    id: int
    account: str
    unit: str
    amount: int

    @property
    def key(self) -> PoolKey:
        """The pool's key."""
        return self.account, self.unit


def purpose_of(request_id: int) -> str:
    """What a hold says it is for."""
    return f"approval:{show('apr', request_id)}"


def record_reserves(
    tx: Transaction, program_id: int, request_id: int, reserves: Sequence[Reserve], at: datetime
) -> list[PoolKey]:
    """Set money of pools aside for a request, in place of what is set aside for it now.

    Gives the pools that have not so much left; then nothing was changed.
    """
    before = load_reserves(tx, program_id, [request_id])[request_id]
    if not before and not reserves:
        return []
    left = _lock_free(tx, program_id, sorted({each.key for each in [*before, *reserves]}))
    changes: dict[PoolKey, int] = {}
    for sign, of in ((-1, before), (1, reserves)):
        for each in of:
            changes[each.key] = changes.get(each.key, 0) + sign * each.amount
    lacking = [key for key, change in changes.items() if change > left.get(key, 0)]
    if lacking:
        return lacking
    settle_reserves(tx, program_id, [request_id], "released", at)
    tx.execute(
        """
        insert into holds (program_id, member_id, id, account, unit, amount, purpose, opened_at)
        select %s, %s, r.*, %s, %s
        from unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) as r (id, account, unit, amount)
        """,
        (
            program_id, POOL_OWNER, purpose_of(request_id), at,
            *([getattr(each, name) for each in reserves] for name in ("id", "account", "unit", "amount")),
        ),
    )  # fmt: skip
    _record_held(tx, program_id, _totals(reserves))
    return []


def load_reserves(tx: Transaction, program_id: int, request_ids: Sequence[int]) -> dict[int, list[Reserve]]:
    """What is set aside for requests, by request."""
    purposes = {purpose_of(each): each for each in request_ids}
    rows = tx.execute(
        """
        select purpose, id, account, unit, amount from holds
        where program_id = %s and member_id = %s and state = 'open' and purpose = any(%s)
        order by account, id
        """,
        (program_id, POOL_OWNER, list(purposes)),
    ).fetchall()
    found: dict[int, list[Reserve]] = {each: [] for each in request_ids}
    for purpose, *columns in rows:
        found[purposes[purpose]].append(Reserve(*columns))
    return found


def record_captured(tx: Transaction, program_id: int, request_ids: Sequence[int], at: datetime) -> None:
    """Close what was set aside, because it was paid; the accounts are changed by the batch that paid."""
    _close(tx, program_id, request_ids, "captured", at)


def settle_reserves(
    tx: Transaction, program_id: int, request_ids: Sequence[int], state: str, at: datetime
) -> list[Reserve]:
    """Free what is set aside for requests that end without being paid: released or expired."""
    closed = _close(tx, program_id, request_ids, state, at)
    totals = _totals(closed)
    _lock_free(tx, program_id, sorted(totals))
    _record_held(tx, program_id, {key: -amount for key, amount in totals.items()})
    return closed


def _close(
    tx: Transaction, program_id: int, request_ids: Sequence[int], state: str, at: datetime
) -> list[Reserve]:
    rows = tx.execute(
        """
        update holds set state = %(state)s, closed_at = %(at)s,
               captured = case when %(state)s = 'captured' then amount else 0 end
        where program_id = %(program)s and member_id = %(owner)s and state = 'open'
          and purpose = any(%(purposes)s)
        returning id, account, unit, amount
        """,
        {
            "state": state,
            "at": at,
            "program": program_id,
            "owner": POOL_OWNER,
            "purposes": [purpose_of(each) for each in request_ids],
        },
    ).fetchall()
    return [Reserve(*row) for row in rows]


def _totals(reserves: Sequence[Reserve]) -> dict[PoolKey, int]:
    totals: dict[PoolKey, int] = {}
    for each in reserves:
        totals[each.key] = totals.get(each.key, 0) + each.amount
    return totals


def _lock_free(tx: Transaction, program_id: int, keys: Sequence[PoolKey]) -> dict[PoolKey, int]:
    """What pools have free, locked by name, as batches lock them."""
    rows = tx.execute(
        """
        select a.name, a.unit, case when a.bounded then a.posted - a.held else 9223372036854775807 end
        from accounts a
        where a.program_id = %s and a.member_id = %s
          and (a.name, a.unit) in (select * from unnest(%s::text[], %s::text[]))
        order by a.name, a.unit for no key update of a
        """,
        (program_id, POOL_OWNER, [name for name, _ in keys], [unit for _, unit in keys]),
    ).fetchall()
    return {(name, unit): free for name, unit, free in rows}


def _record_held(tx: Transaction, program_id: int, changes: Mapping[PoolKey, int]) -> None:
    if not changes:
        return
    tx.execute(
        """
        update accounts a set held = a.held + c.change
        from unnest(%s::text[], %s::text[], %s::bigint[]) as c (name, unit, change)
        where a.program_id = %s and a.member_id = %s and a.name = c.name and a.unit = c.unit
        """,
        (
            [name for name, _ in changes],
            [unit for _, unit in changes],
            list(changes.values()),
            program_id,
            POOL_OWNER,
        ),
    )
