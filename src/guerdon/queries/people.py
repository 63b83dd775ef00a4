"""Who may what: grants that hold or are about to, who stands in for whom, and who is invited."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.access.roles import Role
from guerdon.store.database import Transaction

ROWS_MAX = 1000
# unsigned: a second person has not signed yet; mailing: its mail is on its way; sent: its link opens; over:
# it does not any more; refused: the mail server did not take it.
Standing = Literal["unsigned", "mailing", "sent", "over", "refused"]


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
    # Who they are at work, if somebody said.
    persona: str = ""


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


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An open invitation; `fault` is the mail server's own code, `requests` ask for the roles of it."""

    id: int
    person_id: int
    login: str
    market: str | None
    location: str | None
    persona: str
    language: str
    invited_by: str
    invited_at: datetime
    ends_at: datetime | None
    requests: list[int]
    standing: Standing
    fault: str


def list_grants(tx: Transaction, program_id: int, at: datetime) -> list[GrantRow]:
    """What people may now or will, by name; what was taken back or is over is left to the audit."""
    rows = tx.execute(
        """
        select g.id, p.person_id, p.name, p.login, g.role, g.market, g.location, g.unit, g.amount_max,
               g.valid_from, g.valid_to, g.granted_by, g.granted_at, coalesce(w.persona, '')
        from grants g join people p on p.person_id = g.person_id
          left join person_personas w on w.program_id = g.program_id and w.person_id = g.person_id
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


def list_invitations(tx: Transaction, program_id: int, at: datetime) -> list[InvitationRow]:
    """Open invitations of what is seen, newest first."""
    rows = tx.execute(
        """
        select i.id, i.person_id, p.login, i.market, i.location, i.persona, i.language, i.invited_by,
               i.invited_at, i.ends_at, i.requests,
               case when i.state = 'refused' then 'refused'
                    when i.state = 'sent' then case when i.ends_at > %s then 'sent' else 'over' end
                    when exists (select from grants g where g.program_id = i.program_id
                                   and g.person_id = i.person_id and g.revoked_at is null) then 'mailing'
                    else 'unsigned' end,
               i.fault
        from invitations i join people p on p.person_id = i.person_id
        where i.program_id = %s and i.closed_at is null
        order by i.invited_at desc, i.id desc limit %s
        """,
        (at, program_id, ROWS_MAX),
    ).fetchall()
    return [InvitationRow(*row) for row in rows]
