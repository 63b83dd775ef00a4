"""A location's own customers: members who were there, and who belong to it or to its market still."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

# The time and the member of the last one that was shown.
After = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Customer:
    """A member who was at a location: when last, for what, and how often in all."""

    member_id: int
    last_at: datetime
    type: str
    visits: int


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit of a member at a location; `by`: who confirmed it, as the audit names them."""

    taken_at: datetime
    type: str
    by: str


def list_customers(
    tx: Transaction, place: tuple[str, str], limit: int, after: After | None = None
) -> list[Customer]:
    """Who was at a place (location, market), the last first; who was forgotten or moved away is left out.

    Visits are read from the last one on until there are enough members; an earlier visit of one who came
    again is passed over.
    """
    at, member = after or (None, None)
    rows = tx.execute(
        """
        select v.member_id, v.taken_at, v.type,
               (select count(*) from location_visits n
                where n.program_id = v.program_id and n.member_id = v.member_id and n.location = v.location)
        from location_visits v
        join members m on m.program_id = v.program_id and m.member_id = v.member_id
        where v.program_id = this_program() and v.location = %(location)s
          and (%(at)s::timestamptz is null
               or (v.taken_at, v.member_id) < (%(at)s::timestamptz, %(member)s::bigint))
          and m.market = %(market)s and coalesce(nullif(m.location, ''), v.location) = v.location
          and not exists (
            select from location_visits l
            where l.program_id = v.program_id and l.member_id = v.member_id and l.location = v.location
              and l.taken_at > v.taken_at)
          and not exists (
            select from forgotten_members f
            where f.program_id = v.program_id and f.member_id = v.member_id)
        order by v.taken_at desc, v.member_id desc limit %(limit)s
        """,
        {"location": place[0], "market": place[1], "at": at, "member": member, "limit": limit},
    ).fetchall()
    return [Customer(*row) for row in rows]


def list_visits(tx: Transaction, member_id: int, location: str, limit: int) -> list[VisitRow]:
    """Visits of a member at a location, the last first."""
    rows = tx.execute(
        """
        select taken_at, type, confirmed_by from location_visits
        where program_id = this_program() and member_id = %s and location = %s
        order by taken_at desc limit %s
        """,
        (member_id, location, limit),
    ).fetchall()
    return [VisitRow(*row) for row in rows]
