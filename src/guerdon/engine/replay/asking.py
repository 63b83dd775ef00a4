"""Asking for a replay: what is wrong with it is said at once, and the same is never run twice at a time.

Only so many of a program wait or run: each reads the whole history.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.apply import LIVE
from guerdon.queries.replay.needed import has_stored
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.versions import replays
from guerdon.store.versions.replays import NewReplay, ReplayRow
from guerdon.values.ids import show

# So many of a program wait or run at a time.
UNDER_WAY_MAX = 3


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
            "full": f"{self.about} replays of this program wait or run already; ask again when one is done",
        }[self.reason]


def ask_replay(
    tx: Transaction, program_id: int, new: NewReplay, now: datetime, *, exactly: bool = False
) -> int | Wrong:
    """Ask for a replay; one that was stopped goes on, until `exactly` then if so. Gives its number."""
    under_way = replays.count_under_way(tx, program_id)
    known = replays.find_under_way(tx, program_id, new.sha, new.since)
    if known is not None and not known.runs(now):
        if not exactly or known.until == new.until:
            return _again(tx, program_id, known, under_way)
        call_off_replay(tx, program_id, known.id, new.by, now)
        under_way -= known.state != "stopped"
        known = None
    wrong = _wrong(tx, program_id, new, known, now)
    if wrong is None and under_way >= UNDER_WAY_MAX:
        wrong = Wrong("full", str(UNDER_WAY_MAX))
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


def _again(tx: Transaction, program_id: int, known: ReplayRow, under_way: int) -> int | Wrong:
    """The same once more, from where it was; one that was stopped waits behind the others."""
    if known.state == "stopped" and under_way >= UNDER_WAY_MAX:
        return Wrong("full", str(UNDER_WAY_MAX))
    replays.record_waiting(tx, program_id, known.id)
    return known.id


def call_off_replay(tx: Transaction, program_id: int, number: int, by: str, now: datetime) -> bool:
    """Let a replay end; false when it had ended by itself."""
    if not replays.record_called_off(tx, program_id, number, now):
        return False
    notify(tx, LIVE, program_id)
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
    if not has_stored(tx, program_id, new.since, new.until):
        return Wrong("empty")
    return None
