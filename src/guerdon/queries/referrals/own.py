"""A member's referrals, read under row security for that member: whom they brought, and by whom they came.

Of the other side there is nothing in it: no number, no name, no more than when and what came of it.
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
        select referrer_id = %(member)s and member_id <> %(member)s, state, reasons, claimed_at
        from referral_pairs
        where program_id = %(program)s and scheme = %(scheme)s and %(member)s in (member_id, referrer_id)
        order by claimed_at desc, id limit %(limit)s
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
