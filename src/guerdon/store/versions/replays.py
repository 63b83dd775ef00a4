"""Replays as rows: asked for, run by one at a time, heard of while they run, and what they found."""

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


def take_replay(tx: Transaction, program_id: int, number: int, runner: str, now: datetime) -> bool:
    """Let a runner have a replay that nobody runs; whether it was to be had."""
    row = tx.execute(
        """
        update replays set state = 'running', runner = %(runner)s, heard_at = %(now)s
        where program_id = %(program)s and id = %(id)s
          and (state in ('waiting', 'stopped') or (state = 'running' and heard_at < %(silent)s))
        returning id
        """,
        {"runner": runner, "now": now, "program": program_id, "id": number, "silent": now - SILENT},
    ).fetchone()
    return row is not None


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


def record_progress(
    tx: Transaction, program_id: int, number: int, runner: str, counted: tuple[int, int], now: datetime
) -> bool:
    """Keep how far a runner came, of how many; false when it is not theirs any more, or was called off."""
    row = tx.execute(
        """
        update replays set done_events = %s, total_events = %s, heard_at = %s
        where program_id = %s and id = %s and state = 'running' and runner = %s returning id
        """,
        (*counted, now, program_id, number, runner),
    ).fetchone()
    return row is not None


def record_result(
    tx: Transaction, program_id: int, number: int, result: str, members: Iterable[MemberRow], now: datetime
) -> bool:
    """Keep what was found, unless it was called off meanwhile."""
    row = tx.execute(
        """
        update replays set state = 'done', result = %s, finished_at = %s, done_events = total_events
        where program_id = %s and id = %s and state = 'running' returning id
        """,
        (result, now, program_id, number),
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
                    program_id, number, each.member_id, each.unit, each.market, each.location, each.live,
                    each.draft, each.event_id,
                )
            )  # fmt: skip
    return True


def record_end(
    tx: Transaction, program_id: int, number: int, state: str, now: datetime, fault: str = ""
) -> bool:
    """Let a replay stop, fail or be called off; false when it had ended before."""
    row = tx.execute(
        """
        update replays set state = %(state)s, fault = %(fault)s,
               finished_at = case when %(state)s = 'stopped' then null else %(now)s::timestamptz end
        where program_id = %(program)s and id = %(id)s and state in ('waiting', 'running', 'stopped')
        returning id
        """,
        {"state": state, "fault": fault[:500], "now": now, "program": program_id, "id": number},
    ).fetchone()
    return row is not None
