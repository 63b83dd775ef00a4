"""Budgets as rows: the nodes of their trees, what moves between them, periods that began, and top-ups.

Whoever changes budgets locks the accounts first, in one order, and the nodes after them: batches do the same
(`store.pools`), so none of them ever waits for the other in a circle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from guerdon.ledger.chart import FUNDING, POOL_OWNER, spent_account
from guerdon.store.database import Transaction
from guerdon.store.pools import PoolSpent

AccountKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as it stands; `planned` is what the program's text gave it and all below it in this period."""

    name: str
    unit: str
    budget: str
    market: str | None
    location: str | None
    parent: str | None
    period: date
    allocated: int = 0
    planned: int = 0
    # No program has it any more, or has it in another unit.
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has, and what of it is set aside."""

    posted: int
    held: int

    @property
    def free(self) -> int:
        """What may leave it."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A transfer between two nodes, or between a root and funding."""

    id: int
    from_account: str
    to_account: str
    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period that began for a node: what went back up, what came down."""

    name: str
    period: date
    returned: int
    allocated: int


@dataclass(frozen=True, slots=True)
class TopUpRow:
    """A node that was given more by its parent in a period, with the transfer that did it."""

    name: str
    parent: str
    period: date
    unit: str
    amount: int
    transfer_id: int


@dataclass(frozen=True, slots=True)
class WayUp:
    """The accounts that value of a closed node passes, itself first, its new home last."""

    unit: str
    accounts: Sequence[str]

    @property
    def keys(self) -> list[AccountKey]:
        """All of them, by name and unit."""
        return [(name, self.unit) for name in self.accounts]


def load_nodes(tx: Transaction, program_id: int) -> dict[str, NodeRow]:
    """The nodes that the program has, by account."""
    return {name: row for name, row in load_all_nodes(tx, program_id).items() if not row.closed}


def load_all_nodes(tx: Transaction, program_id: int) -> dict[str, NodeRow]:
    """All nodes that were ever opened, by account; one that was closed in several units, as it was last."""
    rows = tx.execute(
        """
        select distinct on (name) name, unit, budget, market, location, parent, period, allocated, planned,
               closed_at is not null
        from budget_nodes where program_id = %s order by name, closed_at desc nulls first, unit
        """,
        (program_id,),
    ).fetchall()
    return {row[0]: NodeRow(*row) for row in rows}


def load_ways_up(tx: Transaction, program_id: int) -> list[WayUp]:
    """From each closed node with something free to its nearest ancestor in the same unit, else to funding.

    A parent is the one that a node had when it was closed; those farthest from their home come first.
    """
    rows = tx.execute(
        """
        with recursive nodes as (
          select name, unit, parent, closed_at is not null as closed from budget_nodes
          where program_id = %(program)s
        ),
        up as (
          select n.name as start, n.unit, n.parent, n.closed, 0 as step, array[n.name] as passed
          from nodes n join accounts a
            on a.program_id = %(program)s and a.member_id = %(owner)s and a.name = n.name and a.unit = n.unit
          where n.closed and a.posted > a.held
          union all
          -- A parent without a node of its own in this unit is none: then it is funding's.
          select u.start, u.unit, n.parent, coalesce(n.closed, false), u.step + 1,
                 u.passed || coalesce(n.name, %(funding)s)
          from up u
          left join nodes n on n.name = u.parent and n.unit = u.unit and n.name <> all (u.passed)
          where u.closed
        )
        select unit, passed from up where not closed order by step desc, start, unit
        """,
        {"program": program_id, "owner": POOL_OWNER, "funding": FUNDING},
    ).fetchall()
    return [WayUp(unit, passed) for unit, passed in rows]


def lock_accounts(tx: Transaction, program_id: int, keys: Iterable[AccountKey]) -> dict[AccountKey, Balance]:
    """Balances that nobody changes until this transaction ends, by (name, unit)."""
    wanted = sorted(set(keys))
    rows = tx.execute(
        """
        select a.name, a.unit, a.posted, a.held from accounts a
        where a.program_id = %s and a.member_id = %s
          and (a.name, a.unit) in (select * from unnest(%s::text[], %s::text[]))
        order by a.name, a.unit for no key update of a
        """,
        (program_id, POOL_OWNER, [name for name, _ in wanted], [unit for _, unit in wanted]),
    ).fetchall()
    return {(name, unit): Balance(posted, held) for name, unit, posted, held in rows}


def next_ids(tx: Transaction, count: int) -> list[int]:
    """Ids for so many transfers that no event brings about."""
    rows = tx.execute("select nextval('event_id_seq') from generate_series(1, %s)", (count,)).fetchall()
    return [row[0] for row in rows]


def record_moves(
    tx: Transaction, program_id: int, moves: Sequence[MoveRow], at: datetime, event_id: int = 0
) -> None:
    """Post moves, in this order, from accounts that the caller holds locked.

    The accounts' own floor is the last guard. What a node was allocated follows.
    """
    if not moves:
        return
    tx.execute(
        """
        insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,
                               happened_at, recorded_at)
        select %(p)s, %(o)s, id, %(e)s, f, t, u, a, %(at)s, %(at)s
        from unnest(%(id)s::bigint[], %(f)s::text[], %(t)s::text[], %(u)s::text[], %(a)s::bigint[])
             as m (id, f, t, u, a)
        """,
        {
            "p": program_id,
            "o": POOL_OWNER,
            "e": event_id,
            "at": at,
            "id": [move.id for move in moves],
            "f": [move.from_account for move in moves],
            "t": [move.to_account for move in moves],
            "u": [move.unit for move in moves],
            "a": [move.amount for move in moves],
        },
    )
    changes: dict[AccountKey, int] = defaultdict(int)
    for move in moves:
        changes[move.from_account, move.unit] -= move.amount
        changes[move.to_account, move.unit] += move.amount
    tx.execute(
        """
        update accounts a set posted = a.posted + c.change
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
    _record_allocated(tx, program_id, changes)


def _record_allocated(tx: Transaction, program_id: int, changes: Mapping[AccountKey, int]) -> None:
    # Never below nothing: what comes back of an earlier period's rewards may go up the tree, too.
    tx.execute(
        """
        update budget_nodes n
        set allocated = greatest(n.allocated + c.change, 0), moved = n.moved + c.change,
            beyond = n.beyond + greatest(-n.allocated - c.change, 0)
        from unnest(%s::text[], %s::text[], %s::bigint[]) as c (name, unit, change)
        where n.program_id = %s and n.name = c.name and n.unit = c.unit
        """,
        (
            [name for name, _ in changes],
            [unit for _, unit in changes],
            list(changes.values()),
            program_id,
        ),
    )


def record_plans_returned(tx: Transaction, program_id: int, returned: Sequence[tuple[str, str, int]]) -> None:
    """What topmost closed nodes gave back to funding counts towards their plan no more: (name, unit, amount).

    A text that has one of them again then gives it as much as it says.
    """
    if not returned:
        return
    tx.execute(
        """
        update budget_nodes n set planned = greatest(n.planned - r.amount, 0)
        from (
          select name, unit, sum(amount)::bigint as amount
          from unnest(%s::text[], %s::text[], %s::bigint[]) as w (name, unit, amount) group by 1, 2
        ) r
        where n.program_id = %s and n.name = r.name and n.unit = r.unit
        """,
        (*(list(column) for column in zip(*returned, strict=True)), program_id),
    )


def record_nodes(tx: Transaction, program_id: int, nodes: Sequence[NodeRow], at: datetime) -> None:
    """Open or close nodes, or bring what a program says of them up to date; what was allocated is left.

    Where one is closed in a unit and opened in another, the closed one comes first.
    """
    tx.execute(
        """
        insert into budget_nodes as n
          (program_id, name, unit, budget, market, location, parent, period, planned, closed_at)
        select %s, w.name, w.unit, w.budget, w.market, w.location, w.parent, w.period, w.planned,
               case when w.closed then %s::timestamptz end
        from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                    %s::date[], %s::bigint[], %s::boolean[])
          with ordinality as w (name, unit, budget, market, location, parent, period, planned, closed, place)
        order by w.place
        on conflict (program_id, name, unit) do update
        set budget = excluded.budget, market = excluded.market, location = excluded.location,
            parent = excluded.parent, period = excluded.period, planned = excluded.planned,
            closed_at = case when excluded.closed_at is not null
                             then coalesce(n.closed_at, excluded.closed_at) end
        """,
        (
            program_id,
            at,
            [node.name for node in nodes],
            [node.unit for node in nodes],
            [node.budget for node in nodes],
            [node.market for node in nodes],
            [node.location for node in nodes],
            [node.parent for node in nodes],
            [node.period for node in nodes],
            [node.planned for node in nodes],
            [node.closed for node in nodes],
        ),
    )


def record_periods(tx: Transaction, program_id: int, began: Sequence[PeriodRow], at: datetime) -> None:
    """Begin periods: after their moves, nodes stand at what their accounts hold.

    Only a node that has no periods any more, for the second time, has begun its one before.
    """
    names, periods = [row.name for row in began], [row.period for row in began]
    given = [row.allocated for row in began]
    tx.execute(
        """
        insert into budget_periods (program_id, name, period, returned, allocated, recorded_at)
        select %s, n, p, r, a, %s
        from unnest(%s::text[], %s::date[], %s::bigint[], %s::bigint[]) as b (n, p, r, a)
        on conflict (program_id, name, period) do nothing
        """,
        (
            program_id,
            at,
            names,
            periods,
            [row.returned for row in began],
            given,
        ),
    )
    tx.execute(
        """
        update budget_nodes n
        set period = b.period, planned = b.given, allocated = greatest(a.posted, 0),
            carried = greatest(a.posted, 0) - n.moved, beyond = 0,
            spent_before = coalesce(s.posted, 0)
        from unnest(%(n)s::text[], %(s)s::text[], %(d)s::date[], %(g)s::bigint[])
             as b (name, spent, period, given)
        join accounts a on a.program_id = %(p)s and a.member_id = %(o)s and a.name = b.name
        left join accounts s
          on s.program_id = %(p)s and s.member_id = %(o)s and s.name = b.spent and s.unit = a.unit
        where n.program_id = %(p)s and n.name = b.name and n.unit = a.unit and n.closed_at is null
        """,
        {
            "p": program_id,
            "o": POOL_OWNER,
            "n": names,
            "s": [spent_account(name) for name in names],
            "d": periods,
            "g": given,
        },
    )


def load_topped_up(tx: Transaction, program_id: int, periods: Sequence[date]) -> set[tuple[str, date]]:
    """Which nodes were topped up in these periods, or have not begun them yet.

    A batch that locks its pools asks after that. Before its period has begun, a node is given nothing for it:
    the turn would take it back, and the one top-up of the period would be gone.
    """
    rows = tx.execute(
        """
        select name, period from top_ups where program_id = %(program)s and period = any(%(periods)s)
        union all
        select n.name, p from budget_nodes n, unnest(%(periods)s::date[]) p
        where n.program_id = %(program)s and n.period < p and n.closed_at is null
        """,
        {"program": program_id, "periods": list(periods)},
        prepare=True,
    ).fetchall()
    return {(name, period) for name, period in rows}


def record_top_ups(tx: Transaction, program_id: int, rows: Sequence[TopUpRow], at: datetime) -> None:
    """Write down top-ups beside their transfers, after their pools were settled.

    Raises `PoolSpent` when somebody else topped one of them up meanwhile: then the batch is decided again.
    """
    if not rows:
        return
    done = tx.execute(
        """
        insert into top_ups (program_id, name, period, unit, amount, transfer_id, recorded_at)
        select %s, n, p, u, a, t, %s
        from unnest(%s::text[], %s::date[], %s::text[], %s::bigint[], %s::bigint[]) as r (n, p, u, a, t)
        order by n, p
        on conflict do nothing
        """,
        (
            program_id,
            at,
            [row.name for row in rows],
            [row.period for row in rows],
            [row.unit for row in rows],
            [row.amount for row in rows],
            [row.transfer_id for row in rows],
        ),
    ).rowcount
    if done < len(rows):
        raise PoolSpent
    changes: dict[AccountKey, int] = defaultdict(int)
    for row in rows:
        changes[row.name, row.unit] += row.amount
        changes[row.parent, row.unit] -= row.amount
    _record_allocated(tx, program_id, changes)
