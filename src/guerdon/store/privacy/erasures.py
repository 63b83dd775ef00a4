"""Erasures: who asked for one, which of them may be done, and what was certified."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.store.arrays import texts
from guerdon.store.database import Transaction
from guerdon.values.ids import show

Method = Literal["staff", "api", "member", "crm", "retention", "restored", "cli"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to be erased; `id` 0: none was written down before it was done."""

    member_id: int
    id: int
    method: Method
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """What becomes of a request: its certificate and the hash of that, 32 bytes."""

    asked: Asked
    certificate: str
    sha: bytes


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request as it stands; `under_way`: orders of the member that it waits for."""

    asked: Asked
    done_at: datetime | None
    certificate: str | None
    sha: bytes | None
    under_way: int


def list_enrolled(
    tx: Transaction, program_id: int, member_ids: Sequence[int]
) -> list[tuple[str, int, datetime]]:
    """The program's key, the number and the enrolment of those of these members who are there, by number."""
    rows = tx.execute(
        """
        select p.key, m.member_id, m.enrolled_at from members m join programs p on p.program_id = m.program_id
        where m.program_id = %s and m.member_id = any(%s) order by m.member_id
        """,
        (program_id, list(member_ids)),
    ).fetchall()
    return [(row[0], int(row[1]), row[2]) for row in rows]


def list_all_enrolled(
    tx: Transaction, program_id: int, after: int, at_most: int
) -> list[tuple[int, datetime]]:
    """Number and enrolment of the next members of a program, by number."""
    rows = tx.execute(
        """
        select member_id, enrolled_at from members where program_id = %s and member_id > %s
        order by member_id limit %s
        """,
        (program_id, after, at_most),
    ).fetchall()
    return [(int(row[0]), row[1]) for row in rows]


def record_asked(tx: Transaction, program_id: int, asked: Asked) -> bool:
    """Write a request down; False: one waits already."""
    return (
        tx.execute(
            """
            insert into erasures (program_id, member_id, method, asked_by, asked_at) values (%s, %s, %s, %s,
            %s) on conflict (program_id, member_id) where done_at is null do nothing
            """,
            (program_id, asked.member_id, asked.method, asked.asked_by, asked.asked_at),
        ).rowcount
        == 1
    )


def list_asked(tx: Transaction, program_id: int, overdue: datetime, at_most: int) -> list[Asked]:
    """The next requests that may be done: no order is under way, or they were asked for before `overdue`."""
    rows = tx.execute(
        """
        select e.member_id, e.id, e.method, e.asked_by, e.asked_at from erasures e
        where e.program_id = %(program)s and e.done_at is null
          and (e.asked_at < %(overdue)s or not exists (
            select from fulfillments f
            where f.program_id = e.program_id and f.member_id = e.member_id
              and f.state in ('reserved', 'ordered', 'unknown')))
        order by e.member_id limit %(at_most)s for no key update skip locked
        """,
        {"program": program_id, "overdue": overdue, "at_most": at_most},
    ).fetchall()
    return [Asked(*row) for row in rows]


def list_waiting(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> dict[int, Asked]:
    """Requests of these members that are not done yet, by member."""
    rows = tx.execute(
        """
        select member_id, id, method, asked_by, asked_at from erasures
        where program_id = %s and member_id = any(%s) and done_at is null for no key update
        """,
        (program_id, list(member_ids)),
    ).fetchall()
    return {int(row[0]): Asked(*row) for row in rows}


def record_done(tx: Transaction, program_id: int, done: Sequence[Done], at: datetime) -> None:
    """Write down what was done: requests that wait are closed, others get a row of their own."""
    terms = {
        "program": program_id,
        "at": at,
        "members": [each.asked.member_id for each in done],
        "ids": [each.asked.id for each in done],
        "methods": texts([each.asked.method for each in done]),
        "who": texts([each.asked.asked_by for each in done]),
        "since": [each.asked.asked_at for each in done],
        "certificates": texts([each.certificate for each in done]),
        "shas": [each.sha for each in done],
    }
    tx.execute(
        """
        update erasures e set done_at = %(at)s, certificate = d.certificate, certificate_sha = d.sha
        from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(certificates)s::text::text[],
                    %(shas)s::bytea[]) as d (member_id, id, certificate, sha)
        where e.program_id = %(program)s and e.member_id = d.member_id and e.id = d.id and e.done_at is null
        """,
        terms,
    )
    tx.execute(
        """
        insert into erasures (program_id, member_id, method, asked_by, asked_at, done_at, certificate,
                              certificate_sha)
        select %(program)s, d.member_id, d.method, d.who, d.since, %(at)s, d.certificate, d.sha
        from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(methods)s::text::text[],
                    %(who)s::text::text[], %(since)s::timestamptz[], %(certificates)s::text::text[],
                    %(shas)s::bytea[])
          as d (member_id, id, method, who, since, certificate, sha)
        where d.id = 0 order by d.member_id
        """,
        terms,
    )


def find_erasure(tx: Transaction, program_id: int, member_id: int) -> Erasure | None:
    """A member's newest request, one that waits before all others; None: there is none."""
    row = tx.execute(
        """
        select e.member_id, e.id, e.method, e.asked_by, e.asked_at, e.done_at, e.certificate,
               e.certificate_sha, (
                 select count(*) from fulfillments f
                 where f.program_id = e.program_id and f.member_id = e.member_id
                   and f.state in ('reserved', 'ordered', 'unknown'))
        from erasures e where e.program_id = %s and e.member_id = %s
        order by e.done_at is null desc, e.id desc limit 1
        """,
        (program_id, member_id),
    ).fetchone()
    return Erasure(Asked(*row[:5]), row[5], row[6], row[7], row[8]) if row is not None else None


def find_certified(tx: Transaction, program_id: int, member_id: int) -> tuple[str, int] | None:
    """A member's first certificate and the audit row that has its hash; None: they were not erased.

    What was erased of them later, because it was found or marked later, has certificates of its own.
    """
    row = tx.execute(
        """
        select e.certificate, a.id from erasures e
        join audit a on a.program_id = e.program_id and a.subject = %s and a.action = 'member.forgotten'
          and a.detail ->> 'certificate' = encode(e.certificate_sha, 'hex')
        where e.program_id = %s and e.member_id = %s and e.done_at is not null
        order by e.id limit 1
        """,
        (show("mem", member_id), program_id, member_id),
    ).fetchone()
    return (str(row[0]), int(row[1])) if row is not None else None
