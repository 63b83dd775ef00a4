"""Somebody takes a gift: the first browser that says so has it, and no other after it."""

from datetime import datetime

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.gifts.gifts import Gift, bind_gift
from guerdon.values.ids import show

TAKEN = "gift.taken"


def take(tx: Transaction, gift: Gift, bound_hash: bytes, now: datetime) -> bool:
    """Bind a gift to a browser, in a transaction of its giver's; False when it is gone."""
    if not bind_gift(tx, gift, bound_hash, now):
        return False
    number = show("gft", gift.id)
    record_audit(tx, gift.program_id, number, TAKEN, number, now)
    return True
