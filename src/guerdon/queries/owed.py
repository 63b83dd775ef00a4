"""What is owed to members: by unit, month of its end and market; what will go unused; the trial balance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from guerdon.ledger.breakage import Breakage, Cohort, estimate_breakage
from guerdon.store.database import Transaction, see_by_sets

# What ended longer ago tells of other people and other rewards.
COHORT_MONTHS = 12


@dataclass(frozen=True, slots=True)
class OwedRow:
    """What members of a market have that ends in a month (None: never); part of it may still be pending."""

    unit: str
    month: date | None
    market: str
    lots: int
    ready: int
    pending: int

    @property
    def amount(self) -> int:
        """All of it."""
        return self.ready + self.pending


@dataclass(frozen=True, slots=True)
class TrialRow:
    """All accounts of a kind in a unit. What is below zero is a debit: value that came from there."""

    unit: str
    kind: str
    accounts: int
    debit: int
    credit: int


def list_owed(tx: Transaction, zone: str, market: str | None = None) -> list[OwedRow]:
    """What is owed, in the order in which it ends; months are those of the program's time zone."""
    see_by_sets(tx)
    rows = tx.execute(
        """
        select r.unit,
               -- What ends at midnight ended with the day before.
               date_trunc('month', (r.expires_at - interval '1 microsecond') at time zone %(zone)s)::date
                 as month,
               m.market, count(*),
               coalesce(sum(r.remaining) filter (where r.state = 'ready'), 0)::bigint,
               coalesce(sum(r.remaining) filter (where r.state = 'pending'), 0)::bigint
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        where r.program_id = (select this_program()) and r.remaining > 0
          and (%(market)s::text is null or m.market = %(market)s)
        group by 1, 2, 3 order by 1, 2 nulls last, 3
        """,
        {"zone": zone, "market": market},
    ).fetchall()
    return [OwedRow(*row) for row in rows]


def load_breakage(tx: Transaction, zone: str, now: datetime) -> dict[str, Breakage | None]:
    """The share of value that will go unused, by unit, as it was with what is over; None: too early."""
    see_by_sets(tx)
    rows = tx.execute(
        """
        with over as (
          select id, unit, value - reversed as value,
                 date_trunc('month', (expires_at - interval '1 microsecond') at time zone %(zone)s)::date
                   as month
          from rewards
          where program_id = (select this_program()) and expires_at < %(now)s
            and expires_at >= %(now)s::timestamptz - make_interval(months => %(months)s)
            and state not in ('pending', 'ready')
        ),
        expired as (
          select f.reward as id, sum(f.amount) as amount
          from events e, json_to_recordset(e.decision -> 'effects') as f (type text, reward bigint,
            amount bigint)
          where e.program_id = (select this_program()) and e.outcome = 'expired' and f.type = 'expire'
          group by 1
        )
        select o.unit, o.month, count(*), sum(o.value)::bigint, coalesce(sum(least(x.amount, o.value)),
          0)::bigint
        from over o left join expired x using (id)
        group by 1, 2 order by 1, 2
        """,
        {"zone": zone, "now": now, "months": COHORT_MONTHS},
    ).fetchall()
    cohorts: dict[str, list[Cohort]] = defaultdict(list)
    for unit, _, lots, value, expired in rows:
        cohorts[unit].append(Cohort(lots, value, expired))
    return {unit: estimate_breakage(found) for unit, found in cohorts.items()}


def list_trial_balance(tx: Transaction) -> list[TrialRow]:
    """Every kind of account in every unit; in each unit debits and credits are the same."""
    see_by_sets(tx)
    rows = tx.execute(
        """
        with sides as (
          select unit, case when member_id > 0 then 'purse' when name like 'program:%' then name
                            else split_part(name, ':', 1) end as kind, posted as amount
          from accounts where program_id = (select this_program())
          union all
          select unit, 'pending', pending from accounts
          where program_id = (select this_program()) and member_id > 0 and pending <> 0
          union all
          select unit, 'debt', -debt from accounts
          where program_id = (select this_program()) and member_id > 0 and debt <> 0
        )
        select unit, kind, count(*), coalesce(-sum(amount) filter (where amount < 0), 0)::bigint,
               coalesce(sum(amount) filter (where amount > 0), 0)::bigint
        from sides group by 1, 2 order by 1, 2
        """
    ).fetchall()
    return [TrialRow(*row) for row in rows]


def totals(rows: Sequence[TrialRow]) -> dict[str, tuple[int, int]]:
    """Debits and credits of each unit."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        debit, credit = sums.get(row.unit, (0, 0))
        sums[row.unit] = (debit + row.debit, credit + row.credit)
    return sums
