"""Notices: what providers told of messages and members wrote back, kept once each until they are taken.

Told twice, late or in any order they come to the same: the state of an attempt only rises, by `RANKS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction

# Failed and unknown are how it ended, until it turns out that the message arrived after all.
RANKS: Mapping[str, int] = {
    "waiting": 0,
    "handing": 0,
    "sent": 1,
    "failed": 2,
    "unknown": 2,
    "withheld": 2,
    "delivered": 3,
    "read": 4,
}
# Not told by a provider: the member opened the page of it. How far its attempts got is untouched by that.
OPENED = "opened"
# What whoever has an address told their mail provider about a mail of ours.
COMPLAINT = "complaint"
# A provider may tell of a message before its own answer is here; after this nobody knows it any more.
UNKNOWN_FOR = timedelta(minutes=10)
# What was told stays for as long as it could be told again. A receipt: longer than the address holds to which
# a mail comes back (90 days). A word of a member: longer than the address of a way out does (400 days).
RECEIPTS_KEPT, WORDS_KEPT = timedelta(days=120), timedelta(days=430)


@dataclass(frozen=True, slots=True)
class Told:
    """A receipt (`state`, of `provider_id`) or a word of a member (`keyword`); `mark` is of the address."""

    digest: bytes
    told_at: datetime
    provider_id: str | None = None
    state: str | None = None
    keyword: str | None = None
    mark: bytes | None = None
    reason: str = ""
    retires: bool = False
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice to be taken, with the attempt that it is about, if there is one.

    `is_held`: a deliverer has the message in hand. `address_id`: of the attempt's address, if that has a row.
    """

    told: Told
    member_id: int | None
    message_id: int | None
    address_id: int | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class Rise:
    """An attempt that got further, and the latest word of why."""

    member_id: int
    message_id: int
    state: str
    reason: str | None
    at: datetime


def note_told(tx: Transaction, program_id: int, channel: str, told: Sequence[Told]) -> None:
    """Keep what was told; what was told before is there already."""
    tx.execute(
        """
        insert into message_notices (program_id, channel, digest, provider_id, state, keyword, mark, reason,
                                     retires, stopped, told_at)
        select %s, %s, t.* from unnest(%s::bytea[], %s::text[], %s::text[], %s::text[], %s::bytea[],
                                       %s::text[], %s::boolean[], %s::boolean[], %s::timestamptz[]) as t
        on conflict do nothing
        """,
        (
            program_id,
            channel,
            [each.digest for each in told],
            [each.provider_id for each in told],
            [each.state for each in told],
            [each.keyword for each in told],
            [each.mark for each in told],
            [each.reason for each in told],
            [each.retires for each in told],
            [each.stopped for each in told],
            [each.told_at for each in told],
        ),
    )


def load_waiting(
    tx: Transaction, program_id: int, channel: str, now: datetime, most: int
) -> Sequence[Waiting]:
    """The oldest notices that may be taken, and what they are about; others may take the rest meanwhile.

    Those of messages that nobody knows yet wait for a while and hold up nobody.
    """
    rows = tx.execute(
        """
        with taken as materialized (
          select n.digest, n.told_at, n.provider_id, n.state, n.keyword, n.mark, n.reason,
                 n.retires, n.stopped
          from message_notices n
          where n.program_id = %(program_id)s and n.channel = %(channel)s and n.taken_at is null
            and (n.keyword is not null or n.told_at <= %(unknown_since)s
                 or exists (select from message_attempts a
                            where a.program_id = n.program_id and a.channel = n.channel
                              and a.provider_id = n.provider_id))
            and not exists (select from message_attempts a
                            join outbox o on o.program_id = a.program_id and o.member_id = a.member_id
                                         and o.id = a.message_id and o.fence is not null
                            where a.program_id = n.program_id and a.channel = n.channel
                              and a.provider_id = n.provider_id)
          order by n.told_at limit %(most)s for update of n skip locked
        ), held as materialized (
          select o.member_id, o.id from outbox o
          where o.program_id = %(program_id)s and o.fence is null
            and (o.member_id, o.id) in (
              select a.member_id, a.message_id
              from taken t join message_attempts a
                on a.program_id = %(program_id)s and a.channel = %(channel)s
               and a.provider_id = t.provider_id)
          order by o.member_id, o.id for update skip locked
        )
        select t.*, a.member_id, a.message_id, a.address_id,
               exists (select from outbox o where o.program_id = %(program_id)s
                       and o.member_id = a.member_id and o.id = a.message_id) and h.id is null
        from taken t
        left join message_attempts a
          on a.program_id = %(program_id)s and a.channel = %(channel)s and a.provider_id = t.provider_id
        left join held h on h.member_id = a.member_id and h.id = a.message_id
        order by t.told_at, t.digest
        """,
        {
            "program_id": program_id,
            "channel": channel,
            "unknown_since": now - UNKNOWN_FOR,
            "most": most,
        },
    ).fetchall()
    return [Waiting(Told(*row[:9]), *row[9:]) for row in rows]


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail that was sent: its topic, how its attempt is known, the mark of its reader's address of now."""

    topic: str
    provider_id: str | None
    mark: bytes | None


def find_mailed(tx: Transaction, program_id: int, member_id: int, message_id: int) -> Mailed | None:
    """A message that was tried by e-mail; None for any other."""
    row = tx.execute(
        """
        select a.topic, a.provider_id, p.email_index
        from message_attempts a
        left join persons p on p.program_id = a.program_id and p.member_id = a.member_id
        where a.program_id = %s and a.member_id = %s and a.message_id = %s and a.channel = 'email'
        """,
        (program_id, member_id, message_id),
    ).fetchone()
    return None if row is None else Mailed(row[0], row[1], None if row[2] is None else bytes(row[2]))


def note_once(
    tx: Transaction, program_id: int, channel: str, digest: bytes, keyword: str, now: datetime
) -> bool:
    """Keep that a member wrote a word of which the worker has nothing to do; False: it was kept before."""
    return (
        tx.execute(
            """
            insert into message_notices (program_id, channel, digest, keyword, told_at, taken_at)
            values (%s, %s, %s, %s, %s, %s) on conflict do nothing
            """,
            (program_id, channel, digest, keyword, now, now),
        ).rowcount
        > 0
    )


def raise_attempts(
    tx: Transaction, program_id: int, channel: str, rises: Sequence[Rise]
) -> set[tuple[int, int]]:
    """Let attempts get further, never back; those that did, by member and message."""
    rows = tx.execute(
        """
        update message_attempts a
        set state = r.state, reason = r.reason, settled_at = greatest(a.settled_at, r.at)
        from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[])
          as r (member_id, message_id, state, reason, at),
          unnest(%s::text[], %s::integer[]) as before (state, rank),
          unnest(%s::text[], %s::integer[]) as after (state, rank)
        where a.program_id = %s and a.channel = %s and a.member_id = r.member_id
          and a.message_id = r.message_id and before.state = a.state and after.state = r.state
          and after.rank > before.rank
        returning a.member_id, a.message_id
        """,
        (
            [each.member_id for each in rises],
            [each.message_id for each in rises],
            [each.state for each in rises],
            [each.reason for each in rises],
            [each.at for each in rises],
            *(list(RANKS), list(RANKS.values())) * 2,
            program_id,
            channel,
        ),
    ).fetchall()
    return {(row[0], row[1]) for row in rows}


def settle_arrived(
    tx: Transaction, program_id: int, channel: str, arrived: Sequence[Rise], languages: Sequence[str]
) -> None:
    """Messages that arrived over a channel: nothing more is tried of them, whichever channel comes next."""
    given = {
        "program_id": program_id,
        "channel": channel,
        "members": [each.member_id for each in arrived],
        "messages": [each.message_id for each in arrived],
        "at": [each.at for each in arrived],
        "languages": list(languages),
    }
    tx.execute(
        """
        with gone as (
          delete from outbox o
          using unnest(%(members)s::bigint[], %(messages)s::bigint[], %(at)s::timestamptz[])
            as d (member_id, id, at)
          where o.program_id = %(program_id)s and o.member_id = d.member_id and o.id = d.id
            and o.fence is null
          returning o.*, d.at
        )
        insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, language,
                              state, provider_id, attempts, created_at, settled_at, via, broadcast_id)
        select g.program_id, g.member_id, g.id, g.event_id, g.reward_id, g.message, g.channel,
               coalesce((select l from unnest(%(languages)s::text[]) as l
                         where l = split_part(m.language, '-', 1)), 'en'),
               'delivered', a.provider_id, g.attempts, g.created_at, g.at, nullif(%(channel)s, g.channel),
               g.broadcast_id
        from gone g
        join message_attempts a on a.program_id = g.program_id and a.member_id = g.member_id
          and a.message_id = g.id and a.channel = %(channel)s
        left join members m on m.program_id = g.program_id and m.member_id = g.member_id
        on conflict do nothing
        """,
        given,
    )
    tx.execute(
        """
        update messages m set state = 'delivered', reason = null
        from unnest(%(members)s::bigint[], %(messages)s::bigint[]) as d (member_id, id)
        where m.program_id = %(program_id)s and m.member_id = d.member_id and m.id = d.id
          and coalesce(m.via, m.channel) = %(channel)s and m.state in ('sent', 'failed', 'unknown')
        """,
        given,
    )


def settle_lost(tx: Transaction, program_id: int, channel: str, lost: Sequence[Rise], now: datetime) -> None:
    """Messages that a channel lost: what waited for it is due at once, what had ended there has failed."""
    given = {
        "program_id": program_id,
        "channel": channel,
        "members": [each.member_id for each in lost],
        "messages": [each.message_id for each in lost],
        "reasons": [each.reason for each in lost],
        "now": now,
    }
    tx.execute(
        """
        update outbox o set next_at = least(o.next_at, %(now)s)
        from unnest(%(members)s::bigint[], %(messages)s::bigint[]) as l (member_id, id)
        where o.program_id = %(program_id)s and o.member_id = l.member_id and o.id = l.id
          and o.fence is null and o.awaits and coalesce(o.via, o.channel) = %(channel)s
        """,
        given,
    )
    tx.execute(
        """
        update messages m set state = 'failed', reason = l.reason
        from unnest(%(members)s::bigint[], %(messages)s::bigint[], %(reasons)s::text[])
          as l (member_id, id, reason)
        where m.program_id = %(program_id)s and m.member_id = l.member_id and m.id = l.id
          and coalesce(m.via, m.channel) = %(channel)s and m.state = 'sent'
        """,
        given,
    )


def drop_notices(tx: Transaction, program_id: int, now: datetime, most: int) -> int:
    """Let notices go that were taken and are past their time, so many at most; how many those were."""
    return tx.execute(
        """
        with old as materialized (
          select channel, digest from message_notices
          where program_id = %(program)s and taken_at is not null
            and told_at < case when keyword is null then %(receipts)s else %(words)s end
            -- By the index: none that is younger is looked at.
            and told_at < %(receipts)s
          order by told_at limit %(most)s for update skip locked
        )
        delete from message_notices n using old o
        where n.program_id = %(program)s and n.channel = o.channel and n.digest = o.digest
        """,
        {
            "program": program_id,
            "receipts": now - RECEIPTS_KEPT,
            "words": now - WORDS_KEPT,
            "most": most,
        },
    ).rowcount


def mark_taken(
    tx: Transaction, program_id: int, channel: str, digests: Sequence[bytes], now: datetime
) -> None:
    """These were taken: told again they change nothing more."""
    tx.execute(
        """
        update message_notices set taken_at = %s
        where program_id = %s and channel = %s and digest = any(%s::bytea[])
        """,
        (now, program_id, channel, list(digests)),
    )
