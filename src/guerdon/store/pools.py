"""Pools: the program's own accounts (budgets), changed once per batch by one guarded statement, late.

Late, because a hot budget is then locked for a moment only; guarded, because what was read at the start
of the batch may be spent by now: then nothing is written and the batch is decided again with the pools
locked first. Members, what they share of limits, pools, figures is the order of locks in either case.
"""

from collections.abc import Iterable, Mapping, Sequence

from guerdon.ledger.chart import POOL_OWNER, is_bounded
from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction

# Its name and its unit.
PoolKey = tuple[str, str]


class PoolSpent(Exception):  # noqa: N818  an answer, not a fault
    """A pool, or a limit that members share, that a batch was decided on has less by now than it needs."""


def load_pools(tx: Transaction, program_id: int, keys: Iterable[PoolKey]) -> dict[PoolKey, int]:
    """What pools can still pay, in minor units."""
    wanted = sorted(keys)
    rows = tx.execute(
        """
        select a.name, a.unit, a.posted - a.held
        from accounts a
        join unnest(%s::text::text[], %s::text::text[]) as w (name, unit)
          on w.name = a.name and w.unit = a.unit
        where a.program_id = %s and a.member_id = %s
        """,
        (*_columns(wanted), program_id, POOL_OWNER),
        prepare=True,
    ).fetchall()
    return {(name, unit): left for name, unit, left in rows}


def lock_pools(tx: Transaction, program_id: int, keys: Iterable[PoolKey]) -> dict[PoolKey, int]:
    """The same, and nobody changes them until this transaction ends.

    Locked by name, so two of us never cross.
    """
    wanted = sorted(keys)
    rows = tx.execute(
        """
        select a.name, a.unit, a.posted - a.held
        from accounts a
        join unnest(%s::text::text[], %s::text::text[]) as w (name, unit)
          on w.name = a.name and w.unit = a.unit
        where a.program_id = %s and a.member_id = %s
        order by a.name, a.unit for no key update of a
        """,
        (*_columns(wanted), program_id, POOL_OWNER),
        prepare=True,
    ).fetchall()
    return {(name, unit): left for name, unit, left in rows}


def settle_pools(
    tx: Transaction,
    program_id: int,
    changes: Mapping[PoolKey, int],
    held: Mapping[PoolKey, int],
    lowest: Mapping[PoolKey, int],
) -> None:
    """Change pools by their totals, and what they set aside; opens those that are new.

    Raises `PoolSpent` when one could not bear its lowest point in the batch: the lowest point, not the total,
    because a later release in the batch must not hide that a payment before it had no cover.
    """
    keys = sorted({key for key, change in changes.items() if change} | {key for key, n in held.items() if n})
    if not keys:
        return
    left = lock_pools(tx, program_id, keys)
    if len(left) < len(keys):
        for unit in sorted({unit for key, unit in keys if (key, unit) not in left}):
            record_pools(tx, program_id, {name: unit for name, of in keys if of == unit})
        left = lock_pools(tx, program_id, keys)
    if any(left[key] + lowest.get(key, 0) < 0 for key in keys if is_bounded(key[0])):
        raise PoolSpent
    tx.execute(
        """
        update accounts a set posted = a.posted + c.change, held = a.held + c.held
        from unnest(%s::text::text[], %s::text::text[], %s::text::bigint[], %s::text::bigint[])
          as c (name, unit, change, held)
        where a.program_id = %s and a.member_id = %s and a.name = c.name and a.unit = c.unit
        """,
        (
            *_columns(keys),
            numbers([changes.get(key, 0) for key in keys]),
            numbers([held.get(key, 0) for key in keys]),
            program_id,
            POOL_OWNER,
        ),
        prepare=True,
    )


def record_pools(tx: Transaction, program_id: int, pools: Mapping[str, str]) -> None:
    """Open accounts that are not there yet: name -> unit."""
    tx.execute(
        """
        insert into accounts (program_id, member_id, name, unit, bounded)
        select %s, %s, n, u, b from unnest(%s::text[], %s::text[], %s::boolean[]) as p (n, u, b)
        order by n, u
        on conflict do nothing
        """,
        (program_id, POOL_OWNER, list(pools), list(pools.values()), [is_bounded(name) for name in pools]),
    )


def _columns(keys: Sequence[PoolKey]) -> tuple[str, str]:
    return texts([name for name, _ in keys]), texts([unit for _, unit in keys])
