"""The first program of an installation, published by its first administrator, who gets their roles with it.

A second person signs every later version. The first has nobody who could, and nothing that it could change:
it is taken only where there is no program at all.
"""

from datetime import datetime

from guerdon.access.grants import Grant
from guerdon.access.roles import Role
from guerdon.engine.publish import record_first
from guerdon.program.model import Program
from guerdon.store.access.grants import record_grant
from guerdon.store.access.people import record_person
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import list_programs, lock_beginning, record_program
from guerdon.values.ids import show

# Who connects systems and adds people, and who owns what the program says.
ROLES: tuple[Role, ...] = ("operator", "program_owner")
BY = "first administrator"


def publish_first(db: Connection, program: Program, founder: tuple[str, str], now: datetime) -> int | None:
    """Publish a checked program, and give its founder (login, name) their roles; its number.

    None where there is a program already: then nothing was done.
    """
    with db.transaction():
        lock_beginning(db)
        if list_programs(db):
            return None
        program_id = record_program(db, program.key, now)
        with transaction(db, program_id) as tx:
            person_id = record_person(tx, program_id, founder, BY, now)
            for role in ROLES:
                record_grant(tx, person_id, Grant(program_id, role, now), BY, now)
            record_first(tx, program_id, program, show("per", person_id), now)
        return program_id
