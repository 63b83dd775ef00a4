"""Rows of a member for their timeline: events, rewards, consents and transfers, newest first.

`below` is (at, id): only what is older is asked for.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.queries.receipts import Receipt, receipt_of
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Given:
    """A reward: what was given by which rule, and what became of it."""

    id: int
    rule: str
    unit: str
    value: int
    state: str
    issued_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Consented:
    """A thing that a member said of a topic and a channel, and under which words.

    `version` and `language` say where the words stand, `text_sha` is their SHA-256 in hex.
    """

    id: int
    topic: str
    channel: str
    what: str
    method: str
    version: int
    language: str
    text_sha: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A transfer into or out of what a member has."""

    id: int
    event_id: int
    from_account: str
    to_account: str
    unit: str
    amount: int
    recorded_at: datetime


def list_received(tx: Transaction, member_id: int, limit: int, below: int | None) -> list[Receipt]:
    """Decided events in the order of their ids; `below`: those that were received before this one."""
    rows = tx.execute(
        """
        select id, member_id, type, source, external_id, market, location, version, outcome,
               happened_at, recorded_at, decided_at, decision::text
        from events
        where program_id = (select this_program()) and member_id = %(member)s
          and (%(below)s::bigint is null or id < %(below)s)
        order by id desc limit %(limit)s
        """,
        {"member": member_id, "below": below, "limit": limit},
    ).fetchall()
    return [receipt_of(row) for row in rows]


def list_given(
    tx: Transaction, member_id: int, limit: int, below: tuple[datetime, int] | None
) -> list[Given]:
    """Rewards by when they were given."""
    at, number = below or (None, None)
    rows = tx.execute(
        """
        select id, rule, unit, value, state, issued_at, expires_at from rewards
        where program_id = (select this_program()) and member_id = %(member)s
          and (%(at)s::timestamptz is null or (issued_at, id) < (%(at)s, %(number)s::bigint))
        order by issued_at desc, id desc limit %(limit)s
        """,
        {"member": member_id, "at": at, "number": number, "limit": limit},
    ).fetchall()
    return [Given(*row) for row in rows]


def list_consented(
    tx: Transaction, member_id: int, limit: int, below: tuple[datetime, int] | None
) -> list[Consented]:
    """Proofs of what was said, by when they were recorded."""
    at, number = below or (None, None)
    rows = tx.execute(
        """
        select id, topic, channel, what, method, version, language, encode(text_sha, 'hex'), recorded_at
        from consents
        where program_id = (select this_program()) and member_id = %(member)s
          and (%(at)s::timestamptz is null or (recorded_at, id) < (%(at)s, %(number)s::bigint))
        order by recorded_at desc, id desc limit %(limit)s
        """,
        {"member": member_id, "at": at, "number": number, "limit": limit},
    ).fetchall()
    return [Consented(*row) for row in rows]


def list_moved(
    tx: Transaction, member_id: int, limit: int, below: tuple[datetime, int] | None
) -> list[Moved]:
    """Transfers by when they were recorded."""
    at, number = below or (None, None)
    rows = tx.execute(
        """
        select id, event_id, from_account, to_account, unit, amount, recorded_at from transfers
        where program_id = (select this_program()) and member_id = %(member)s
          and (from_account in ('purse', 'pending', 'debt') or to_account in ('purse', 'pending', 'debt'))
          and (%(at)s::timestamptz is null
               or recorded_at <= %(at)s and (recorded_at, id) < (%(at)s, %(number)s::bigint))
        order by recorded_at desc, id desc limit %(limit)s
        """,
        {"member": member_id, "at": at, "number": number, "limit": limit},
    ).fetchall()
    return [Moved(*row) for row in rows]
