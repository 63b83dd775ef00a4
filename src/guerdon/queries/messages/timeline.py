"""What a member was told, is about to be told, and was not told: one timeline over all channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from guerdon.store.database import Transaction

# What has not ended stands in the outbox: it waits, or a provider has it and nobody knows yet how it went.
WAITING, AWAITING = "waiting", "awaiting"
ENDED = ("sent", "delivered", "opened", "failed", "unknown", "withheld", "recalled")


@dataclass(frozen=True, slots=True)
class Tried:
    """One channel that a message was tried over: how that stands, and since when.

    `begun_at` is when it was handed over first; None: it never was. It went on `consent_id`, or on an
    `exception`.
    """

    channel: str
    state: str
    reason: str | None
    begun_at: datetime | None
    settled_at: datetime
    exception: str
    consent_id: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of a member: how it stands since `since`, and why not.

    `topic` is what was stored with its attempts, None where none was begun. `next_at` is when what waits is
    looked at again. `tried` are the channels in the order in which they were tried.
    """

    id: int
    message: str
    channel: str
    via: str
    state: str
    reason: str | None
    created_at: datetime
    since: datetime
    next_at: datetime | None
    event_id: int
    reward_id: int | None
    tried: Sequence[Tried] = ()
    topic: str | None = None


def list_entries(
    tx: Transaction, member_id: int, limit: int, after: tuple[datetime, int] | None = None
) -> list[Entry]:
    """A member's messages, newest first; `after`: those that come after this place (created at, id)."""
    at, number = after if after is not None else (None, None)
    rows = tx.execute(
        """
        select * from (
          select id, message, channel, coalesce(via, channel), state, reason, created_at,
                 coalesce(opened_at, settled_at), null::timestamptz, event_id, reward_id
          from messages
          where program_id = (select this_program()) and member_id = %(member)s
          union all
          select id, message, channel, coalesce(via, channel),
                 case when awaits then 'awaiting' else 'waiting' end, null, created_at,
                 coalesce(via_since, created_at), next_at, event_id, reward_id
          from outbox
          where program_id = (select this_program()) and member_id = %(member)s
        ) as m (id, message, channel, via, state, reason, created_at, since, next_at, event_id, reward_id)
        where %(at)s::timestamptz is null or (created_at, id) < (%(at)s, %(number)s::bigint)
        order by created_at desc, id desc limit %(limit)s
        """,
        {"member": member_id, "at": at, "number": number, "limit": limit},
    ).fetchall()
    return _with_tries(tx, member_id, [Entry(*row) for row in rows])


def load_entry(tx: Transaction, member_id: int, message_id: int) -> Entry | None:
    """One message of a member, or None."""
    rows = tx.execute(
        """
        select id, message, channel, coalesce(via, channel), state, reason, created_at,
               coalesce(opened_at, settled_at), null::timestamptz, event_id, reward_id
        from messages
        where program_id = (select this_program()) and member_id = %(member)s and id = %(id)s
        union all
        select id, message, channel, coalesce(via, channel),
               case when awaits then 'awaiting' else 'waiting' end, null, created_at,
               coalesce(via_since, created_at), next_at, event_id, reward_id
        from outbox
        where program_id = (select this_program()) and member_id = %(member)s and id = %(id)s
        """,
        {"member": member_id, "id": message_id},
    ).fetchall()
    return next(iter(_with_tries(tx, member_id, [Entry(*row) for row in rows])), None)


def _with_tries(tx: Transaction, member_id: int, entries: Sequence[Entry]) -> list[Entry]:
    if not entries:
        return []
    rows = tx.execute(
        """
        select message_id, topic, channel, state, reason, begun_at, settled_at, exception, consent_id
        from message_attempts
        where program_id = (select this_program()) and member_id = %s and message_id = any(%s)
        order by message_id, coalesce(begun_at, settled_at), channel
        """,
        (member_id, [entry.id for entry in entries]),
    ).fetchall()
    tried: dict[int, list[Tried]] = {}
    topics: dict[int, str] = {}
    for message_id, topic, *rest in rows:
        topics[message_id] = topic
        tried.setdefault(message_id, []).append(Tried(*rest))
    return [_whole(entry, tried, topics) for entry in entries]


def _whole(entry: Entry, tried: Mapping[int, Sequence[Tried]], topics: Mapping[int, str]) -> Entry:
    mine = tuple(tried.get(entry.id, ()))
    reason = entry.reason
    if reason is None and entry.state == WAITING:
        # Why it waits stands with the channel whose turn it is.
        reason = next((each.reason for each in mine if each.channel == entry.via), None)
    return replace(entry, reason=reason, tried=mine, topic=topics.get(entry.id))
