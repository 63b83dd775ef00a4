"""How a member stands: what they have of each unit, what they can use now, and what of it ends soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import PURSE
from guerdon.store.database import Transaction
from guerdon.values.money import Money

USABLE_MAX = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has of one unit: to spend now, on its way, and owed."""

    spendable: Money
    pending: Money
    debt: Money


@dataclass(frozen=True, slots=True)
class Usable:
    """A reward that can be used now, with what is left of it; of a balance, the one that ends first."""

    id: int
    rule: str
    left: Money
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends of a unit at the next moment at which anything of it does."""

    amount: Money
    expires_at: datetime


def list_standings(tx: Transaction, program_id: int, member_id: int, now: datetime) -> list[Standing]:
    """What a member has, by unit; what lapsed and was not yet taken back is not among it."""
    rows = tx.execute(
        """
        select a.unit, greatest(0, a.posted - a.held - coalesce(l.lapsed, 0)), a.pending, a.debt
        from accounts a
        left join (
          select o.unit, sum(o.remaining - o.held) as lapsed from rewards o
          where o.program_id = %(program)s and o.member_id = %(member)s and o.state = 'ready'
            and o.expires_at <= %(now)s
          group by o.unit
        ) l on l.unit = a.unit
        where a.program_id = %(program)s and a.member_id = %(member)s and a.name = %(purse)s
        order by a.unit
        """,
        {"program": program_id, "member": member_id, "now": now, "purse": PURSE},
    ).fetchall()
    return [
        Standing(Money(int(left), unit), Money(int(pending), unit), Money(int(debt), unit))
        for unit, left, pending, debt in rows
    ]


def list_usable(
    tx: Transaction, whose: tuple[int, int], balances: Sequence[str], now: datetime
) -> list[Usable]:
    """What a member (program, member) can use now, what ends first before all; one for each balance.

    `balances`: the units that are a balance, and not taken whole.
    """
    rows = tx.execute(
        """
        select id, rule, unit, left_minor, expires_at
        from (
          select r.id, r.rule, r.unit, r.remaining - r.held as left_minor, r.expires_at,
                 row_number() over (
                   partition by case when r.unit = any(%(balances)s) then r.unit else r.id::text end
                   order by r.expires_at nulls last, r.id) as place
          from rewards r
          where r.program_id = %(program)s and r.member_id = %(member)s and r.state = 'ready'
            and r.remaining > r.held and (r.expires_at is null or r.expires_at > %(now)s)
        ) u
        where place = 1 order by expires_at nulls last, id limit %(most)s
        """,
        {
            "program": whose[0],
            "member": whose[1],
            "balances": list(balances),
            "now": now,
            "most": USABLE_MAX,
        },
    ).fetchall()
    return [Usable(id_, rule, Money(int(left), unit), ends) for id_, rule, unit, left, ends in rows]


def list_ending(tx: Transaction, whose: tuple[int, int], now: datetime, until: datetime) -> list[Ending]:
    """What of a member's (program, member) ends before an instant: by moment and unit, the first first."""
    rows = tx.execute(
        """
        select unit, sum(remaining - held), expires_at from rewards
        where program_id = %s and member_id = %s and state = 'ready' and remaining > held
          and expires_at > %s and expires_at <= %s
        group by unit, expires_at order by expires_at, unit limit %s
        """,
        (*whose, now, until, USABLE_MAX),
    ).fetchall()
    return [Ending(Money(int(amount), unit), expires_at) for unit, amount, expires_at in rows]


def newest_reward(tx: Transaction, program_id: int, member_id: int) -> int:
    """The reward that a member got last; 0: they never got any."""
    row = tx.execute(
        """
        select id from rewards where program_id = %s and member_id = %s order by issued_at desc, id limit 1
        """,
        (program_id, member_id),
    ).fetchone()
    return int(row[0]) if row else 0
