"""Attempts: a row for each channel that a message was tried over, with the ground it went on.

A row is there before anybody is asked, so its `ref` is the key of all tries over that channel, whoever makes
them. What counts for caps is what began and was not given back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from guerdon.store.database import Transaction

# waiting: not now, or nothing was handed over yet. handing: begun. The others are how it ended.
AttemptState = Literal["waiting", "handing", "sent", "delivered", "read", "failed", "unknown", "withheld"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the conscience said of a message over a channel, written before anybody is asked.

    `begun_at`: it goes; None: it does not, and `reason` says why. `ref` is that of the first try, if there
    was one.
    """

    member_id: int
    message_id: int
    state: Literal["handing", "waiting", "withheld", "delivered", "failed"]
    ref: UUID
    topic: str
    marketing: bool
    at: datetime
    begun_at: datetime | None = None
    reason: str | None = None
    consent_id: int | None = None
    exception: str = ""
    day: date | None = None
    counts: bool = False
    address_id: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """How an attempt ended; `handed`: something may have left the house, so that caps count it."""

    member_id: int
    message_id: int
    state: AttemptState
    provider_id: str | None
    reason: str | None
    at: datetime
    handed: bool


def write_beginnings(
    tx: Transaction, program_id: int, channel: str, begun: Sequence[Beginning]
) -> dict[tuple[int, int], UUID]:
    """Write what was decided before handing over; gives the key of each, by member and message."""
    rows = tx.execute(
        """
        insert into message_attempts (program_id, channel, member_id, message_id, state, ref, topic,
                                      marketing, settled_at, begun_at, reason, consent_id, exception, day,
                                      counts, address_id, tries)
        select %s, %s, b.member_id, b.message_id, b.state, b.ref, b.topic, b.marketing, b.at, b.begun_at,
               b.reason, b.consent_id, b.exception, b.day, b.counts, b.address_id,
               (b.begun_at is not null)::integer
        from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::uuid[], %s::text[], %s::boolean[],
                    %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::date[],
                    %s::boolean[], %s::bigint[])
          as b (member_id, message_id, state, ref, topic, marketing, at, begun_at, reason, consent_id,
                exception, day, counts, address_id)
        on conflict (program_id, member_id, message_id, channel) do update
        set state = excluded.state, settled_at = excluded.settled_at, reason = excluded.reason,
            begun_at = coalesce(excluded.begun_at, message_attempts.begun_at),
            consent_id = coalesce(excluded.consent_id, message_attempts.consent_id),
            exception = case when excluded.begun_at is null then message_attempts.exception
                             else excluded.exception end,
            day = coalesce(excluded.day, message_attempts.day),
            -- What may have been handed over before counts, whatever is said now.
            counts = excluded.counts or message_attempts.counts,
            address_id = coalesce(excluded.address_id, message_attempts.address_id),
            tries = message_attempts.tries + excluded.tries
        returning member_id, message_id, ref
        """,
        (
            program_id,
            channel,
            [each.member_id for each in begun],
            [each.message_id for each in begun],
            [each.state for each in begun],
            [each.ref for each in begun],
            [each.topic for each in begun],
            [each.marketing for each in begun],
            [each.at for each in begun],
            [each.begun_at for each in begun],
            [each.reason for each in begun],
            [each.consent_id for each in begun],
            [each.exception for each in begun],
            [each.day for each in begun],
            [each.counts for each in begun],
            [each.address_id for each in begun],
        ),
    ).fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def end_attempts(tx: Transaction, program_id: int, channel: str, ended: Sequence[AttemptEnd]) -> None:
    """Write how attempts ended, unless their provider told more of them meanwhile."""
    tx.execute(
        """
        update message_attempts a
        set state = e.state, provider_id = coalesce(e.provider_id, a.provider_id), reason = e.reason,
            settled_at = e.at, counts = a.counts and e.handed,
            tries = a.tries - (e.state = 'waiting' and e.reason is null)::integer
        from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
                    %s::boolean[])
          as e (member_id, message_id, state, provider_id, reason, at, handed)
        where a.program_id = %s and a.channel = %s and a.member_id = e.member_id
          and a.message_id = e.message_id and a.state in ('handing', 'waiting', 'unknown')
        """,
        (
            [each.member_id for each in ended],
            [each.message_id for each in ended],
            [each.state for each in ended],
            [each.provider_id for each in ended],
            [each.reason for each in ended],
            [each.at for each in ended],
            [each.handed for each in ended],
            program_id,
            channel,
        ),
    )
