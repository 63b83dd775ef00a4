"""What differs between suppliers' books and ours: added up, listed, one of them; statements and credits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction

KINDS = (
    *("not_with_them", "not_with_us", "amount", "currency", "cost"),
    *("released", "undelivered", "undecided", "twice"),
)
# Whatever is open for longer is old.
OLD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that differs, and what became of it. `member_id`: whose order it is, if one of ours."""

    id: int
    supplier: str
    kind: str
    subject: str
    order_id: int | None
    member_id: int | None
    currency: str
    ours_minor: int | None
    theirs_minor: int | None
    stake_minor: int
    ours_state: str
    their_state: str
    at: datetime
    found_at: datetime
    state: str
    done: str
    done_minor: int | None
    reason: str
    settled_by: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Total:
    """What is open of a supplier, a kind and a currency; `old` of it for more than a week."""

    supplier: str
    kind: str
    currency: str
    n: int
    old: int
    stake_minor: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Sifting:
    """Which differences are meant: in a state, of a supplier and a kind, and older than an id."""

    state: str = "open"
    supplier: str | None = None
    kind: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was read."""

    id: int
    supplier: str
    source: str
    since: datetime
    until: datetime
    state: str
    lines: int
    found: int
    healed: int
    why: str
    by: str
    taken_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CreditRow:
    """What a supplier owes us back, or did."""

    id: int
    supplier: str
    their_id: str
    order_id: int | None
    expected_minor: int | None
    received_minor: int | None
    currency: str
    state: str
    reason: str
    by: str
    expected_at: datetime
    settled_by: str | None
    settled_at: datetime | None


def total_differences(tx: Transaction, now: datetime) -> list[Total]:
    """All that is open, by supplier, kind and currency."""
    rows = tx.execute(
        """
        select supplier, kind, currency, count(*), count(*) filter (where found_at < %s),
               sum(stake_minor)::bigint, min(found_at)
        from order_differences
        where program_id = (select this_program()) and state = 'open'
        group by supplier, kind, currency order by supplier, kind, currency
        """,
        (now - OLD,),
    ).fetchall()
    return [Total(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Differing:
    """A supplier of whom something is open, and the latest statement that found anything new.

    `stakes`: what is at stake in the smallest part of each currency.
    """

    supplier: str
    statement_id: int
    n: int
    stakes: Mapping[str, int]


def list_differing(tx: Transaction) -> list[Differing]:
    """Suppliers of whom differences are open, with the statement that found the latest of them."""
    rows = tx.execute(
        """
        select d.supplier, s.id, sum(d.n)::bigint, json_object_agg(d.currency, d.stake)
        from (
          select supplier, currency, count(*) as n, sum(stake_minor)::bigint as stake
          from order_differences where program_id = (select this_program()) and state = 'open' group by 1, 2
        ) d
        cross join lateral (
          select id from supplier_statements s
          where s.program_id = (select this_program()) and s.supplier = d.supplier and s.state = 'read'
            and s.found > 0
          order by id desc limit 1
        ) s
        group by 1, 2 order by 1
        """
    ).fetchall()
    return [Differing(*row) for row in rows]


def list_differences(tx: Transaction, sifted: Sifting, at_most: int) -> list[Difference]:
    """Differences, the newest first."""
    rows = tx.execute(
        """
        select d.id, d.supplier, d.kind, d.subject, d.order_id, f.member_id, d.currency, d.ours_minor,
               d.theirs_minor, d.stake_minor, d.ours_state, d.their_state, d.at, d.found_at, d.state, d.done,
               d.done_minor, d.reason, d.settled_by, d.settled_at
        from order_differences d
        left join fulfillments f on f.program_id = d.program_id and f.order_id = d.order_id
        where d.program_id = (select this_program()) and d.state = %(state)s
          and (%(supplier)s::text is null or d.supplier = %(supplier)s)
          and (%(kind)s::text is null or d.kind = %(kind)s)
          and (%(before)s::bigint is null or d.id < %(before)s)
        order by d.id desc limit %(most)s
        """,
        {
            "state": sifted.state,
            "supplier": sifted.supplier,
            "kind": sifted.kind,
            "before": sifted.before,
            "most": at_most,
        },
    ).fetchall()
    return [Difference(*row) for row in rows]


def find_difference(tx: Transaction, difference_id: int) -> Difference | None:
    """One difference."""
    row = tx.execute(
        """
        select d.id, d.supplier, d.kind, d.subject, d.order_id, f.member_id, d.currency, d.ours_minor,
               d.theirs_minor, d.stake_minor, d.ours_state, d.their_state, d.at, d.found_at, d.state, d.done,
               d.done_minor, d.reason, d.settled_by, d.settled_at
        from order_differences d
        left join fulfillments f on f.program_id = d.program_id and f.order_id = d.order_id
        where d.program_id = (select this_program()) and d.id = %s
        """,
        (difference_id,),
    ).fetchone()
    return None if row is None else Difference(*row)


def list_statements(tx: Transaction, at_most: int) -> list[Statement]:
    """Statements, the newest first."""
    rows = tx.execute(
        """
        select id, supplier, source, since, until, state, lines, found, healed, why, by, taken_at, ended_at
        from supplier_statements where program_id = (select this_program()) order by id desc limit %s
        """,
        (at_most,),
    ).fetchall()
    return [Statement(*row) for row in rows]


def list_credits(tx: Transaction, at_most: int) -> list[CreditRow]:
    """Credits, those that are to come first, the oldest of them first."""
    rows = tx.execute(
        """
        select id, supplier, their_id, order_id, expected_minor, received_minor, currency, state, reason, by,
               expected_at, settled_by, settled_at
        from supplier_credits where program_id = (select this_program())
        order by state <> 'expected', case when state = 'expected' then id else -id end limit %s
        """,
        (at_most,),
    ).fetchall()
    return [CreditRow(*row) for row in rows]


def find_credit(tx: Transaction, credit_id: int) -> CreditRow | None:
    """One credit."""
    row = tx.execute(
        """
        select id, supplier, their_id, order_id, expected_minor, received_minor, currency, state, reason, by,
               expected_at, settled_by, settled_at
        from supplier_credits where program_id = (select this_program()) and id = %s
        """,
        (credit_id,),
    ).fetchone()
    return None if row is None else CreditRow(*row)
