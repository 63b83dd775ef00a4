"""The outbox's rows: claimed in sets by lease, settled in sets by the fence of the claim.

A claim commits that hand-over begins, before anything leaves the house. So whoever finds a row whose lease
ran out knows how many times it may have been sent.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from guerdon.store.database import Connection, Transaction

# sent: a provider has it. withheld: the conscience or a missing address kept it back. recalled: what it was
# about is over.
MessageState = Literal["sent", "delivered", "opened", "failed", "unknown", "withheld", "recalled"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Which rows a deliverer takes, those whose turn is this channel's, and until when they are its own."""

    program_id: int
    channel: str
    fence: UUID
    now: datetime
    lease_until: datetime
    rows_max: int


@dataclass(frozen=True, slots=True)
class DueReward:
    """The reward that a message is about."""

    id: int
    rule: str
    unit: str
    value: int
    state: str
    happened_at: datetime
    expires_at: datetime | None
    # While it is pending: when it is ready, None where nobody knows yet; else since when it was.
    available_at: datetime | None = None
    # What of it is set aside for no order.
    free: int = 1
    # What of its value was taken back.
    reversed: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed row and what it is about; `hand_overs` began before, and nobody knows how they ended.

    `via` is the channel whose turn it is since `via_since`, the one at `step` of its message's. `awaits`: a
    provider had it and told nothing of it in time. `attributes` of the member are JSON.
    """

    member_id: int
    id: int
    message: str
    attempts: int
    hand_overs: int
    created_at: datetime
    market: str | None
    language: str | None
    reward: DueReward | None
    event_id: int = 0
    via: str = "email"
    via_since: datetime | None = None
    step: int = 0
    awaits: bool = False
    attributes: str = "{}"
    joined_at: datetime | None = None
    # The broadcast that it is of; None: a rule or the clock told it.
    broadcast_id: int | None = None

    @property
    def known_attributes(self) -> Mapping[str, object]:
        """What is known of the member."""
        read: Mapping[str, object] = json.loads(self.attributes)
        return read

    @property
    def whose(self) -> tuple[int, int]:
        """The member and the message."""
        return self.member_id, self.id


@dataclass(frozen=True, slots=True)
class Settlement:
    """How it ended: the row leaves the outbox for the messages. `via` is the channel that it ended on."""

    member_id: int
    id: int
    state: MessageState
    language: str
    provider_id: str | None
    reason: str | None
    settled_at: datetime
    via: str = "email"


@dataclass(frozen=True, slots=True)
class Postponement:
    """Not yet: the row stays, for anyone, until `next_at`. An attempt that never began is not counted.

    `via`: from now on it is this channel's turn, since `via_since`; None: the same one's as before. `awaits`:
    a provider has it, and until `next_at` may tell how it went.
    """

    member_id: int
    id: int
    next_at: datetime
    hand_overs: int
    began: bool
    via: str | None = None
    via_since: datetime | None = None
    step: int | None = None
    awaits: bool = False


def insert_message(
    tx: Transaction, whose: tuple[int, int], message: tuple[int, int, str, str], now: datetime
) -> None:
    """Put a message into the outbox that is about no reward.

    `whose`: program and member; `message`: its id, its event, its message, its channel.
    """
    id_, event_id, key, channel = message
    tx.execute(
        """
        insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel, created_at,
                            next_at)
        values (%s, %s, %s, %s, null, %s, %s, %s, %s)
        """,
        (*whose, id_, event_id, key, channel, now, now),
    )
    tx.execute("notify guerdon_outbox")


def claim_due(tx: Transaction, claim: Claim) -> list[Due]:
    """Take the rows that are due, oldest first; rows that another deliverer holds are passed over.

    What rules tell goes before what broadcasts do, and of a broadcast that rests nothing is even looked at.
    Whoever halts one waits until what was taken has begun or not, and nothing of it begins after that.
    """
    rows = tx.execute(
        """
        with told as materialized (
          select 0::bigint as broadcast
          union all
          select b.id from (
            select id from broadcasts
            where program_id = %(program_id)s and ended_at is null and state in ('running', 'stopped')
            for key share skip locked
          ) b
        ), due as materialized (
          select d.member_id, d.id, d.hand_overs
          from told t
          cross join lateral (
            select member_id, id, hand_overs, next_at from outbox
            where program_id = %(program_id)s and coalesce(via, channel) = %(channel)s
              and coalesce(broadcast_id, 0) = t.broadcast and next_at <= %(now)s
            order by next_at limit %(rows_max)s for update skip locked
          ) d
          order by t.broadcast = 0 desc, d.next_at limit %(rows_max)s
        ), claimed as (
          update outbox o
          set fence = %(fence)s, attempts = o.attempts + 1, next_at = %(lease_until)s,
              hand_overs = due.hand_overs + 1
          from due
          where o.program_id = %(program_id)s and o.member_id = due.member_id and o.id = due.id
          returning o.member_id, o.id, o.message, o.attempts, due.hand_overs, o.created_at, o.reward_id,
                    o.event_id, coalesce(o.via, o.channel) as via, o.via_since, o.step, o.awaits,
                    o.broadcast_id
        )
        select c.member_id, c.id, c.message, c.attempts, c.hand_overs, c.created_at, m.market, m.language,
               c.event_id, c.via, c.via_since, c.step, c.awaits, coalesce(m.attributes::text, '{}'),
               m.enrolled_at, c.broadcast_id,
               r.id, r.rule, r.unit, r.value, r.state, r.happened_at, r.expires_at, r.available_at,
               r.remaining - r.held, r.reversed
        from claimed c
        left join members m on m.program_id = %(program_id)s and m.member_id = c.member_id
        left join rewards r
          on r.program_id = %(program_id)s and r.member_id = c.member_id and r.id = c.reward_id
        """,
        {
            "program_id": claim.program_id,
            "channel": claim.channel,
            "fence": claim.fence,
            "now": claim.now,
            "lease_until": claim.lease_until,
            "rows_max": claim.rows_max,
        },
    ).fetchall()
    return [
        Due(*(*row[:8], DueReward(*row[16:]) if row[16] is not None else None, *row[8:16])) for row in rows
    ]


def claim_told(
    tx: Transaction,
    program_id: int,
    fence: UUID,
    rewards: Sequence[tuple[int, int]],
    over: Sequence[str],
) -> list[tuple[int, int, str | None, str]]:
    """Take what waits to be told of rewards that were taken back whole: member, id, language, channel.

    `rewards`: by member and reward; `over`: the messages that are told no more then. What somebody is
    handing over, or a provider may have, is left to them.
    """
    rows = tx.execute(
        """
        with gone as materialized (
          select o.member_id, o.id
          from unnest(%(members)s::bigint[], %(rewards)s::bigint[]) as g (member_id, reward_id)
          join rewards r on r.program_id = %(program)s and r.member_id = g.member_id and r.id = g.reward_id
          join outbox o
            on o.program_id = %(program)s and o.member_id = g.member_id and o.reward_id = g.reward_id
          where r.reversed = r.value and o.fence is null and o.hand_overs = 0 and not o.awaits
            and o.message = any(%(over)s)
          for update of o skip locked
        )
        update outbox o set fence = %(fence)s
        from gone join members m on m.program_id = %(program)s and m.member_id = gone.member_id
        where o.program_id = %(program)s and o.member_id = gone.member_id and o.id = gone.id
        returning o.member_id, o.id, m.language, coalesce(o.via, o.channel)
        """,
        {
            "members": [member_id for member_id, _ in rewards],
            "rewards": [reward_id for _, reward_id in rewards],
            "program": program_id,
            "over": list(over),
            "fence": fence,
        },
    ).fetchall()
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def settle_messages(tx: Transaction, program_id: int, fence: UUID, settled: Sequence[Settlement]) -> set[int]:
    """Move rows from the outbox to the messages; returns the ids that were still this claim's to settle."""
    rows = tx.execute(
        """
        with gone as (
          delete from outbox o
          using unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
                       %s::timestamptz[], %s::text[])
            as s (member_id, id, state, language, provider_id, reason, settled_at, via)
          where o.program_id = %s and o.member_id = s.member_id and o.id = s.id and o.fence = %s
          returning o.program_id, o.member_id, o.id, o.event_id, o.reward_id, o.message, o.channel,
                    s.language, s.state, s.provider_id, s.reason, o.attempts, o.created_at, s.settled_at,
                    nullif(s.via, o.channel) as via, o.broadcast_id
        ), kept as (
          insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, language,
                                state, provider_id, reason, attempts, created_at, settled_at, via,
                                broadcast_id)
          select * from gone on conflict do nothing
        )
        select id from gone
        """,
        (
            [s.member_id for s in settled],
            [s.id for s in settled],
            [s.state for s in settled],
            [s.language for s in settled],
            [s.provider_id for s in settled],
            [s.reason for s in settled],
            [s.settled_at for s in settled],
            [s.via for s in settled],
            program_id,
            fence,
        ),
    ).fetchall()
    return {row[0] for row in rows}


def settle_postponed(
    tx: Transaction, program_id: int, fence: UUID, postponed: Sequence[Postponement]
) -> None:
    """Give rows back for a later attempt, knowing whether a hand-over of them may have happened."""
    tx.execute(
        """
        update outbox o
        set next_at = p.next_at, hand_overs = p.hand_overs, fence = null,
            attempts = o.attempts - (not p.began)::integer, awaits = p.awaits,
            via = coalesce(p.via, o.via), via_since = coalesce(p.via_since, o.via_since),
            step = coalesce(p.step, o.step)
        from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::smallint[], %s::boolean[],
                    %s::boolean[], %s::text[], %s::timestamptz[], %s::smallint[])
          as p (member_id, id, next_at, hand_overs, began, awaits, via, via_since, step)
        where o.program_id = %s and o.member_id = p.member_id and o.id = p.id and o.fence = %s
        """,
        (
            [p.member_id for p in postponed],
            [p.id for p in postponed],
            [p.next_at for p in postponed],
            [p.hand_overs for p in postponed],
            [p.began for p in postponed],
            [p.awaits for p in postponed],
            [p.via for p in postponed],
            [p.via_since for p in postponed],
            [p.step for p in postponed],
            program_id,
            fence,
        ),
    )


def listen_for_outbox(connection: Connection) -> None:
    """Ask to be woken when the outbox has something new."""
    connection.execute("listen guerdon_outbox")
