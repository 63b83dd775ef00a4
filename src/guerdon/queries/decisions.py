"""Decisions: what waits for people, most urgent first; what was decided; and what happened to one request.

The most urgent is what moves on or ends first. Row security shows each reader their part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.approvals.requests import RequestRow
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a request, as the audit has it."""

    actor: str
    on_behalf_of: str | None
    action: str
    reason: str
    why: str
    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class LastWord:
    """The last that somebody said or did to a request."""

    actor: str
    action: str
    at: datetime


# What people do to a request, after which a page of it is old.
WORDS = (
    *("request.signed", "request.rejected", "request.asked_back"),
    *("request.withdrawn", "request.edited"),
)


@dataclass(frozen=True, slots=True)
class SignatureShown:
    """What somebody said to a revision."""

    revision: int
    person: str
    instead_of: str | None
    role: str
    verdict: str
    reason: str
    signed_at: datetime


def list_open(tx: Transaction, program_id: int, at_most: int) -> list[RequestRow]:
    """What waits: open or asked back, what moves on or ends first on top."""
    rows = tx.execute(
        """
        select id, kind, state, revision, maker, beneficiary, market, location, unit, amount, reason, rung,
               created_at, escalates_at, expires_at, closed_at, why
        from requests where program_id = %s and state in ('open', 'returned')
        order by least(escalates_at, expires_at), id limit %s
        """,
        (program_id, at_most),
    ).fetchall()
    return [RequestRow(*row) for row in rows]


def count_open(tx: Transaction, market: str | None = None) -> int:
    """How many requests wait, for whomever: all that the reader sees, or those of a market."""
    row = tx.execute(
        """
        select count(*) from requests
        where state in ('open', 'returned') and (%(market)s::text is null or market = %(market)s)
        """,
        {"market": market},
    ).fetchone()
    return row[0] if row else 0


def list_decided(
    tx: Transaction, program_id: int, at_most: int, before: tuple[datetime, int] | None = None
) -> list[RequestRow]:
    """What was decided or ended, the latest on top; what is being carried out stands before it."""
    before_at, before_id = before or (None, None)
    rows = tx.execute(
        """
        select id, kind, state, revision, maker, beneficiary, market, location, unit, amount, reason, rung,
               created_at, escalates_at, expires_at, closed_at, why
        from requests
        where program_id = %(program)s and state not in ('open', 'returned')
          and (%(at)s::timestamptz is null
               or (coalesce(closed_at, 'infinity'), id) < (%(at)s, %(id)s::bigint))
        order by coalesce(closed_at, 'infinity') desc, id desc limit %(most)s
        """,
        {"program": program_id, "at": before_at, "id": before_id, "most": at_most},
    ).fetchall()
    return [RequestRow(*row) for row in rows]


def list_of_location(tx: Transaction, kind: str, location: str, at_most: int) -> list[RequestRow]:
    """The last requests of a kind that are about a location, the newest first."""
    rows = tx.execute(
        """
        select id, kind, state, revision, maker, beneficiary, market, location, unit, amount, reason, rung,
               created_at, escalates_at, expires_at, closed_at, why
        from requests where program_id = this_program() and kind = %s and location = %s
        order by created_at desc, id desc limit %s
        """,
        (kind, location, at_most),
    ).fetchall()
    return [RequestRow(*row) for row in rows]


def find_request(tx: Transaction, program_id: int, request_id: int) -> RequestRow | None:
    """One request, as far as the reader sees it."""
    row = tx.execute(
        """
        select id, kind, state, revision, maker, beneficiary, market, location, unit, amount, reason, rung,
               created_at, escalates_at, expires_at, closed_at, why
        from requests where program_id = %s and id = %s
        """,
        (program_id, request_id),
    ).fetchone()
    return None if row is None else RequestRow(*row)


def load_last_decision(tx: Transaction, program_id: int) -> datetime | None:
    """When people last decided something."""
    row = tx.execute(
        "select max(closed_at) from requests where program_id = %s and state in ('done', 'rejected')",
        (program_id,),
    ).fetchone()
    return None if row is None else row[0]


def list_signatures(tx: Transaction, program_id: int, request_id: int) -> list[SignatureShown]:
    """Everything that was said to a request, revision by revision."""
    rows = tx.execute(
        """
        select revision, person, instead_of, role, verdict, reason, signed_at
        from signatures where program_id = %s and request_id = %s order by revision, signed_at, person
        """,
        (program_id, request_id),
    ).fetchall()
    return [SignatureShown(*row) for row in rows]


def list_happenings(tx: Transaction, program_id: int, subject: str, at_most: int) -> list[Happening]:
    """What happened to a request (`apr_...`), in order."""
    rows = tx.execute(
        """
        select actor, on_behalf_of, action, reason, coalesce(detail ->> 'why', ''), recorded_at, id from audit
        where program_id = %s and subject = %s order by id limit %s
        """,
        (program_id, subject, at_most),
    ).fetchall()
    return [Happening(*row) for row in rows]


def load_last_words(
    tx: Transaction, program_id: int, subjects: Sequence[str], after: int = 0
) -> dict[str, LastWord]:
    """The last word on each of these requests (`apr_...`), if there is one after that row of the audit."""
    rows = tx.execute(
        """
        select distinct on (subject) subject, actor, action, recorded_at from audit
        where program_id = %s and subject = any(%s) and id > %s and action = any(%s)
        order by subject, id desc
        """,
        (program_id, list(subjects), after, list(WORDS)),
    ).fetchall()
    return {row[0]: LastWord(*row[1:]) for row in rows}
