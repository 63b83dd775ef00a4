"""What people do with a broadcast: make it, have it checked, start it, pause it, let it go on, stop it.

Whoever made one does not start it. Each deed is audited in its own commit, under the broadcast's lock, so of
two people who press at once the second is told that it stands otherwise by now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from guerdon.engine.messages.broadcasting.meant import broadcastable
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.messages.broadcasts.standing import (
    Broadcast,
    NewBroadcast,
    State,
    lock_broadcast,
    record_broadcast,
    settle_checking,
    settle_paused,
    settle_resuming,
    settle_started,
    settle_stopped,
)
from guerdon.values.ids import show

Act = Literal["check", "start", "pause", "resume", "stop"]
ACTS: tuple[Act, ...] = get_args(Act)
MADE = "broadcast.made"
ACTIONS = {
    "check": "broadcast.checking",
    "start": "broadcast.started",
    "pause": "broadcast.paused",
    "resume": "broadcast.resumed",
    "stop": "broadcast.stopped",
}
# From which states each is possible.
FROM: dict[Act, frozenset[State]] = {
    "check": frozenset({"draft", "ready"}),
    "start": frozenset({"ready"}),
    "pause": frozenset({"running"}),
    "resume": frozenset({"paused"}),
    "stop": frozenset({"draft", "checking", "ready", "running", "paused"}),
}
SPREAD_MAX = timedelta(days=14)
AHEAD_MAX = timedelta(days=365)
# What was checked longer ago says nothing any more.
CHECK_LASTS = timedelta(days=1)
LIVE = "guerdon_live"

# own: whoever made it does not start it. stale: checked too long ago. state: it stands otherwise by now.
Why = Literal["part", "message", "segment", "markets", "spread", "start", "own", "stale", "state"]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why nothing was done."""

    why: Why


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something to which broadcast (program, number), and when."""

    program_id: int
    number: int
    by: str
    now: datetime


def make_broadcast(
    tx: Transaction, program_id: int, program: Program, new: NewBroadcast, now: datetime
) -> int | Wrong:
    """Keep a broadcast as a draft; its number, or what is wrong with it."""
    wrong = _wrong(program, new, now)
    if wrong is not None:
        return wrong
    number = record_broadcast(tx, program_id, new, now)
    record_audit(
        *(tx, program_id, new.by, MADE, show("brc", number), now),
        message=new.message,
        segment=new.segment,
        markets=" ".join(new.markets),
        spread_s=new.spread_s,
        starts_at=new.starts_at.isoformat(),
    )
    return number


def do(tx: Transaction, doing: Doing, act: Act) -> Broadcast | Wrong:
    """Do something to a broadcast; gives it as it stood before, or why it was not done."""
    broadcast = lock_broadcast(tx, doing.program_id, doing.number, waits=True)
    if broadcast is None or broadcast.state not in FROM[act]:
        return Wrong("state")
    match act:
        case "check":
            settle_checking(tx, broadcast)
        case "start":
            if doing.by == broadcast.made_by:
                return Wrong("own")
            if broadcast.checked_at is None or doing.now - broadcast.checked_at > CHECK_LASTS:
                return Wrong("stale")
            settle_started(tx, broadcast, doing.by, doing.now)
        case "pause":
            settle_paused(tx, broadcast, doing.now)
        case "resume":
            if broadcast.resumes_at is not None:
                return Wrong("state")
            settle_resuming(tx, broadcast, doing.now)
        case "stop":
            is_out = broadcast.state in {"running", "paused"}
            settle_stopped(tx, broadcast, None if is_out else doing.now)
    record_audit(tx, doing.program_id, doing.by, ACTIONS[act], show("brc", doing.number), doing.now)
    notify(tx, LIVE, doing.program_id)
    return broadcast


def acts_of(broadcast: Broadcast, by: str, *, approves: bool) -> Sequence[Act]:
    """What somebody may do to a broadcast as it stands; `approves`: they may start what others made."""
    found = [act for act in ACTS if broadcast.state in FROM[act]]
    if not approves or by == broadcast.made_by:
        found = [act for act in found if act != "start"]
    if broadcast.resumes_at is not None:
        found = [act for act in found if act != "resume"]
    return found


def _wrong(program: Program, new: NewBroadcast, now: datetime) -> Wrong | None:
    if new.message not in broadcastable(program):
        return Wrong("message")
    if new.segment not in program.segments:
        return Wrong("segment")
    if not set(new.markets) <= program.markets.keys() or len(set(new.markets)) < len(new.markets):
        return Wrong("markets")
    if not 0 <= new.spread_s <= SPREAD_MAX // timedelta(seconds=1):
        return Wrong("spread")
    return Wrong("start") if new.starts_at > now + AHEAD_MAX else None
