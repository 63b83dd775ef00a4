"""Working differences off: what somebody did about one, and why; and credits that came or never will."""

from datetime import datetime

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.orders.reconciling.credits import Credit, await_credit, settle_credit
from guerdon.store.orders.reconciling.differences import Settled, Settling, settle_difference
from guerdon.values.ids import show

REASON_MAX = 500
SETTLED = "difference.settled"
ENDED = "credit.settled"


def settle(tx: Transaction, program_id: int, settling: Settling, now: datetime) -> Settled | None:
    """Settle a difference, and expect a credit where that is what was done; None when it is not open.

    A credit without an amount is one of what is at stake.
    """
    found = settle_difference(tx, program_id, settling, now)
    if found is None:
        return None
    amount = settling.amount_minor
    record_audit(
        tx,
        program_id,
        settling.by,
        SETTLED,
        show("dif", settling.id),
        now,
        reason=settling.reason,
        kind=found.kind,
        supplier=found.supplier,
        done=settling.done,
        amount_minor=amount,
        currency=found.currency,
    )
    if settling.done in ("credit_expected", "credit_received"):
        expected = found.stake_minor if amount is None else amount
        credit = Credit(
            found.supplier, found.subject, found.order_id, expected, found.currency, settling.reason
        )
        credit_id = await_credit(tx, program_id, credit, settling.by, now)
        if credit_id is not None and settling.done == "credit_received":
            end = (expected, settling.reason, settling.by)
            end_credit(tx, program_id, credit_id, end, now)
    return found


def end_credit(
    tx: Transaction, program_id: int, credit_id: int, end: tuple[int | None, str, str], now: datetime
) -> bool:
    """Settle a credit: (received amount or None where it is lost, reason, who); False when it is settled."""
    if not settle_credit(tx, program_id, credit_id, end, now):
        return False
    received, reason, by = end
    record_audit(
        tx, program_id, by, ENDED, show("crd", credit_id), now, reason=reason, received_minor=received
    )
    return True
