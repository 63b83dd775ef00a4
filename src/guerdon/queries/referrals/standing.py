"""The referrals of a program as staff and programs look at them: counts, and pairs with both their sides.

Where two contacts became one, counts and pairs are of who is left: by the ids under which each was made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from guerdon.store.database import Transaction, see_by_sets

PairState = Literal["claimed", "qualified", "held", "released", "refused", "undone"]
STATES: tuple[PairState, ...] = get_args(PairState)


@dataclass(frozen=True, slots=True)
class Funnel:
    """Of a scheme: members with a code, visits of their links, claims, and what came of these."""

    scheme: str
    invited: int
    visited: int
    claimed: int
    confirmed: int
    held: int
    refused: int
    undone: int


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair; both are who they are now, `was` who the friend was as they claimed."""

    id: int
    scheme: str
    code: str
    member_id: int
    referrer_id: int | None
    state: PairState
    reasons: Sequence[str]
    claimed_at: datetime
    qualified_at: datetime | None
    told_at: datetime | None
    undone_at: datetime | None
    settled_by: str | None
    settled_at: datetime | None
    settled_for: str | None
    was: int


@dataclass(frozen=True, slots=True)
class SideRow:
    """One side of a pair, beside the other: who they are here, and how they brought others so far."""

    member_id: int
    market: str
    location: str | None
    enrolled_at: datetime
    brought: int
    confirmed: int
    kinds: Sequence[str]


def list_funnels(tx: Transaction) -> dict[str, Funnel]:
    """Counts by scheme."""
    see_by_sets(tx)
    rows = tx.execute(
        """
        select scheme, sum(invited), sum(visited), sum(claimed), sum(confirmed), sum(held), sum(refused),
               sum(undone)
        from (
          select c.scheme, count(distinct coalesce(i.member_id, c.member_id)) as invited,
                 sum(c.visits) as visited, 0 as claimed, 0 as confirmed, 0 as held, 0 as refused, 0 as undone
          from referral_codes c
          left join member_ids i
            on i.program_id = c.program_id and i.source = c.source and i.external_id = c.external_id
          where c.program_id = (select this_program()) group by c.scheme
          union all
          select scheme, 0, 0, count(*), count(*) filter (where state in ('qualified', 'released')),
                 count(*) filter (where state = 'held'), count(*) filter (where state = 'refused'),
                 count(*) filter (where state = 'undone')
          from referral_pairs where program_id = (select this_program()) group by scheme
        ) each group by scheme
        """
    ).fetchall()
    return {row[0]: Funnel(row[0], *map(int, row[1:])) for row in rows}


def list_pairs(
    tx: Transaction,
    state: str | None,
    limit: int,
    after: int | None = None,
    member_id: int | None = None,
    *,
    doubted: bool = False,
) -> list[PairRow]:
    """Pairs by their number, of one state or of one member if wanted; and with them those that are doubted.

    Doubted is who was rewarded, and of whom we heard afterwards that they had been a customer before.
    """
    see_by_sets(tx)
    rows = tx.execute(
        """
        select p.id, p.scheme, p.code, coalesce(i.member_id, p.member_id),
               coalesce(r.member_id, p.referrer_id), p.state, p.reasons, p.claimed_at, p.qualified_at,
               p.told_at, p.undone_at, p.settled_by, p.settled_at, p.settled_for, p.member_id
        from referral_pairs p
        left join member_ids i
          on i.program_id = p.program_id and i.source = p.source and i.external_id = p.external_id
        left join member_ids r on r.program_id = p.program_id and r.source = p.referrer_source
          and r.external_id = p.referrer_external_id
        where p.program_id = (select this_program())
          and (%(state)s::text is null or p.state = %(state)s
               or %(doubted)s and p.state in ('qualified', 'released') and 'customer' = any (p.reasons))
          and (%(after)s::bigint is null or p.id > %(after)s)
          and (%(member)s::bigint is null or p.id in (
            select q.id from member_ids n join referral_pairs q
              on q.program_id = n.program_id and q.source = n.source and q.external_id = n.external_id
            where n.program_id = (select this_program()) and n.member_id = %(member)s
            union
            select q.id from member_ids n join referral_pairs q on q.program_id = n.program_id
              and q.referrer_source = n.source and q.referrer_external_id = n.external_id
            where n.program_id = (select this_program()) and n.member_id = %(member)s
            union
            select q.id from referral_pairs q
            where q.program_id = (select this_program()) and %(member)s in (q.member_id, q.referrer_id)))
        order by p.id limit %(limit)s
        """,
        {"state": state, "doubted": doubted, "after": after, "member": member_id, "limit": limit},
    ).fetchall()
    return [PairRow(*row) for row in rows]


def load_pair(tx: Transaction, pair_id: int) -> PairRow | None:
    """One pair."""
    row = tx.execute(
        """
        select p.id, p.scheme, p.code, coalesce(i.member_id, p.member_id),
               coalesce(r.member_id, p.referrer_id), p.state, p.reasons, p.claimed_at, p.qualified_at,
               p.told_at, p.undone_at, p.settled_by, p.settled_at, p.settled_for, p.member_id
        from referral_pairs p
        left join member_ids i
          on i.program_id = p.program_id and i.source = p.source and i.external_id = p.external_id
        left join member_ids r on r.program_id = p.program_id and r.source = p.referrer_source
          and r.external_id = p.referrer_external_id
        where p.program_id = (select this_program()) and p.id = %s
        """,
        (pair_id,),
    ).fetchone()
    return None if row is None else PairRow(*row)


def load_sides(tx: Transaction, pair: PairRow) -> dict[int, SideRow]:
    """Both sides of a pair, as far as one may see them."""
    rows = tx.execute(
        """
        select m.member_id, m.market, m.location, m.enrolled_at, b.brought, b.confirmed,
               (select coalesce(array_agg(distinct k.kind order by k.kind), '{}') from referral_marks k
                where k.program_id = m.program_id and k.scheme = %(scheme)s
                  and (k.member_id = m.member_id or k.member_id = %(was)s and m.member_id = %(friend)s))
        from members m
        cross join lateral (
          select count(*) as brought,
                 count(*) filter (where p.state in ('qualified', 'released')) as confirmed
          from member_ids n
          join referral_pairs p on p.program_id = n.program_id and p.referrer_source = n.source
            and p.referrer_external_id = n.external_id and p.scheme = %(scheme)s
          where n.program_id = m.program_id and n.member_id = m.member_id) b
        where m.program_id = (select this_program()) and m.member_id = any(%(members)s)
        """,
        {
            "scheme": pair.scheme,
            "was": pair.was,
            "friend": pair.member_id,
            "members": [pair.member_id, pair.referrer_id or pair.member_id],
        },
    ).fetchall()
    return {row[0]: SideRow(*row) for row in rows}
