"""The people of a location, and how many visits each of them confirmed there."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.access.roles import Role
from guerdon.store.database import Transaction
from guerdon.values.ids import read

PEOPLE_MAX = 200


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works at a location: in which roles, and as whom, if somebody said."""

    person_id: int
    name: str
    roles: tuple[Role, ...]
    persona: str


def list_colleagues(tx: Transaction, location: str, at: datetime) -> list[Colleague]:
    """Whoever has a role at this very location now, by name."""
    rows = tx.execute(
        """
        select p.person_id, p.name, array_agg(distinct g.role order by g.role), coalesce(w.persona, '')
        from grants g
        join people p on p.person_id = g.person_id
        left join person_personas w on w.program_id = g.program_id and w.person_id = g.person_id
        where g.program_id = this_program() and g.location = %(location)s and g.revoked_at is null
          and g.valid_from <= %(at)s and (g.valid_to is null or g.valid_to > %(at)s) and p.left_at is null
        group by p.person_id, p.name, w.persona
        order by p.name, p.person_id limit %(most)s
        """,
        {"location": location, "at": at, "most": PEOPLE_MAX},
    ).fetchall()
    return [Colleague(number, name, tuple(roles), persona) for number, name, roles, persona in rows]


def count_by_person(tx: Transaction, location: str, first: datetime, end: datetime) -> dict[int, int]:
    """How many visits each person confirmed at a location, from an instant on and before another."""
    rows = tx.execute(
        """
        select confirmed_by, count(*) from location_visits
        where program_id = this_program() and location = %s and taken_at >= %s and taken_at < %s
        group by confirmed_by
        """,
        (location, first, end),
    ).fetchall()
    return {number: int(n) for name, n in rows if (number := read("per", name)) is not None}
