"""A member's statement: every change of what they have in a unit, what was left after it, what ends when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer of a member: how it changed what they can spend, what waits and what they owe.

    `balance` is what they could spend after it. `lots` says which rewards it took from or gave back to.
    """

    id: int
    event_id: int
    event_type: str
    recorded_at: datetime
    happened_at: datetime
    from_account: str
    to_account: str
    change: int
    pending_change: int
    debt_change: int
    balance: int
    lots: Sequence[tuple[int, int]]


# In the order in which the query below asks for them; the lots follow.
_COLUMNS = (
    *("id", "event_id", "event_type", "recorded_at", "happened_at", "from_account", "to_account"),
    *("change", "pending_change", "debt_change", "balance"),
)


@dataclass(frozen=True, slots=True)
class LotLine:
    """A reward of which something is left, until when."""

    id: int
    rule: str
    value: int
    remaining: int
    held: int
    state: str
    issued_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a member has in a unit; lines newest first, lots in the order in which they end."""

    unit: str
    available: int
    held: int
    pending: int
    debt: int
    lines: Sequence[Line]
    lots: Sequence[LotLine]


def list_units(tx: Transaction, member_id: int) -> list[str]:
    """The units in which a member ever had something."""
    rows = tx.execute(
        """
        select unit from accounts where program_id = (select this_program()) and member_id = %s
          and name = 'purse'
        order by unit
        """,
        (member_id,),
    ).fetchall()
    return [str(row[0]) for row in rows]


def load_statement(
    tx: Transaction, member_id: int, unit: str, limit: int, after: tuple[datetime, int] | None = None
) -> Statement | None:
    """A page of a member's statement; None where they never had anything in this unit."""
    account = tx.execute(
        """
        select posted - held, held, pending, debt from accounts
        where program_id = (select this_program()) and member_id = %s and name = 'purse' and unit = %s
        """,
        (member_id, unit),
    ).fetchone()
    if account is None:
        return None
    lots = tx.execute(
        """
        select id, rule, value, remaining, held, state, issued_at, expires_at from rewards
        where program_id = (select this_program()) and member_id = %s and unit = %s and remaining > 0
        order by expires_at nulls last, issued_at, id
        """,
        (member_id, unit),
    ).fetchall()
    lines = _list_lines(tx, member_id, unit, limit, after)
    available, held, pending, debt = (int(each) for each in account)
    return Statement(unit, available, held, pending, debt, lines, [LotLine(*lot) for lot in lots])


def _list_lines(
    tx: Transaction, member_id: int, unit: str, limit: int, after: tuple[datetime, int] | None
) -> list[Line]:
    after_at, after_id = after or (None, None)
    rows: Sequence[Any] = tx.execute(
        """
        with moved as (
          select *, case to_account when 'purse' then amount else 0 end
                    - case from_account when 'purse' then amount else 0 end as change
          from transfers
          where program_id = (select this_program()) and member_id = %(member)s and unit = %(unit)s
            and (from_account in ('purse', 'pending', 'debt') or to_account in ('purse', 'pending', 'debt'))
        ),
        running as (
          select *, sum(change) over (order by recorded_at, id) as balance from moved
        ),
        shown as (
          select * from running
          where %(after_at)s::timestamptz is null
             or (recorded_at, id) < (%(after_at)s::timestamptz, %(after_id)s::bigint)
          order by recorded_at desc, id desc limit %(limit)s
        )
        select s.id, s.event_id, coalesce(e.type, ''), s.recorded_at, s.happened_at, s.from_account,
          s.to_account,
               s.change,
               case s.to_account when 'pending' then s.amount else 0 end
               - case s.from_account when 'pending' then s.amount else 0 end,
               case s.from_account when 'debt' then s.amount else 0 end
               - case s.to_account when 'debt' then s.amount else 0 end,
               s.balance::bigint,
               array(select d.reward_id from draws d
                     where d.program_id = s.program_id and d.member_id = s.member_id and d.transfer_id = s.id
                     order by d.reward_id),
               array(select d.amount from draws d
                     where d.program_id = s.program_id and d.member_id = s.member_id and d.transfer_id = s.id
                     order by d.reward_id)
        from shown s
        left join events e on e.program_id = s.program_id and e.member_id = s.member_id and e.id = s.event_id
        order by s.recorded_at desc, s.id desc
        """,
        {"member": member_id, "unit": unit, "after_at": after_at, "after_id": after_id, "limit": limit},
    ).fetchall()
    return [_line(row) for row in rows]


def _line(row: Sequence[Any]) -> Line:
    rewards, amounts = row[-2:]
    columns: dict[str, Any] = dict(zip(_COLUMNS, row, strict=False))
    return Line(**columns, lots=tuple(zip(rewards, amounts, strict=True)))
