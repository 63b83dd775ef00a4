"""Where a member is signed in: begun after a code, used while somebody comes, ended here or everywhere.

Nobody who stays away for thirty days is signed in any more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.sessions.sessions import (
    Kept,
    delete_sessions,
    insert_session,
    list_sessions,
    load_session,
    touch_session,
)
from guerdon.store.wallet.purses import lock_member
from guerdon.values.app.sessions import Session, new_session
from guerdon.values.ids import show

IDLE = timedelta(days=30)
# A session that was used a moment ago is not written again.
TOUCHED_AFTER = timedelta(hours=1)
# Whoever signs in on more uses the oldest no more.
SESSIONS_MAX = 10
# For so long a sign-in is a proof of who somebody is, as far as it is about how they sign in.
FRESH = timedelta(minutes=15)
# What a sign-in was proven by.
Proof = Literal["code", "passkey"]
BEGUN, ENDED = "session.begun", "session.ended"


def begin_session(
    tx: Transaction, program_id: int, member_id: int, device: str, now: datetime, by: Proof = "code"
) -> Session | None:
    """Sign a member in on a browser; None: there is no such member."""
    if lock_member(tx, program_id, member_id) is None:
        return None
    kept = list_sessions(tx, program_id, member_id)
    alive = [each for each in kept if not is_idle(each, now)]
    over = [each for each in kept if each not in alive] + alive[SESSIONS_MAX - 1 :]
    if over:
        delete_sessions(tx, program_id, member_id, [each.session_hash for each in over])
    made = new_session(program_id, member_id)
    insert_session(tx, (program_id, member_id, made.hash), device, now)
    who = show("mem", member_id)
    record_audit(tx, program_id, who, BEGUN, who, now, device=device, by=by)
    return made


def use_session(tx: Transaction, session: Session, now: datetime) -> bool:
    """Whether a session still holds; it is noted that it was used."""
    whose = (session.program_id, session.member_id, session.hash)
    kept = load_session(tx, whose)
    if kept is None or is_idle(kept, now):
        return False
    if now - kept.seen_at >= TOUCHED_AFTER:
        touch_session(tx, whose, now)
    return True


def is_fresh(tx: Transaction, session: Session, now: datetime) -> bool:
    """Whether a member signed in lately by this session."""
    kept = load_session(tx, (session.program_id, session.member_id, session.hash))
    return kept is not None and now - kept.begun_at < FRESH


def is_idle(kept: Kept, now: datetime) -> bool:
    """Whether nobody used a session for so long that it ended."""
    return now - kept.seen_at >= IDLE


def end_session(tx: Transaction, session: Session, now: datetime) -> bool:
    """Sign a member out of one browser; False: they were not signed in there."""
    return _end(tx, (session.program_id, session.member_id), [session.hash], now) == 1


def end_all_sessions(tx: Transaction, program_id: int, member_id: int, now: datetime) -> int:
    """Sign a member out everywhere; of how many browsers."""
    kept = list_sessions(tx, program_id, member_id)
    return _end(tx, (program_id, member_id), [each.session_hash for each in kept], now)


def _end(tx: Transaction, whose: tuple[int, int], hashes: Sequence[bytes], now: datetime) -> int:
    ended = delete_sessions(tx, *whose, hashes)
    if ended:
        who = show("mem", whose[1])
        record_audit(tx, whose[0], who, ENDED, who, now, sessions=ended)
    return ended
