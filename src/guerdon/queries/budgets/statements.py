"""A budget's statement: what came into its account and went out of it, latest first, with the balance.

One question for a page, so that balance and rows belong to the same moment whatever is committed meanwhile.
"""

from dataclasses import dataclass
from datetime import date, datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A transfer as one account sees it: positive came in; `balance` is what the account had after it."""

    at: datetime
    id: int
    member_id: int
    event_id: int
    other: str
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class RefillLine:
    """A top-up, as it was written down."""

    period: date
    unit: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A period that began: what went back up before it, and what came down."""

    period: date
    returned: int
    allocated: int
    at: datetime


def list_statement(
    tx: Transaction, account: str, unit: str, at_most: int, after: tuple[datetime, int] | None = None
) -> list[StatementLine]:
    """Lines of an account, latest first; `after` is the last line (time, id) of the page before."""
    rows = tx.execute(
        """
        with page as (
          (select recorded_at, id, member_id, event_id, to_account as other, -amount as amount from transfers
           where program_id = this_program() and from_account = %(a)s
             and from_account not in ('purse', 'pending', 'debt') and unit = %(u)s
             and (%(at)s::timestamptz is null or (recorded_at, id) < (%(at)s, %(id)s))
           order by recorded_at desc, id desc limit %(n)s)
          union all
          (select recorded_at, id, member_id, event_id, from_account, amount from transfers
           where program_id = this_program() and to_account = %(a)s
             and to_account not in ('purse', 'pending', 'debt') and unit = %(u)s
             and (%(at)s::timestamptz is null or (recorded_at, id) < (%(at)s, %(id)s))
           order by recorded_at desc, id desc limit %(n)s)
        ),
        later as (
          select coalesce(sum(case when to_account = %(a)s then amount else -amount end), 0) as amount
          from transfers
          where %(at)s::timestamptz is not null and program_id = this_program() and unit = %(u)s
            and (recorded_at, id) >= (%(at)s, %(id)s) and (from_account = %(a)s or to_account = %(a)s)
        ),
        stands as (
          select posted from accounts
          where program_id = this_program() and member_id = 0 and name = %(a)s and unit = %(u)s
        )
        select p.recorded_at, p.id, p.member_id, p.event_id, p.other, p.amount,
               ((select posted from stands) - (select amount from later) + p.amount
                - sum(p.amount) over (order by p.recorded_at desc, p.id desc))::bigint
        from page p order by p.recorded_at desc, p.id desc limit %(n)s
        """,
        {
            "a": account,
            "u": unit,
            "n": at_most,
            "at": after[0] if after else None,
            "id": after[1] if after else None,
        },
    ).fetchall()
    return [StatementLine(*row) for row in rows]


def list_top_ups(tx: Transaction, account: str, at_most: int) -> list[RefillLine]:
    """Top-ups of a node, latest first."""
    rows = tx.execute(
        """
        select period, unit, amount, recorded_at from top_ups
        where program_id = this_program() and name = %s order by recorded_at desc limit %s
        """,
        (account, at_most),
    ).fetchall()
    return [RefillLine(*row) for row in rows]


def list_periods(tx: Transaction, account: str, at_most: int) -> list[PeriodLine]:
    """Periods of a node, latest first."""
    rows = tx.execute(
        """
        select period, returned, allocated, recorded_at from budget_periods
        where program_id = this_program() and name = %s order by period desc limit %s
        """,
        (account, at_most),
    ).fetchall()
    return [PeriodLine(*row) for row in rows]
