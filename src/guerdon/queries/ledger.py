"""The ledger as people read it: transfers with both their sides, newest first, and any balance on any day."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from guerdon.store.database import Transaction

OWN = ("purse", "pending", "debt")


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer: so much from one account to another; member 0 where no member's account takes part."""

    id: int
    member_id: int
    event_id: int
    from_account: str
    to_account: str
    unit: str
    amount: int
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class TransfersAsked:
    """Which transfers: of an account on either side, a member, a unit, a time of recording.

    `after` is the place of the last one seen.
    """

    account: str | None = None
    member_id: int | None = None
    unit: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """An account on a day: what it had, and of a member's purse what was pending and owed."""

    posted: int
    pending: int
    debt: int


def list_transfers(tx: Transaction, asked: TransfersAsked, limit: int) -> list[TransferRow]:
    """Transfers, newest first."""
    after_at, after_id = asked.after or (None, None)
    # Each side of a pool is an index of its own, in the order of time; all others are read by time itself.
    pool = asked.account is not None and asked.account not in OWN and asked.member_id is None
    rows = tx.execute(
        _OF_A_POOL if pool else _ALL,
        {
            "member": asked.member_id,
            "account": asked.account,
            "unit": asked.unit,
            "since": asked.since,
            "until": asked.until,
            "after_at": after_at,
            "after_id": after_id,
            "limit": limit,
        },
    ).fetchall()
    return [TransferRow(*row) for row in rows]


_ALL: LiteralString = """
    select id, member_id, event_id, from_account, to_account, unit, amount, happened_at, recorded_at
    from transfers
    where program_id = (select this_program())
      and (%(member)s::bigint is null or member_id = %(member)s)
      and (%(account)s::text is null or from_account = %(account)s or to_account = %(account)s)
      and (%(unit)s::text is null or unit = %(unit)s)
      and (%(since)s::timestamptz is null or recorded_at >= %(since)s)
      and (%(until)s::timestamptz is null or recorded_at < %(until)s)
      and (%(after_at)s::timestamptz is null or (recorded_at, id) < (%(after_at)s, %(after_id)s::bigint))
    order by recorded_at desc, id desc limit %(limit)s
"""

_OF_A_POOL: LiteralString = """
    with sides as (
      (select * from transfers
       where program_id = (select this_program()) and from_account = %(account)s
         and from_account not in ('purse', 'pending', 'debt')
         and (%(unit)s::text is null or unit = %(unit)s)
         and (%(since)s::timestamptz is null or recorded_at >= %(since)s)
         and (%(until)s::timestamptz is null or recorded_at < %(until)s)
         and (%(after_at)s::timestamptz is null or (recorded_at, id) < (%(after_at)s, %(after_id)s::bigint))
       order by recorded_at desc, id desc limit %(limit)s)
      union all
      (select * from transfers
       where program_id = (select this_program()) and to_account = %(account)s
         and to_account not in ('purse', 'pending', 'debt')
         and (%(unit)s::text is null or unit = %(unit)s)
         and (%(since)s::timestamptz is null or recorded_at >= %(since)s)
         and (%(until)s::timestamptz is null or recorded_at < %(until)s)
         and (%(after_at)s::timestamptz is null or (recorded_at, id) < (%(after_at)s, %(after_id)s::bigint))
       order by recorded_at desc, id desc limit %(limit)s)
    )
    select id, member_id, event_id, from_account, to_account, unit, amount, happened_at, recorded_at
    from sides order by recorded_at desc, id desc limit %(limit)s
"""


def load_transfer(tx: Transaction, transfer_id: int, member_id: int | None = None) -> TransferRow | None:
    """One transfer; quick where it is known whose it is."""
    row = tx.execute(
        """
        select id, member_id, event_id, from_account, to_account, unit, amount, happened_at, recorded_at
        from transfers
        where program_id = (select this_program()) and id = %(id)s
          and (%(member)s::bigint is null or member_id = %(member)s)
        order by recorded_at desc limit 1
        """,
        {"id": transfer_id, "member": member_id},
    ).fetchone()
    return TransferRow(*row) if row else None


def list_of_event(tx: Transaction, event_id: int, member_id: int) -> list[TransferRow]:
    """All that one event moved."""
    rows = tx.execute(
        """
        select id, member_id, event_id, from_account, to_account, unit, amount, happened_at, recorded_at
        from transfers
        where program_id = (select this_program()) and member_id = %s and event_id = %s and event_id <> 0
        order by recorded_at, id
        """,
        (member_id, event_id),
    ).fetchall()
    return [TransferRow(*row) for row in rows]


def list_draws(tx: Transaction, transfer_id: int, member_id: int) -> list[tuple[int, int, str]]:
    """The lots that a transfer took from (positive) or gave back to: (reward, amount, rule)."""
    rows = tx.execute(
        """
        select d.reward_id, d.amount, r.rule
        from draws d join rewards r on r.program_id = d.program_id and r.member_id = d.member_id
          and r.id = d.reward_id
        where d.program_id = (select this_program()) and d.member_id = %s and d.transfer_id = %s
        order by r.expires_at nulls last, r.id
        """,
        (member_id, transfer_id),
    ).fetchall()
    return [(int(row[0]), int(row[1]), str(row[2])) for row in rows]


def load_balance(tx: Transaction, member_id: int, name: str, unit: str, at: datetime) -> Balance | None:
    """What an account stood at when an instant came: its balance now, less what was recorded since.

    None where there is no such account.
    """
    row = tx.execute(
        """
        with since as (
          select coalesce(sum(case when to_account = %(name)s then amount else 0 end
                              - case when from_account = %(name)s then amount else 0 end), 0) as posted,
                 coalesce(sum(case to_account when 'pending' then amount else 0 end
                              - case from_account when 'pending' then amount else 0 end), 0) as pending,
                 coalesce(sum(case from_account when 'debt' then amount else 0 end
                              - case to_account when 'debt' then amount else 0 end), 0) as debt
          from transfers
          where program_id = (select this_program()) and unit = %(unit)s and recorded_at >= %(at)s
            and (%(member)s = 0 or member_id = %(member)s)
        )
        select a.posted - s.posted, case when a.member_id = 0 then 0 else a.pending - s.pending end,
               case when a.member_id = 0 then 0 else a.debt - s.debt end
        from accounts a, since s
        where a.program_id = (select this_program()) and a.member_id = %(member)s and a.name = %(name)s
          and a.unit = %(unit)s
        """,
        {"name": name, "unit": unit, "at": at, "member": member_id},
    ).fetchone()
    return Balance(*(int(each) for each in row)) if row else None


def list_pools(tx: Transaction) -> list[tuple[str, str, int, int]]:
    """The program's own accounts as they stand: (name, unit, posted, held)."""
    rows = tx.execute(
        """
        select name, unit, posted, held from accounts
        where program_id = (select this_program()) and member_id = 0 order by name, unit
        """
    ).fetchall()
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]
