"""Replays as rows: asked for, run by one at a time, heard of while they run, and what they found.

Whoever takes one gets a lease with a name that nobody had before. What they write counts only while the row
still has that name, so one that slept while another took over writes nothing any more.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction

# Whoever was not heard of for so long runs it no more.
SILENT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class NewReplay:
    """A text to be decided over the history of a time."""

    title: str
    bundle: str
    sha: str
    since: datetime
    until: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """A replay as it stands, but for its text and result."""

    id: int
    title: str
    sha: str
    since: datetime
    until: datetime
    state: str
    asked_by: str
    asked_at: datetime
    runner: str | None
    heard_at: datetime | None
    done_events: int
    total_events: int
    finished_at: datetime | None
    fault: str

    def runs(self, now: datetime) -> bool:
        """Whether somebody runs it."""
        return self.state == "running" and self.heard_at is not None and now - self.heard_at < SILENT


@dataclass(frozen=True, slots=True)
class Lease:
    """A replay that somebody runs; no two leases have the same runner, not even of one process."""

    program_id: int
    number: int
    runner: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member who would have come to something else in a unit."""

    member_id: int
    unit: str
    market: str
    location: str | None
    live: int
    draft: int
    event_id: int


def record_replay(tx: Transaction, program_id: int, new: NewReplay, now: datetime) -> int | None:
    """Keep that a replay was asked for; None when the same is under way."""
    row = tx.execute(
        """
        insert into replays (program_id, title, bundle, sha, since, until, asked_by, asked_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning id
        """,
        (program_id, new.title, new.bundle, new.sha, new.since, new.until, new.by, now),
    ).fetchone()
    return None if row is None else int(row[0])


def find_under_way(tx: Transaction, program_id: int, sha: str, since: datetime) -> ReplayRow | None:
    """The replay of a text over a time that is not finished."""
    row = tx.execute(
        """
        select id, title, sha, since, until, state, asked_by, asked_at, runner, heard_at, done_events,
               total_events, finished_at, fault
        from replays
        where program_id = %s and sha = %s and since = %s
          and state in ('waiting', 'running', 'stopped')
        """,
        (program_id, sha, since),
    ).fetchone()
    return None if row is None else ReplayRow(*row)


def find_replay(tx: Transaction, program_id: int, number: int) -> ReplayRow | None:
    """A replay."""
    row = tx.execute(
        """
        select id, title, sha, since, until, state, asked_by, asked_at, runner, heard_at, done_events,
               total_events, finished_at, fault
        from replays
        where program_id = %s and id = %s
        """,
        (program_id, number),
    ).fetchone()
    return None if row is None else ReplayRow(*row)


def load_bundle(tx: Transaction, program_id: int, number: int) -> str:
    """The text of a replay."""
    row = tx.execute(
        "select bundle from replays where program_id = %s and id = %s", (program_id, number)
    ).fetchone()
    assert row is not None
    return str(row[0])


def take_replay(tx: Transaction, program_id: int, number: int, by: str, now: datetime) -> Lease | None:
    """Lease a replay that nobody runs; None when it is not to be had."""
    row = tx.execute(
        """
        update replays set state = 'running', runner = %(runner)s, heard_at = %(now)s
        where program_id = %(program)s and id = %(id)s
          and (state in ('waiting', 'stopped') or (state = 'running' and heard_at < %(silent)s))
        returning runner
        """,
        {
            "runner": f"{by}:{secrets.token_hex(4)}",
            "now": now,
            "program": program_id,
            "id": number,
            "silent": now - SILENT,
        },
    ).fetchone()
    return None if row is None else Lease(program_id, number, row[0])


def record_waiting(tx: Transaction, program_id: int, number: int) -> None:
    """Let one that was stopped be run again."""
    tx.execute(
        "update replays set state = 'waiting', fault = ''"
        " where program_id = %s and id = %s and state = 'stopped'",
        (program_id, number),
    )


def find_waiting(tx: Transaction, program_id: int, now: datetime) -> int | None:
    """A replay that somebody should run: asked for, or left by a runner who is silent."""
    row = tx.execute(
        """
        select id from replays where program_id = %s
          and (state = 'waiting' or (state = 'running' and heard_at < %s)) order by id limit 1
        """,
        (program_id, now - SILENT),
    ).fetchone()
    return None if row is None else int(row[0])


def count_under_way(tx: Transaction, program_id: int) -> int:
    """How many wait or run; until this transaction ends, nobody else asks for one."""
    tx.execute("select pg_advisory_xact_lock(1735289454, %s)", (program_id,))
    row = tx.execute(
        "select count(*) from replays where program_id = %s and state in ('waiting', 'running')",
        (program_id,),
    ).fetchone()
    return 0 if row is None else int(row[0])


def record_progress(tx: Transaction, lease: Lease, counted: tuple[int, int], now: datetime) -> bool:
    """Keep how far a runner came, of how many; false when it is not theirs any more, or was called off."""
    row = tx.execute(
        """
        update replays set done_events = %s, total_events = %s, heard_at = %s
        where program_id = %s and id = %s and runner = %s and state = 'running' returning id
        """,
        (*counted, now, lease.program_id, lease.number, lease.runner),
    ).fetchone()
    return row is not None


def record_result(
    tx: Transaction, lease: Lease, result: str, members: Iterable[MemberRow], now: datetime
) -> bool:
    """Keep what was found; false when it is not theirs any more, or was called off meanwhile."""
    row = tx.execute(
        """
        update replays set state = 'done', result = %s, finished_at = %s, done_events = total_events
        where program_id = %s and id = %s and runner = %s and state = 'running' returning id
        """,
        (result, now, lease.program_id, lease.number, lease.runner),
    ).fetchone()
    if row is None:
        return False
    with tx.cursor().copy(
        "copy replay_members"
        " (program_id, replay_id, member_id, unit, market, location, live, draft, event_id) from stdin"
    ) as copy:
        for each in members:
            copy.write_row(
                (
                    lease.program_id, lease.number, each.member_id, each.unit, each.market, each.location,
                    each.live, each.draft, each.event_id,
                )
            )  # fmt: skip
    return True


def record_end(tx: Transaction, lease: Lease, state: str, now: datetime, fault: str = "") -> bool:
    """Let its runner stop it, leave it for another (`waiting`), or say that it failed; false: not theirs."""
    row = tx.execute(
        """
        update replays set state = %(state)s, fault = %(fault)s,
               finished_at = case when %(state)s = 'failed' then %(now)s::timestamptz end
        where program_id = %(program)s and id = %(id)s and runner = %(runner)s and state = 'running'
        returning id
        """,
        {
            "state": state,
            "fault": fault[:500],
            "now": now,
            "program": lease.program_id,
            "id": lease.number,
            "runner": lease.runner,
        },
    ).fetchone()
    return row is not None


def record_called_off(tx: Transaction, program_id: int, number: int, now: datetime) -> bool:
    """Let a replay end, whoever runs it; false when it had ended before."""
    row = tx.execute(
        """
        update replays set state = 'canceled', fault = '', finished_at = %s
        where program_id = %s and id = %s and state in ('waiting', 'running', 'stopped') returning id
        """,
        (now, program_id, number),
    ).fetchone()
    return row is not None
