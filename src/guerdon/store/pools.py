"""Pools: the program's own accounts (budgets), changed once per batch by one guarded statement, late.

Late, because a hot budget is then locked for a moment only; guarded, because what was read at the start
of the batch may be spent by now: then nothing is written and the batch is decided again with the pools
locked first. Members, pools, figures is the order of locks in either case.
"""

from collections.abc import Mapping, Sequence

from guerdon.ledger.chart import POOL_OWNER, is_bounded
from guerdon.store.database import Transaction


class PoolSpent(Exception):  # noqa: N818  an answer, not a fault
    """A pool that a batch was decided on has less by now than the batch needs."""


def load_pools(tx: Transaction, program_id: int, names: Sequence[str]) -> dict[str, int]:
    """What pools can still pay, in minor units."""
    rows = tx.execute(
        """
        select name, posted - held from accounts
        where program_id = %s and member_id = %s and name = any(%s)
        """,
        (program_id, POOL_OWNER, list(names)),
        prepare=True,
    ).fetchall()
    return dict(rows)


def lock_pools(tx: Transaction, program_id: int, names: Sequence[str]) -> dict[str, int]:
    """The same, and nobody changes them until this transaction ends.

    Locked by name, so two of us never cross.
    """
    rows = tx.execute(
        """
        select name, posted - held from accounts
        where program_id = %s and member_id = %s and name = any(%s) order by name for no key update
        """,
        (program_id, POOL_OWNER, list(names)),
        prepare=True,
    ).fetchall()
    return dict(rows)


def settle_pools(
    tx: Transaction, program_id: int, changes: Mapping[str, int], lowest: Mapping[str, int]
) -> None:
    """Change pools by their totals.

    Raises `PoolSpent` when one could not bear its lowest point in the batch.

    The lowest point, not the total: a later release in the batch must not hide that a payment before it
    had no cover.
    """
    names = sorted(name for name, change in changes.items() if change)
    if not names:
        return
    left = lock_pools(tx, program_id, names)
    if any(left[name] + lowest.get(name, 0) < 0 for name in names if is_bounded(name)):
        raise PoolSpent
    tx.execute(
        """
        update accounts a set posted = a.posted + c.change
        from unnest(%s::text[], %s::bigint[]) as c (name, change)
        where a.program_id = %s and a.member_id = %s and a.name = c.name
        """,
        (names, [changes[name] for name in names], program_id, POOL_OWNER),
    )


def record_pools(tx: Transaction, program_id: int, pools: Mapping[str, str]) -> None:
    """Open accounts that are not there yet: name -> unit."""
    tx.execute(
        """
        insert into accounts (program_id, member_id, name, unit, bounded)
        select %s, %s, n, u, b from unnest(%s::text[], %s::text[], %s::boolean[]) as p (n, u, b)
        on conflict do nothing
        """,
        (program_id, POOL_OWNER, list(pools), list(pools.values()), [is_bounded(name) for name in pools]),
    )
