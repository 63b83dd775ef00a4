"""Out of our own hands: what we delivered is worth nothing any more, or the same is ordered once more.

The same is what it was: the item, its amount, the rewards that paid and what a balance paid with them.
Whether it can be had again is known before anything is taken back: that is one transaction, which is undone
where it cannot; then it is ordered. Only what happens in between leaves a member their value and no order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from guerdon.engine.orders.canceling import RETURNED
from guerdon.engine.orders.staffed import Word
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.deciding import foresee
from guerdon.engine.redeeming.redeem import Opens, redeem
from guerdon.engine.wallet.spending import Restore, restore
from guerdon.ledger.chart import DEBT
from guerdon.ledger.effects import Effect, Post, Refuse
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import MANUAL, POOL
from guerdon.store.database import Transaction
from guerdon.store.orders.delivered import find_delivered
from guerdon.store.orders.paid import load_paid
from guerdon.store.orders.withheld import load_unpaid
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

REISSUED = "order.reissued"
# Nothing was done: it cannot be taken back; a rule took back what paid for it, and its member does not owe
# that; they owe something, which is paid first; there is none left; it is not on sale; something else is not
# as it was. Or it was taken back, and then the last one was gone, somebody else was choosing, or else.
Unissued = Literal[
    "kept", "unpaid", "owing", "none_left", "off_sale", "otherwise", "sold_out", "anew_busy", "anew_otherwise"
]
_BEFORE: Mapping[str, Unissued] = {"sold_out": "none_left"}
_AFTER: Mapping[str, Unissued] = {"sold_out": "sold_out", "busy": "anew_busy"}


class _Undone(Exception):  # noqa: N818  it rolls a transaction back; nothing went wrong
    """The same cannot be ordered again, and so nothing is taken back."""

    def __init__(self, why: Unissued) -> None:
        self.why = why


def take_back(tx: Transaction, program: Program, word: Word, now: datetime) -> Literal["kept"] | None:
    """Let what our own pool or staff delivered be worth nothing, and give back what it cost."""
    return "kept" if _taken_back(tx, program, word, now) is None else None


def reissue(opens: Opens, program: Program, word: Word, again: Choice, now: datetime) -> Unissued | None:
    """Take back what does not work, and order the same (`again`) once more, paid as it was; or why not."""
    try:
        with opens() as tx:
            seen = _made_free(tx, program, word, again, now)
    except _Undone as undone:
        return undone.why
    made = redeem(opens, program, seen, now)
    # Foreseen a moment ago, it is used by now because the line died after it was ordered.
    ordered = isinstance(made, Refuse) and made.reason == "used"
    if made is None or (isinstance(made, Refuse) and not ordered):
        return _AFTER.get(made.reason if made is not None else "", "anew_otherwise")
    with opens() as tx:
        record_audit(
            tx, word.program_id, word.by, REISSUED, show("ord", word.order_id), now, reason=word.reason
        )
    return None


def _made_free(tx: Transaction, program: Program, word: Word, again: Choice, now: datetime) -> Choice:
    """Take an order back, and say how the same is chosen now; `_Undone` where it could not be."""
    key = (word.member_id, word.order_id)
    lock_member(tx, word.program_id, word.member_id)
    # What came back of it would go to whoever had paid, not to its member.
    if load_unpaid(tx, word.program_id, key):
        raise _Undone("unpaid")
    parts, beside = load_paid(tx, word.program_id, key)
    effects = _taken_back(tx, program, word, now)
    if effects is None:
        raise _Undone("kept")
    seen = foresee(tx, program, replace(again, parts=parts, beside=beside), now)
    if isinstance(seen, Choice):
        return seen
    if any(isinstance(each, Post) and each.to_account == DEBT for each in effects):
        raise _Undone("owing")
    why = seen.reason if seen is not None else ""
    raise _Undone("off_sale" if why.startswith(("item:", "slot:")) else _BEFORE.get(why, "otherwise"))


def _taken_back(tx: Transaction, program: Program, word: Word, now: datetime) -> Sequence[Effect] | None:
    """What follows from taking an order back; None where it is not ours to take, or cannot be."""
    found = find_delivered(tx, word.program_id, word.member_id, word.order_id)
    if found is None or found.supplier not in (POOL, MANUAL):
        return None
    wish = Restore(word.program_id, word.member_id, found.event_id, word.by, taken_back=True)
    done = restore(tx, program, wish, now)
    if isinstance(done, Refuse):
        return None
    record_audit(tx, word.program_id, word.by, RETURNED, show("ord", word.order_id), now, reason=word.reason)
    return done.effects
