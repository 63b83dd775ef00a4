"""Whether a text was rehearsed: replayed to its end, lately, over enough of what others told us."""

from datetime import datetime, timedelta
from typing import Literal

from guerdon.store.database import Transaction

# How much of the history up to the moment at which it was asked for; all of it, where it is shorter.
COVERED = timedelta(days=30)
# How long it counts.
LASTS = timedelta(days=7)

# What is missing: nothing, any replay, one of these days, one over enough, or one that decided something.
Missing = Literal["", "never", "old", "short", "empty"]


def has_stored(tx: Transaction, program_id: int, since: datetime, until: datetime) -> bool:
    """Whether anything that others told us was decided in a time."""
    row = tx.execute(
        """
        select exists (
          select from events
          where program_id = %s and decided_at >= %s and decided_at < %s and source <> 'guerdon')
        """,
        (program_id, since, until),
    ).fetchone()
    return row is not None and bool(row[0])


def has_history(tx: Transaction, program_id: int) -> bool:
    """Whether anything that others told us was ever decided: before that, a replay has nothing to say."""
    row = tx.execute(
        "select exists (select from events where program_id = %s and source <> 'guerdon')", (program_id,)
    ).fetchone()
    return row is not None and bool(row[0])


def missing_rehearsal(tx: Transaction, program_id: int, sha: str, now: datetime) -> Missing:
    """What is missing of a rehearsal of exactly this text; of several replays, the best counts."""
    rows = tx.execute(
        """
        select
          until >= %(lately)s,
          (since <= asked_at - %(covered)s or not exists (
             select from events e
             where e.program_id = r.program_id and e.decided_at < r.since and e.source <> 'guerdon'))
          and (until >= asked_at or not exists (
             select from events e
             where e.program_id = r.program_id and e.decided_at >= r.until and e.decided_at < r.asked_at
               and e.source <> 'guerdon')),
          (result ->> 'events')::bigint > 0 or not exists (
             select from events e
             where e.program_id = r.program_id and e.decided_at >= r.since and e.decided_at < r.until
               and e.source <> 'guerdon')
        from replays r
        where program_id = %(program)s and sha = %(sha)s and state = 'done' and finished_at <= %(now)s
        order by finished_at desc limit 50
        """,
        {"program": program_id, "sha": sha, "now": now, "lately": now - LASTS, "covered": COVERED},
    ).fetchall()
    if any(all(row) for row in rows) or not has_history(tx, program_id):
        return ""
    lately = [row for row in rows if row[0]]
    if not lately:
        return "old" if rows else "never"
    return "empty" if any(covers for _, covers, _ in lately) else "short"


def first_day_needed(tx: Transaction, program_id: int, now: datetime) -> datetime:
    """From when on a replay that is asked for now covers enough, and has something to decide."""
    # A day more, for midnights are not everywhere at the same time.
    since = now - COVERED - timedelta(days=1)
    if has_stored(tx, program_id, since, now):
        return since
    row = tx.execute(
        "select min(live_from) from program_versions where program_id = %s", (program_id,)
    ).fetchone()
    return min(since, row[0]) if row is not None and row[0] is not None else since
