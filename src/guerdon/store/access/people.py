"""People who work here: who they are, whether they left, and which member they are themselves.

A person belongs to no program and is seen in those where something was granted to them; only who is signing
in is seen before that, by saying so to row security (`guerdon.login`).
"""

from datetime import datetime
from typing import Any

from guerdon.access.grants import Person
from guerdon.store.access.grants import load_grants
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.values.ids import show


def find_person(tx: Transaction, program_id: int, login: str) -> Person | None:
    """Somebody by their login, with what they were granted in a program; None where that is nothing."""
    row = tx.execute(
        """
        select p.person_id from people p where p.login = %s
          and exists (select from grants g where g.program_id = %s and g.person_id = p.person_id)
        """,
        (login, program_id),
    ).fetchone()
    return load_people(tx, program_id, [row[0]])[row[0]] if row else None


def load_people(tx: Transaction, program_id: int, person_ids: list[int]) -> dict[int, Person]:
    """People by their ids, with what they hold in a program; who is not seen is left out."""
    rows = tx.execute(
        """
        select p.person_id, p.login, p.name, p.left_at, m.member_id, w.persona
        from people p left join person_members m on m.program_id = %s and m.person_id = p.person_id
          left join person_personas w on w.program_id = %s and w.person_id = p.person_id
        where p.person_id = any(%s)
        """,
        (program_id, program_id, person_ids),
    ).fetchall()
    grants = load_grants(tx, program_id, person_ids)
    return {
        person_id: Person(
            person_id,
            login,
            name,
            tuple(grants.get(person_id, ())),
            left_at,
            {} if member_id is None else {program_id: member_id},
            {} if persona is None else {program_id: persona},
        )
        for person_id, login, name, left_at, member_id, persona in rows
    }


def find_login(tx: Transaction, login: str) -> tuple[int, datetime | None] | None:
    """The id of whoever signs in as this, and when they left; looked for in no program."""
    _name_login(tx, login)
    row = tx.execute("select person_id, left_at from people where login = %s", (login,)).fetchone()
    return (row[0], row[1]) if row else None


def record_person(tx: Transaction, program_id: int, who: tuple[str, str], by: str, at: datetime) -> int:
    """Add somebody by (login, name), or let them come back under this name; their id.

    The audit row stands in the program in which they were added.
    """
    login, name = who
    known = find_login(tx, login)
    row = tx.execute(
        """
        insert into people as p (login, name, created_at) values (%s, %s, %s)
        on conflict (login) do update set name = excluded.name, left_at = null
        where p.name <> excluded.name or p.left_at is not null
        returning person_id
        """,
        (login, name, at),
    ).fetchone()
    if row is None:
        assert known is not None
        return known[0]
    done = "person.changed" if known else "person.added"
    record_audit(tx, program_id, by, done, show("per", row[0]), at)
    return int(row[0])


def record_leaving(tx: Transaction, program_id: int, login: str, by: str, at: datetime) -> int | None:
    """Bar somebody from signing in and from every right; their id, None where nobody is left to bar.

    The audit row stands in the program from which it was done.
    """
    _name_login(tx, login)
    row = tx.execute(
        "update people set left_at = %s where login = %s and left_at is null returning person_id",
        (at, login),
    ).fetchone()
    if row is None:
        return None
    record_audit(tx, program_id, by, "person.left", show("per", row[0]), at)
    return int(row[0])


def record_account_change(
    tx: Transaction,
    program_id: int,
    login: str,
    done: str,
    at: datetime,
    by: str | None = None,
    **detail: Any,
) -> bool:
    """Note what was changed about how somebody signs in, by themselves unless `by` says who.

    False in a program that does not know them: nothing is noted there.
    """
    person = find_person(tx, program_id, login)
    if person is None:
        return False
    who = show("per", person.person_id)
    record_audit(tx, program_id, by or who, done, who, at, **detail)
    return True


def record_membership(
    tx: Transaction, program_id: int, person_id: int, member_id: int, by: str, at: datetime
) -> bool:
    """Note which member a person is, so that they sign nothing for themselves; whether there is one."""
    done = tx.execute(
        """
        insert into person_members (program_id, person_id, member_id, told_by, told_at)
        select program_id, %s, member_id, %s, %s from members where program_id = %s and member_id = %s
        on conflict (program_id, person_id) do update
          set member_id = excluded.member_id, told_by = excluded.told_by, told_at = excluded.told_at
        """,
        (person_id, by, at, program_id, member_id),
    )
    if not done.rowcount:
        return False
    who, member = show("per", person_id), show("mem", member_id)
    record_audit(tx, program_id, by, "person.membership_told", who, at, member=member)
    return True


def record_persona(
    tx: Transaction, program_id: int, person_id: int, persona: str, by: str, at: datetime
) -> None:
    """Note who somebody is at work in a program: where their day begins."""
    tx.execute(
        """
        insert into person_personas (program_id, person_id, persona, told_by, told_at)
        values (%s, %s, %s, %s, %s)
        on conflict (program_id, person_id) do update
          set persona = excluded.persona, told_by = excluded.told_by, told_at = excluded.told_at
        """,
        (program_id, person_id, persona, by, at),
    )
    record_audit(
        tx, program_id, by, "person.persona_told", show("per", person_id), at, after={"persona": persona}
    )


def _name_login(tx: Transaction, login: str) -> None:
    tx.execute("select set_config('guerdon.login', %s, true)", (login,))
