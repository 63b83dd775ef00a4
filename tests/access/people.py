"""People for tests: each hired into a program with roles at places, as the command line does it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from guerdon.access.grants import Grant
from guerdon.access.roles import ROLES, WIDEST, Role
from guerdon.store.access.grants import record_grant
from guerdon.store.access.people import record_person
from guerdon.store.database import Connection, connect, transaction
from guerdon.values.clock import utc_now

BY = "test"
WHOLE_PROGRAM_ROLES: tuple[Role, ...] = tuple(role for role in ROLES if WIDEST[role] == "program")


def grant_of(
    program_id: int,
    role: Role,
    *,
    market: str | None = None,
    location: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: tuple[int, str] | None = None,
) -> Grant:
    return Grant(
        program_id,
        role,
        since or utc_now() - timedelta(days=1),
        until,
        market,
        location,
        limit[1] if limit else None,
        limit[0] if limit else None,
    )


def hire(db: Connection, program_id: int, login: str, grants: Iterable[Grant]) -> int:
    """Write somebody down, with grants in a program; their id."""
    now = utc_now()
    with transaction(db, program_id) as tx:
        person_id = record_person(tx, program_id, (login, login.partition("@")[0].title()), BY, now)
        for grant in grants:
            record_grant(tx, person_id, grant, BY, now)
    return person_id


def hire_for_everything(url: str, secret: str, program_id: int, login: str) -> int:
    """Somebody who may whatever can be given for a whole program."""
    with connect(url, secret, "web") as db:
        return hire(db, program_id, login, [grant_of(program_id, role) for role in WHOLE_PROGRAM_ROLES])
