"""Who may what: grants that hold or are about to, and who stands in for whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from guerdon.access.roles import Role
from guerdon.store.database import Transaction

ROWS_MAX = 1000


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant with the person who has it; `granted_by` is as it was written down."""

    id: int
    person_id: int
    name: str
    login: str
    role: Role
    market: str | None
    location: str | None
    unit: str | None
    amount_max: int | None
    valid_from: datetime
    valid_to: datetime | None
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class StandInRow:
    """Somebody who signs for somebody else, now or soon."""

    id: int
    person_id: int
    name: str
    stand_in: int
    stand_in_name: str
    valid_from: datetime
    valid_to: datetime


def list_grants(tx: Transaction, program_id: int, at: datetime) -> list[GrantRow]:
    """What people may now or will, by name; what was taken back or is over is left to the audit."""
    rows = tx.execute(
        """
        select g.id, p.person_id, p.name, p.login, g.role, g.market, g.location, g.unit, g.amount_max,
               g.valid_from, g.valid_to, g.granted_by, g.granted_at
        from grants g join people p on p.person_id = g.person_id
        where g.program_id = %s and g.revoked_at is null and p.left_at is null
          and (g.valid_to is null or g.valid_to > %s)
        order by p.name, p.person_id, g.id limit %s
        """,
        (program_id, at, ROWS_MAX),
    ).fetchall()
    return [GrantRow(*row) for row in rows]


def list_stand_ins(tx: Transaction, program_id: int, at: datetime) -> list[StandInRow]:
    """Who stands in for whom, now or soon."""
    rows = tx.execute(
        """
        select s.id, s.person_id, p.name, s.stand_in, i.name, s.valid_from, s.valid_to
        from stand_ins s
        join people p on p.person_id = s.person_id
        join people i on i.person_id = s.stand_in
        where s.program_id = %s and s.revoked_at is null and s.valid_to > %s
        order by s.valid_from, s.id limit %s
        """,
        (program_id, at, ROWS_MAX),
    ).fetchall()
    return [StandInRow(*row) for row in rows]


def list_people(tx: Transaction) -> list[tuple[int, str, str]]:
    """Everybody who works here, as far as they are seen: number, name and login, by name."""
    return tx.execute(
        "select person_id, name, login from people where left_at is null order by name, person_id limit %s",
        (ROWS_MAX,),
    ).fetchall()


def list_names(tx: Transaction, person_ids: Collection[int]) -> dict[int, str]:
    """What people are called, as far as they are seen."""
    rows = tx.execute(
        "select person_id, name from people where person_id = any(%s)", (list(person_ids),)
    ).fetchall()
    return dict(rows)
