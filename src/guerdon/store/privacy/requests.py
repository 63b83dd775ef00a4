"""Data requests: what members ask about their data, kept from when it came to when it was answered."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from guerdon.store.database import Transaction

Kind = Literal["access", "correction", "objection"]
CameBy = Literal["letter", "email", "phone", "in_person", "authority"]
Outcome = Literal["done", "refused"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WAYS: tuple[CameBy, ...] = get_args(CameBy)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request: whose, what about, how and on which day it reached us, and who (`per_...`) wrote it down."""

    member_id: int
    kind: Kind
    came_by: CameBy
    asked_on: date
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that is not closed yet."""

    member_id: int
    id: int
    kind: Kind
    recorded_at: datetime


def record_request(tx: Transaction, program_id: int, new: NewRequest) -> int | None:
    """Write a request down; its number, or None: one for the same waits already."""
    row = tx.execute(
        """
        insert into data_requests (program_id, member_id, kind, came_by, asked_on, recorded_by, recorded_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (program_id, member_id, kind) where closed_at is null do nothing
        returning id
        """,
        (
            *(program_id, new.member_id, new.kind, new.came_by, new.asked_on),
            *(new.recorded_by, new.recorded_at),
        ),
    ).fetchone()
    return None if row is None else int(row[0])


def lock_waiting(tx: Transaction, program_id: int, member_id: int, number: int) -> Waiting | None:
    """Lock a request that is not closed yet; None: there is none, or somebody closed it."""
    row = tx.execute(
        """
        select member_id, id, kind, recorded_at from data_requests
        where program_id = %s and member_id = %s and id = %s and closed_at is null for no key update
        """,
        (program_id, member_id, number),
    ).fetchone()
    return None if row is None else Waiting(*row)


def find_handed_over(tx: Transaction, program_id: int, member: str, since: datetime) -> int | None:
    """The newest row of the audit that says that a member's (`mem_...`) data were handed over; or None."""
    row = tx.execute(
        """
        select id from audit
        where program_id = %s and subject = %s and action = 'member.exported' and recorded_at >= %s
        order by id desc limit 1
        """,
        (program_id, member, since),
    ).fetchone()
    return None if row is None else int(row[0])


@dataclass(frozen=True, slots=True)
class Ended:
    """How a request ended, by whom (`per_...`) and when; `proof`: the row of the audit that proves it."""

    outcome: Outcome
    proof: int | None
    by: str
    at: datetime


def close_request(tx: Transaction, program_id: int, waiting: Waiting, ended: Ended) -> None:
    """Write down how a request ended; it was locked before."""
    tx.execute(
        """
        update data_requests set closed_at = %s, closed_by = %s, outcome = %s, proof = %s
        where program_id = %s and member_id = %s and id = %s
        """,
        (ended.at, ended.by, ended.outcome, ended.proof, program_id, waiting.member_id, waiting.id),
    )
