"""Asking for a replay: what is wrong with it is said at once, and the same is never run twice at a time."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.queries.replay.history import count_since
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.versions import replays
from guerdon.store.versions.replays import NewReplay, ReplayRow
from guerdon.values.ids import show


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why there is nothing to replay: a code, and what it is about."""

    reason: str
    about: str = ""

    def __str__(self) -> str:
        """In the words of the command line."""
        return {
            "future": "the first day has not come yet",
            "empty": "nothing was decided in that time, so there is nothing to replay",
            "backwards": "the last day is before the first one",
            "running": f"this text is being replayed already: {self.about}",
        }[self.reason]


def ask_replay(
    tx: Transaction, program_id: int, new: NewReplay, now: datetime, *, exactly: bool = False
) -> int | Wrong:
    """Ask for a replay; one that was stopped goes on, until `exactly` then if so. Gives its number."""
    known = replays.find_under_way(tx, program_id, new.sha, new.since)
    if known is not None and not known.runs(now):
        if not exactly or known.until == new.until:
            replays.record_waiting(tx, program_id, known.id)
            return known.id
        call_off_replay(tx, program_id, known.id, new.by, now)
        known = None
    wrong = _wrong(tx, program_id, new, known, now)
    if wrong is not None:
        return wrong
    number = replays.record_replay(tx, program_id, new, now)
    if number is None:
        return Wrong("running", "somebody asked for it this moment")
    record_audit(
        tx, program_id, new.by, "replay.asked", show("rpl", number), now,
        sha=new.sha, since=new.since.isoformat(),
    )  # fmt: skip
    return number


def call_off_replay(tx: Transaction, program_id: int, number: int, by: str, now: datetime) -> bool:
    """Let a replay end; false when it had ended by itself."""
    if not replays.record_end(tx, program_id, number, "canceled", now):
        return False
    record_audit(tx, program_id, by, "replay.called_off", show("rpl", number), now)
    return True


def _wrong(
    tx: Transaction, program_id: int, new: NewReplay, known: ReplayRow | None, now: datetime
) -> Wrong | None:
    if new.since >= now:
        return Wrong("future")
    if new.since >= new.until:
        return Wrong("backwards")
    if known is not None:
        return Wrong("running", f"{show('rpl', known.id)}, {known.done_events:,} of {known.total_events:,}")
    if not count_since(tx, program_id, new.since, new.until):
        return Wrong("empty")
    return None
