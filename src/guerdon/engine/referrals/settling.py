"""People's word over a pair that is held: it is released and both are told, or it is refused for a reason.

Never by whoever gains by it: neither side of the pair, as far as we know who is a member themselves.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from guerdon.engine.apply import LIVE
from guerdon.engine.referrals.telling import CAME, Saying, tell
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.referrals.pairs import Settled, lock_pair, settle_pair
from guerdon.store.sealing import Vault
from guerdon.values.ids import show

REASON_MAX = 500
Verdict = Literal["release", "refuse"]
# Why nothing was done.
Refused = Literal["missing", "state", "reason", "own", "scheme", "one"]


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of a pair; `own` are the members that they are themselves."""

    pair_id: int
    verdict: Verdict
    reason: str
    by: str
    own: Collection[int]
    at: datetime


def settle(tx: Transaction, vault: Vault, program: tuple[int, Program], word: Word) -> Refused | None:
    """Release or refuse a pair that is held; None: it was done."""
    program_id, declared = program
    reason = word.reason.strip()
    if not reason or len(reason) > REASON_MAX or not reason.isprintable():
        return "reason"
    pair = lock_pair(tx, program_id, word.pair_id)
    if pair is None:
        return "missing"
    if pair.state != "held":
        return "state"
    if {pair.member_id, pair.friend, pair.referrer_id, pair.referrer} & set(word.own):
        return "own"
    scheme = declared.referrals.get(pair.scheme)
    released = word.verdict == "release"
    # Where two contacts became one while it waited, nobody brought anybody.
    if released and (scheme is None or pair.friend == pair.referrer):
        return "scheme" if scheme is None else "one"
    state: Literal["released", "refused"] = "released" if released else "refused"
    settle_pair(tx, program_id, pair, Settled(state, word.by, word.at, reason, told=released))
    if released and scheme is not None:
        said = msgspec.json.decode(pair.said or "{}")
        # Now it came about: a limit or a budget of the days in between is none of theirs.
        tell(tx, vault, program_id, [Saying(pair, CAME, scheme.tells, word.at, said)], word.at)
    notify(tx, LIVE, program_id)
    record_audit(
        *(tx, program_id, word.by, f"referral.{state}", show("ref", pair.id), word.at),
        reason=reason,
        before={"state": pair.state, "reasons": pair.reasons},
        after={"state": state},
        friend=show("mem", pair.friend),
        referrer=show("mem", pair.referrer or 0),
    )
    return None
