"""Grants and stand-ins as they are kept: given, revoked, and read again, locked where value depends on them.

Each change writes its one audit row here, so no caller can forget it. Nothing is deleted: what was revoked or
is over stays as evidence of who could do what.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.access.grants import Grant
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.values.ids import show


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who signs for a person who is away, between two instants, with what they had when named."""

    program_id: int
    person_id: int
    stand_in: int
    valid_from: datetime
    valid_to: datetime
    named_at: datetime


def load_grants(
    tx: Transaction, program_id: int, person_ids: Sequence[int], *, locked: bool = False
) -> dict[int, list[Grant]]:
    """What people hold in a program and nobody took back, by person.

    `locked` keeps it so until the transaction ends: a revocation then waits for what is being decided.
    """
    question = _LOCKED if locked else _PLAIN
    found: dict[int, list[Grant]] = {}
    for person_id, *columns in tx.execute(question, (program_id, list(person_ids))).fetchall():
        found.setdefault(person_id, []).append(Grant(program_id, *columns))
    return found


_PLAIN = """
    select person_id, role, valid_from, valid_to, market, location, unit, amount_max, id
    from grants where program_id = %s and person_id = any(%s) and revoked_at is null order by id
"""
_LOCKED = """
    select person_id, role, valid_from, valid_to, market, location, unit, amount_max, id
    from grants where program_id = %s and person_id = any(%s) and revoked_at is null order by id
    for share
"""


def record_grant(tx: Transaction, person_id: int, grant: Grant, by: str, at: datetime) -> int:
    """Give a person a role; the grant's id."""
    row = tx.execute(
        """
        insert into grants (program_id, person_id, role, market, location, unit, amount_max,
                            valid_from, valid_to, granted_by, granted_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (
            grant.program_id,
            person_id,
            grant.role,
            grant.market,
            grant.location,
            grant.unit,
            grant.amount_max,
            grant.valid_from,
            grant.valid_to,
            by,
            at,
        ),
    ).fetchone()
    assert row is not None
    after = _told(grant)
    record_audit(
        tx, grant.program_id, by, "grant.given", show("per", person_id), at, after=after, grant=row[0]
    )
    return int(row[0])


def revoke_grant(tx: Transaction, program_id: int, grant_id: int, by: str, reason: str, at: datetime) -> bool:
    """Take a grant back, from this instant on; says whether there was one to take back."""
    row = tx.execute(
        """
        update grants set revoked_at = %s, revoked_by = %s
        where program_id = %s and id = %s and revoked_at is null
        returning person_id, role, valid_from, valid_to, market, location, unit, amount_max
        """,
        (at, by, program_id, grant_id),
    ).fetchone()
    if row is None:
        return False
    person_id, *columns = row
    before = _told(Grant(program_id, *columns))
    record_audit(
        tx, program_id, by, "grant.revoked", show("per", person_id), at,
        reason=reason, before=before, grant=grant_id,
    )  # fmt: skip
    return True


def revoke_all_grants(
    tx: Transaction, program_id: int, person_id: int, by: str, reason: str, at: datetime
) -> int:
    """Take back all that a person holds in a program; how many grants that were."""
    held = load_grants(tx, program_id, [person_id]).get(person_id, [])
    return sum(revoke_grant(tx, program_id, grant.id, by, reason, at) for grant in held)


def lock_lasting(tx: Transaction, program_id: int, roles: Sequence[str]) -> set[int]:
    """Grants of these roles for the whole program and without an end, locked until the transaction ends.

    So of two who take each other's back at once, the second sees what the first did.
    """
    rows = tx.execute(
        """
        select id from grants
        where program_id = %s and role = any(%s) and market is null and location is null
          and revoked_at is null and valid_to is null
        order by id for update
        """,
        (program_id, list(roles)),
    ).fetchall()
    return {row[0] for row in rows}


def record_stand_in(tx: Transaction, named: StandIn, by: str) -> int:
    """Name somebody who signs for a person between two instants; the id of that."""
    row = tx.execute(
        """
        insert into stand_ins (program_id, person_id, stand_in, valid_from, valid_to, named_by, named_at)
        values (%s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (
            named.program_id,
            named.person_id,
            named.stand_in,
            named.valid_from,
            named.valid_to,
            by,
            named.named_at,
        ),
    ).fetchone()
    assert row is not None
    after = {
        "stand_in": show("per", named.stand_in),
        "from": named.valid_from.isoformat(),
        "to": named.valid_to.isoformat(),
    }
    record_audit(
        tx, named.program_id, by, "stand_in.named", show("per", named.person_id), named.named_at,
        after=after, number=row[0],
    )  # fmt: skip
    return int(row[0])


def revoke_stand_in(
    tx: Transaction, program_id: int, number: int, by: str, reason: str, at: datetime
) -> bool:
    """End a stand-in's time now; says whether there was one."""
    row = tx.execute(
        """
        update stand_ins set revoked_at = %s where program_id = %s and id = %s and revoked_at is null
        returning person_id, stand_in
        """,
        (at, program_id, number),
    ).fetchone()
    if row is None:
        return False
    record_audit(
        tx, program_id, by, "stand_in.revoked", show("per", row[0]), at,
        reason=reason, before={"stand_in": show("per", row[1])}, number=number,
    )  # fmt: skip
    return True


def _told(grant: Grant) -> dict[str, object]:
    """A grant as the audit keeps it."""
    return {
        "role": grant.role,
        "market": grant.market,
        "location": grant.location,
        "unit": grant.unit,
        "amount_max": grant.amount_max,
        "from": grant.valid_from.isoformat(),
        "to": None if grant.valid_to is None else grant.valid_to.isoformat(),
    }
