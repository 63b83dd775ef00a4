"""Broadcasts as rows: how each stands, how far it is, what it put into the outbox, and what became of that.

Whoever carries one on locks it, for one stretch of members and one commit. So two workers never go through
the same members, and one that is killed leaves the place of its last commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.ledger.effects import Send
from guerdon.store.database import Transaction
from guerdon.store.messages.outbox import Due
from guerdon.store.wallet.deeds import Deed

State = Literal["draft", "checking", "ready", "running", "paused", "ended", "stopped"]
Pass = Literal["check", "told"]


@dataclass(frozen=True, slots=True)
class NewBroadcast:
    """A message to be told to a segment over `spread_s`, from `starts_at` on. No `markets`: all."""

    message: str
    segment: str
    markets: tuple[str, ...]
    spread_s: int
    starts_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast as it stands. `examples` are JSON: member, channel, reason of some who are left out."""

    program_id: int
    id: int
    message: str
    segment: str
    markets: Sequence[str]
    state: State
    spread_s: int
    starts_at: datetime
    walked_to: int
    walked_at: datetime | None
    made_by: str
    made_at: datetime
    checked_at: datetime | None
    examples: Sequence[Sequence[str | int]]
    started_by: str | None
    started_at: datetime | None
    paused_at: datetime | None
    resumes_at: datetime | None
    moved_to: int
    ended_at: datetime | None

    @property
    def spread(self) -> timedelta:
        """Over how long a time it is told."""
        return timedelta(seconds=self.spread_s)


@dataclass(frozen=True, slots=True)
class Counted:
    """So many members of a market came to this, over a channel, for a reason."""

    market: str
    outcome: str
    channel: str
    reason: str
    members: int


def record_broadcast(tx: Transaction, program_id: int, new: NewBroadcast, now: datetime) -> int:
    """Keep a new one, as a draft; its number."""
    row = tx.execute(
        """
        insert into broadcasts (program_id, message, segment, markets, spread_s, starts_at, made_by, made_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (
            *(program_id, new.message, new.segment, list(new.markets), new.spread_s, new.starts_at),
            *(new.by, now),
        ),
    ).fetchone()
    assert row is not None, "it was just kept"
    return int(row[0])


def find_broadcast(tx: Transaction, program_id: int, number: int) -> Broadcast | None:
    """A broadcast."""
    row = tx.execute(
        """
        select program_id, id, message, segment, markets, state, spread_s, starts_at, walked_to, walked_at,
               made_by, made_at, checked_at, examples, started_by, started_at, paused_at, resumes_at,
               moved_to, ended_at
        from broadcasts where program_id = %s and id = %s
        """,
        (program_id, number),
    ).fetchone()
    return None if row is None else Broadcast(*row)


def lock_broadcast(tx: Transaction, program_id: int, number: int, *, waits: bool = False) -> Broadcast | None:
    """A broadcast that nobody else changes until the commit; None: there is none, or somebody is at it.

    `waits`: until whoever is at it is done with a stretch.
    """
    if waits:
        tx.execute(
            "select from broadcasts where program_id = %s and id = %s for no key update",
            (program_id, number),
        )
        return find_broadcast(tx, program_id, number)
    held = tx.execute(
        "select from broadcasts where program_id = %s and id = %s for no key update skip locked",
        (program_id, number),
    ).rowcount
    return find_broadcast(tx, program_id, number) if held else None


def list_broadcasts(tx: Transaction, program_id: int, at_most: int) -> list[Broadcast]:
    """The latest ones."""
    rows = tx.execute(
        """
        select program_id, id, message, segment, markets, state, spread_s, starts_at, walked_to, walked_at,
               made_by, made_at, checked_at, examples, started_by, started_at, paused_at, resumes_at,
               moved_to, ended_at
        from broadcasts where program_id = %s order by id desc limit %s
        """,
        (program_id, at_most),
    ).fetchall()
    return [Broadcast(*row) for row in rows]


def list_under_way(tx: Transaction, program_id: int) -> list[int]:
    """Those of which there is something to do, the oldest first."""
    rows = tx.execute(
        """
        select id from broadcasts
        where program_id = %s and ended_at is null and state in ('checking', 'running', 'paused', 'stopped')
        order by id
        """,
        (program_id,),
    ).fetchall()
    return [int(row[0]) for row in rows]


def settle_walk(tx: Transaction, broadcast: Broadcast, walked_to: int, done_at: datetime | None) -> None:
    """Write how far a broadcast was gone through, and when that was all."""
    tx.execute(
        "update broadcasts set walked_to = %s, walked_at = %s where program_id = %s and id = %s",
        (walked_to, done_at, broadcast.program_id, broadcast.id),
    )


def settle_examples(tx: Transaction, broadcast: Broadcast, examples: str) -> None:
    """Keep some of those who would be left out, as JSON."""
    tx.execute(
        "update broadcasts set examples = %s where program_id = %s and id = %s",
        (examples, broadcast.program_id, broadcast.id),
    )


def settle_checking(tx: Transaction, broadcast: Broadcast) -> None:
    """Let it be checked, from the first member on."""
    tx.execute(
        """
        update broadcasts set state = 'checking', walked_to = 0, walked_at = null, checked_at = null
        where program_id = %s and id = %s
        """,
        (broadcast.program_id, broadcast.id),
    )


def settle_checked(tx: Transaction, broadcast: Broadcast, now: datetime) -> None:
    """It was checked, and may be started; telling goes through its members from the first one on."""
    tx.execute(
        """
        update broadcasts set state = 'ready', walked_to = 0, walked_at = null, checked_at = %s
        where program_id = %s and id = %s
        """,
        (now, broadcast.program_id, broadcast.id),
    )


def settle_started(tx: Transaction, broadcast: Broadcast, by: str, now: datetime) -> None:
    """Let it go, at its time."""
    tx.execute(
        """
        update broadcasts set state = 'running', started_by = %(by)s, started_at = %(now)s,
               starts_at = greatest(starts_at, %(now)s)
        where program_id = %(program)s and id = %(id)s
        """,
        {"by": by, "now": now, "program": broadcast.program_id, "id": broadcast.id},
    )


def settle_paused(tx: Transaction, broadcast: Broadcast, now: datetime) -> None:
    """Nothing of it begins from now on."""
    tx.execute(
        """
        update broadcasts set state = 'paused', paused_at = %s, resumes_at = null, moved_to = 0
        where program_id = %s and id = %s
        """,
        (now, broadcast.program_id, broadcast.id),
    )


def settle_resuming(tx: Transaction, broadcast: Broadcast, now: datetime) -> None:
    """It goes on as soon as its rows are put off by the time that it rested."""
    tx.execute(
        "update broadcasts set resumes_at = %s, moved_to = 0 where program_id = %s and id = %s",
        (now, broadcast.program_id, broadcast.id),
    )


def settle_stopped(tx: Transaction, broadcast: Broadcast, ended_at: datetime | None) -> None:
    """Nothing more of it is told. `ended_at`: nothing of it was under way."""
    tx.execute(
        "update broadcasts set state = 'stopped', ended_at = %s where program_id = %s and id = %s",
        (ended_at, broadcast.program_id, broadcast.id),
    )


def settle_ended(tx: Transaction, broadcast: Broadcast, state: State, now: datetime) -> None:
    """All of it has ended."""
    tx.execute(
        "update broadcasts set state = %s, ended_at = %s where program_id = %s and id = %s",
        (state, now, broadcast.program_id, broadcast.id),
    )


def put_off(tx: Transaction, broadcast: Broadcast, at_most: int) -> bool:
    """Put off so many rows by the time that a broadcast rested, and let it go on after the last; if so.

    What was due when it was paused stays due, and so does what was tried before.
    """
    assert broadcast.paused_at is not None, "only what was paused"
    assert broadcast.resumes_at is not None, "somebody wants it to go on"
    given = {
        "program": broadcast.program_id,
        "id": broadcast.id,
        "after": broadcast.moved_to,
        "most": at_most,
        "paused": broadcast.paused_at,
        "by": broadcast.resumes_at - broadcast.paused_at,
    }
    row = tx.execute(
        """
        with page as materialized (
          select member_id, id from outbox
          where program_id = %(program)s and broadcast_id = %(id)s and member_id > %(after)s
          order by member_id limit %(most)s
        ), later as (
          update outbox o set next_at = o.next_at + %(by)s
          from page p
          where o.program_id = %(program)s and o.member_id = p.member_id and o.id = p.id
            and o.attempts = 0 and o.next_at > %(paused)s
        )
        select count(*), max(member_id) from page
        """,
        given,
    ).fetchone()
    assert row is not None, "a count is always told"
    if row[0] >= at_most:
        tx.execute(
            "update broadcasts set moved_to = %s where program_id = %s and id = %s",
            (row[1], broadcast.program_id, broadcast.id),
        )
        return False
    tx.execute(
        """
        update broadcasts
        set state = 'running', paused_at = null, resumes_at = null, moved_to = 0,
            -- Whoever was not gone through yet is told so much later as well; a start that is to come stays.
            starts_at = case when starts_at >= resumes_at then starts_at
                             else starts_at + (resumes_at - greatest(paused_at, starts_at)) end
        where program_id = %(program)s and id = %(id)s
        """,
        given,
    )
    tx.execute("select pg_notify('guerdon_outbox', %s)", (str(broadcast.program_id),))
    return True


def record_rows(
    tx: Transaction, broadcast: Broadcast, deeds: Sequence[tuple[Deed, datetime]], now: datetime
) -> None:
    """Put what deeds send into the outbox, each for its moment, and wake whoever delivers."""
    sends = [(deed, at, effect) for deed, at in deeds for effect in deed.effects if isinstance(effect, Send)]
    if not sends:
        return
    tx.execute(
        """
        insert into outbox (program_id, member_id, id, event_id, message, channel, created_at, next_at,
                            broadcast_id)
        select %(program)s, m, i, e, k, c, %(now)s, t, %(broadcast)s
        from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(events)s::bigint[], %(messages)s::text[],
                    %(channels)s::text[], %(at)s::timestamptz[]) as s (m, i, e, k, c, t)
        """,
        {
            "program": broadcast.program_id,
            "broadcast": broadcast.id,
            "now": now,
            "members": [deed.member_id for deed, _, _ in sends],
            "ids": [send.id for _, _, send in sends],
            "events": [deed.event_id for deed, _, _ in sends],
            "messages": [send.message for _, _, send in sends],
            "channels": [send.channel for _, _, send in sends],
            "at": [at for _, at, _ in sends],
        },
    )
    tx.execute("select pg_notify('guerdon_outbox', %s)", (str(broadcast.program_id),))


def recall_rows(tx: Transaction, broadcast: Broadcast, reason: str, now: datetime, at_most: int) -> int:
    """Take back so many rows of a stopped broadcast of which nothing began; how many those were.

    What somebody holds, or a provider may have, ends by itself.
    """
    return tx.execute(
        """
        with gone as (
          delete from outbox o
          using (
            select member_id, id from outbox
            where program_id = %(program)s and broadcast_id = %(id)s and fence is null and hand_overs = 0
              and not awaits
            order by member_id limit %(most)s for update skip locked
          ) p
          where o.program_id = %(program)s and o.member_id = p.member_id and o.id = p.id
          returning o.*
        )
        insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, language,
                              state, reason, attempts, created_at, settled_at, via, broadcast_id)
        select g.program_id, g.member_id, g.id, g.event_id, g.reward_id, g.message, g.channel,
               split_part(coalesce(m.language, 'en'), '-', 1), 'recalled', %(reason)s, g.attempts,
               g.created_at, %(now)s, nullif(g.via, g.channel), g.broadcast_id
        from gone g
        left join members m on m.program_id = g.program_id and m.member_id = g.member_id
        """,
        {
            "program": broadcast.program_id,
            "id": broadcast.id,
            "reason": reason,
            "now": now,
            "most": at_most,
        },
    ).rowcount


def list_called_off(tx: Transaction, program_id: int, due: Sequence[Due]) -> dict[tuple[int, int], str]:
    """Those of these rows that are told no more, by member and message, with the reason."""
    rows = [(*row.whose, row.broadcast_id) for row in due if row.broadcast_id is not None]
    if not rows:
        return {}
    found = tx.execute(
        """
        select r.member_id, r.id, case b.state when 'stopped' then 'broadcast:stopped' else 'segment:left' end
        from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(broadcasts)s::bigint[])
          as r (member_id, id, broadcast_id)
        join broadcasts b on b.program_id = %(program)s and b.id = r.broadcast_id
        where b.state = 'stopped' or not exists (
          select from segment_members s
          where s.program_id = %(program)s and s.segment = b.segment and s.member_id = r.member_id)
        """,
        {
            "program": program_id,
            "members": [row[0] for row in rows],
            "ids": [row[1] for row in rows],
            "broadcasts": [row[2] for row in rows],
        },
    ).fetchall()
    return {(row[0], row[1]): str(row[2]) for row in found}


def has_rows(tx: Transaction, broadcast: Broadcast) -> bool:
    """Whether anything of it is under way."""
    row = tx.execute(
        "select exists (select from outbox where program_id = %s and broadcast_id = %s)",
        (broadcast.program_id, broadcast.id),
    ).fetchone()
    return row is not None and bool(row[0])


def forget_counts(tx: Transaction, broadcast: Broadcast, of: Pass) -> None:
    """Let go what was counted in a pass."""
    tx.execute(
        "delete from broadcast_counts where program_id = %s and broadcast_id = %s and pass = %s",
        (broadcast.program_id, broadcast.id, of),
    )


def add_counts(tx: Transaction, broadcast: Broadcast, of: Pass, counted: Sequence[Counted]) -> None:
    """Add what a stretch came to; each market, outcome, channel and reason stands in it once."""
    tx.execute(
        """
        insert into broadcast_counts as c (program_id, broadcast_id, pass, market, outcome, channel, reason,
                                           members)
        select %(program)s, %(id)s, %(pass)s, n.*
        from unnest(%(markets)s::text[], %(outcomes)s::text[], %(channels)s::text[], %(reasons)s::text[],
                    %(members)s::bigint[]) as n
        on conflict (program_id, broadcast_id, pass, market, outcome, channel, reason)
        do update set members = c.members + excluded.members
        """,
        {
            "program": broadcast.program_id,
            "id": broadcast.id,
            "pass": of,
            "markets": [each.market for each in counted],
            "outcomes": [each.outcome for each in counted],
            "channels": [each.channel for each in counted],
            "reasons": [each.reason for each in counted],
            "members": [each.members for each in counted],
        },
    )
