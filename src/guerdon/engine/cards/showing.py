"""A member shows their code at a location: whether it is theirs, of now, and not taken yet.

A code is good in its window and the one on either side, once, wherever it is shown. Whoever types wrong ones
waits after five, so that six digits are not found by trying; all of it is counted in the database.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.engine.sessions.keeping import is_idle
from guerdon.store.cards.shown import count_wrong, note_wrong, take_window
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault
from guerdon.store.sessions.sessions import list_sessions
from guerdon.store.wallet.purses import lock_member
from guerdon.values.app.cards import DIGITS, KEY_PURPOSE, SKEW, card_digits, card_seed, window_at

WRONG_MAX, WRONG_WITHIN = 5, timedelta(minutes=10)
# taken: it counts. used: it did already. wrong: it is none of theirs, or its window is over. often: too many
# wrong ones. unknown: there is no such member.
Came = Literal["taken", "used", "wrong", "often", "unknown"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A code that was scanned or read out: whose it is said to be, its digits, and where."""

    program_id: int
    member_id: int
    digits: str
    location: str


def take_card(tx: Transaction, vault: Vault, shown: Shown, now: datetime) -> Came:
    """Take a code that a member shows; in a transaction that sees them."""
    whose = (shown.program_id, shown.member_id)
    if lock_member(tx, *whose) is None:
        return "unknown"
    if count_wrong(tx, whose, now, WRONG_WITHIN) >= WRONG_MAX:
        return "often"
    window_no = _window_of(tx, vault, shown, now)
    if window_no is None:
        note_wrong(tx, whose, now, WRONG_WITHIN)
        return "wrong"
    taken = take_window(tx, whose, window_no, shown.location, now, window_at(now) - SKEW)
    return "taken" if taken else "used"


def _window_of(tx: Transaction, vault: Vault, shown: Shown, now: datetime) -> int | None:
    """The window whose code it is on some phone of the member's; None: of none that is good now."""
    typed = "".join(each for each in shown.digits[: 2 * DIGITS] if not each.isspace()).encode()
    key, at = vault.key(KEY_PURPOSE), window_at(now)
    found = None
    for kept in list_sessions(tx, shown.program_id, shown.member_id):
        if is_idle(kept, now):
            continue
        seed = card_seed(key, kept.session_hash)
        for window_no in range(at - SKEW, at + SKEW + 1):
            if hmac.compare_digest(typed, card_digits(seed, window_no).encode()):
                found = window_no
    return found
