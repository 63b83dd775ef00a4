"""The loop of broadcasts: each that is under way goes on by some stretches a turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.messages.broadcasting.checking import IsOpen, Look, check_stretch
from guerdon.engine.messages.broadcasting.meant import broadcastable
from guerdon.engine.messages.broadcasting.walking import (
    count_anew,
    put_off_stretch,
    take_back_stretch,
    walk_stretch,
)
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.messages.broadcasts.standing import (
    Broadcast,
    list_under_way,
    lock_broadcast,
    settle_stopped,
)
from guerdon.store.programs import list_programs
from guerdon.values.ids import show

TURN_S = 1.0
# What became of one is counted anew so often; where that takes long, so much seldomer that it is no more than
# a twentieth of the time: of some hundred thousand members it takes a second or two.
COUNT_S, COUNT_SHARE, COUNT_REST_MAX_S = 5.0, 20.0, 60.0
# So many members to a commit: some tenths of a second, in which nobody can pause it.
STRETCH_MAX = 500
# And so many commits of each broadcast a turn.
STRETCHES_MAX = 20


@dataclass(frozen=True, slots=True)
class Office:
    """What broadcasts need: programs and keys, and which channels are open here."""

    library: Library
    is_open: IsOpen


def keep_broadcasting(db: Connection, office: Office, turns: Turns) -> None:
    """Carry on the broadcasts of all programs until told to stop."""
    due: dict[int, float] = {}
    for now in turns.every(db, TURN_S):
        for program_id, _ in list_programs(db):
            for _ in carry_on(db, office, program_id, now):
                if turns.stop.is_set():
                    return
            # A clock that was put back does not keep it waiting for longer.
            if not 0 < due.get(program_id, 0.0) - now.timestamp() <= COUNT_REST_MAX_S:
                began = monotonic()
                count_under_way(db, program_id, now)
                due[program_id] = now.timestamp() + rest_after(monotonic() - began)


def rest_after(counting_s: float) -> float:
    """For how many seconds nothing is counted after a count that took so many."""
    return min(max(COUNT_S, COUNT_SHARE * counting_s), COUNT_REST_MAX_S)


def carry_on(
    db: Connection, office: Office, program_id: int, now: datetime, at_most: int = STRETCH_MAX
) -> Iterator[int]:
    """Carry on what is under way in a program, by some stretches each; gives its number after each commit."""
    with transaction(db, program_id) as tx:
        numbers = list_under_way(tx, program_id)
    for number in numbers:
        for _ in range(STRETCHES_MAX):
            with transaction(db, program_id) as tx:
                worked = _stretch(tx, office, (program_id, number), now, at_most)
            if not worked:
                break
            yield number


def count_under_way(db: Connection, program_id: int, now: datetime) -> None:
    """Count what became of those that are told, and end those of which the last message has ended."""
    with transaction(db, program_id) as tx:
        numbers = list_under_way(tx, program_id)
    for number in numbers:
        with transaction(db, program_id) as tx:
            broadcast = lock_broadcast(tx, program_id, number)
            if broadcast is not None and broadcast.state in {"running", "paused", "stopped"}:
                count_anew(tx, broadcast, now)


def _stretch(tx: Transaction, office: Office, whose: tuple[int, int], now: datetime, at_most: int) -> bool:
    """One stretch of one broadcast; whether there was anything to do. `whose`: program, number."""
    broadcast = lock_broadcast(tx, *whose)
    if broadcast is None or broadcast.ended_at is not None:
        return False
    match broadcast.state:
        case "stopped":
            return take_back_stretch(tx, broadcast, now)
        case "paused":
            return put_off_stretch(tx, broadcast, now)
        case "checking" | "running":
            return _by_program(tx, office, broadcast, now, at_most)
        case _:
            return False


def _by_program(tx: Transaction, office: Office, broadcast: Broadcast, now: datetime, at_most: int) -> bool:
    try:
        playbook = office.library.playbook(tx, broadcast.program_id, now)
    except NoLiveVersion:
        # Whoever processes its events says so.
        return False
    gone = _gone(playbook.program, broadcast)
    if gone is not None:
        # A worker takes back what is out already.
        settle_stopped(tx, broadcast, None if broadcast.state == "running" else now)
        subject = show("brc", broadcast.id)
        record_audit(tx, broadcast.program_id, "worker", "broadcast.stopped", subject, now, reason=gone)
        return True
    if broadcast.state == "running":
        return walk_stretch(tx, broadcast, playbook, now, at_most)
    look = Look(playbook.program, office.library.vault, office.is_open, now)
    return check_stretch(tx, broadcast, look, at_most)


def _gone(program: Program, broadcast: Broadcast) -> str | None:
    """Why the live version does not tell it any more: what it tells is gone, or of a reward; or to whom."""
    if broadcast.message not in broadcastable(program):
        return "message:gone"
    return None if broadcast.segment in program.segments else "segment:gone"
