"""Who may sign, as the tables say at this moment: people with their grants, and who stands in for whom.

With `locked` the rows are held as they are until the transaction ends: whoever takes a grant back at the same
moment waits, or came first and is seen.
"""

from collections.abc import Sequence

from guerdon.access.grants import Person
from guerdon.store.access.grants import StandIn, load_grants
from guerdon.store.database import Transaction


def load_signers(
    tx: Transaction, program_id: int, person_ids: Sequence[int], *, locked: bool = False
) -> dict[int, Person]:
    """People by id, with their grants in this program that were not taken back, and their own membership."""
    asked = sorted(set(person_ids))
    people = tx.execute(_LOCKED_PEOPLE if locked else _PEOPLE, (asked,)).fetchall()
    grants = load_grants(tx, program_id, asked, locked=locked)
    members: dict[int, int] = dict(
        tx.execute(
            "select person_id, member_id from person_members where program_id = %s and person_id = any(%s)",
            (program_id, asked),
        ).fetchall()
    )
    return {
        person_id: Person(
            person_id,
            login,
            name,
            tuple(grants.get(person_id, ())),
            left_at,
            {program_id: members[person_id]} if person_id in members else {},
        )
        for person_id, login, name, left_at in people
    }


def load_stand_ins(
    tx: Transaction, program_id: int, stand_ins: Sequence[int], *, locked: bool = False
) -> list[StandIn]:
    """For whom these people stand in, at any time; what was taken back is not there."""
    question = _LOCKED_STAND_INS if locked else _STAND_INS
    rows = tx.execute(question, (program_id, sorted(set(stand_ins)))).fetchall()
    return [StandIn(program_id, *row) for row in rows]


_PEOPLE = "select person_id, login, name, left_at from people where person_id = any(%s)"
_LOCKED_PEOPLE = """
    select person_id, login, name, left_at from people where person_id = any(%s) order by person_id for share
"""
_STAND_INS = """
    select person_id, stand_in, valid_from, valid_to, named_at
    from stand_ins where program_id = %s and stand_in = any(%s) and revoked_at is null order by id
"""
_LOCKED_STAND_INS = """
    select person_id, stand_in, valid_from, valid_to, named_at
    from stand_ins where program_id = %s and stand_in = any(%s) and revoked_at is null order by id for share
"""
