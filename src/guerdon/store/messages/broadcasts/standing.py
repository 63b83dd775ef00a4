"""How each broadcast stands, and how far it is.

Whoever carries one on locks it, for one stretch of members and one commit. So two workers never go through
the same members, and one that is killed leaves the place of its last commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.store.database import Transaction

State = Literal["draft", "checking", "ready", "running", "paused", "ended", "stopped"]


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

    `waits`: until whoever is at it is done with a stretch, and whoever takes rows of it with their round.
    """
    if waits:
        tx.execute(
            "select from broadcasts where program_id = %s and id = %s for update",
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
        """
        -- Of a clock that was put back meanwhile it rested for no time, not for less.
        update broadcasts set resumes_at = greatest(%s, paused_at), moved_to = 0
        where program_id = %s and id = %s
        """,
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
