"""What a request is checked against: its members, what they have to spend, and the pools there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.ledger.chart import POOL_OWNER, PURSE
from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction
from guerdon.store.members import MemberRow

# A member and a unit.
PurseKey = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member belongs."""

    market: str
    location: str | None


def load_places(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[int, Place]:
    """Where members belong; an unknown one is absent."""
    rows = tx.execute(
        """
        select m.member_id, m.market, m.location from members m
        where m.program_id = %s and m.member_id = any(%s::text::bigint[])
        """,
        (program_id, numbers(members)),
    ).fetchall()
    return {member: Place(market, location) for member, market, location in rows}


def lock_standings(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[int, MemberRow]:
    """Members by id, locked in id order until this transaction ends; an unknown one is absent."""
    rows = tx.execute(
        """
        select m.member_id, m.market, m.language, m.location, m.attributes::text, m.enrolled_at, m.state
        from members m
        where m.program_id = %s and m.member_id = any(%s::text::bigint[])
        order by m.member_id for no key update of m
        """,
        (program_id, numbers(members)),
    ).fetchall()
    return {row[0]: MemberRow(*row) for row in rows}


def find_given(tx: Transaction, program_id: int, rewards: Sequence[tuple[int, int]]) -> set[int]:
    """Which of these rewards, each of a member, are there already."""
    rows = tx.execute(
        """
        select r.id from unnest(%s::text::bigint[], %s::text::bigint[]) as w (member_id, id)
        join rewards r on r.program_id = %s and r.member_id = w.member_id and r.id = w.id
        """,
        (numbers([member for member, _ in rewards]), numbers([number for _, number in rewards]), program_id),
    ).fetchall()
    return {row[0] for row in rows}


def load_free(tx: Transaction, program_id: int, purses: Sequence[PurseKey]) -> dict[PurseKey, int]:
    """What members have that is available and not set aside; one who never had any is absent."""
    rows = tx.execute(
        """
        select a.member_id, a.unit, a.posted - a.held
        from unnest(%s::text::bigint[], %s::text::text[]) as p (member_id, unit)
        join accounts a on a.program_id = %s and a.member_id = p.member_id and a.name = %s and a.unit = p.unit
        """,
        (numbers([member for member, _ in purses]), texts([unit for _, unit in purses]), program_id, PURSE),
    ).fetchall()
    return {(member, unit): free for member, unit, free in rows}


def load_pool_units(tx: Transaction, program_id: int, names: Sequence[str]) -> set[tuple[str, str]]:
    """Which of these pools are there, each with its unit or units."""
    rows = tx.execute(
        "select name, unit from accounts where program_id = %s and member_id = %s and name = any(%s)",
        (program_id, POOL_OWNER, sorted(set(names))),
    ).fetchall()
    return {(name, unit) for name, unit in rows}


def load_standing_grant(
    tx: Transaction, program_id: int, grant_id: int
) -> tuple[int, str, str | None, str | None] | None:
    """Whose a grant is, its role and its place, while it was not taken back."""
    row = tx.execute(
        """
        select person_id, role, market, location from grants
        where program_id = %s and id = %s and revoked_at is null
        """,
        (program_id, grant_id),
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2], row[3])
