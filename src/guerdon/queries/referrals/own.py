"""A member's referrals, read under row security for that member: whom they brought, and by whom they came.

Of the other side there is nothing in it: no number, no name, no more than when and what came of it. Where two
contacts became one, whoever is left has the pairs of both.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class OwnPair:
    """A pair of a member; `brought`: they are the one who brought the other."""

    brought: bool
    state: str
    reasons: tuple[str, ...]
    claimed_at: datetime


def list_own_pairs(
    tx: Transaction, program_id: int, scheme: str, member_id: int, limit: int
) -> list[OwnPair]:
    """A member's pairs, newest first."""
    rows = tx.execute(
        """
        select coalesce(r.member_id, p.referrer_id) = %(member)s
               and coalesce(i.member_id, p.member_id) <> %(member)s, p.state, p.reasons, p.claimed_at
        from (
          select q.id from member_ids n join referral_pairs q
            on q.program_id = n.program_id and q.source = n.source and q.external_id = n.external_id
          where n.program_id = %(program)s and n.member_id = %(member)s
          union
          select q.id from member_ids n join referral_pairs q on q.program_id = n.program_id
            and q.referrer_source = n.source and q.referrer_external_id = n.external_id
          where n.program_id = %(program)s and n.member_id = %(member)s
          union
          select id from referral_pairs where program_id = %(program)s and member_id = %(member)s
          union
          select id from referral_pairs where program_id = %(program)s and referrer_id = %(member)s
        ) k
        join referral_pairs p on p.program_id = %(program)s and p.id = k.id and p.scheme = %(scheme)s
        left join member_ids i
          on i.program_id = p.program_id and i.source = p.source and i.external_id = p.external_id
        left join member_ids r on r.program_id = p.program_id and r.source = p.referrer_source
          and r.external_id = p.referrer_external_id
        order by p.claimed_at desc, p.id limit %(limit)s
        """,
        {"program": program_id, "scheme": scheme, "member": member_id, "limit": limit},
    ).fetchall()
    return [OwnPair(bool(row[0]), row[1], tuple(row[2]), row[3]) for row in rows]


def locale_of_member(tx: Transaction, program_id: int, member_id: int) -> tuple[str, str] | None:
    """A member's language and market."""
    row = tx.execute(
        "select language, market from members where program_id = %s and member_id = %s",
        (program_id, member_id),
    ).fetchone()
    return None if row is None else (row[0], row[1])


def survivor_of(tx: Transaction, program_id: int, member_id: int) -> int:
    """Who a member is now, as far as their codes and pairs tell: who is left of two, or themselves."""
    row = tx.execute(
        """
        select i.member_id
        from (
          select source, external_id from referral_codes
          where program_id = %(program)s and member_id = %(member)s
          union
          select source, external_id from referral_pairs
          where program_id = %(program)s and member_id = %(member)s
          union
          select referrer_source, referrer_external_id from referral_pairs
          where program_id = %(program)s and referrer_id = %(member)s
        ) k
        join member_ids i
          on i.program_id = %(program)s and i.source = k.source and i.external_id = k.external_id
        where not exists (
          select from member_ids o where o.program_id = %(program)s and o.member_id = %(member)s)
        order by i.source, i.external_id limit 1
        """,
        {"program": program_id, "member": member_id},
    ).fetchone()
    return member_id if row is None else int(row[0])
