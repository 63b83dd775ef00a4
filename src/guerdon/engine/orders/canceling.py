"""Taking an order back: by its member before anybody was asked for it, after that by its supplier's leave.

By us, where nobody was asked yet and the value that was to pay for it is taken back.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.engine.orders.cases import Accounts, InTurn, Opens
from guerdon.engine.orders.delivering import Order, give_back
from guerdon.engine.orders.port import Canceled, Later, Rejected, Shut, Supplier, Unknown
from guerdon.engine.orders.settling import settle_unwithdrawn
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.spending import Restore, restore
from guerdon.ledger.effects import Refuse
from guerdon.queries.orders.ended import Ended, as_reason, is_told, list_ended
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import MANUAL, POOL
from guerdon.store.database import CROWDED, UNAVAILABLE, Connection, Transaction, transaction
from guerdon.store.orders.attempts import close_attempts
from guerdon.store.orders.delivered import Delivered, find_delivered
from guerdon.store.orders.lanes import list_lanes
from guerdon.store.orders.reconciling.credits import Credit, await_credit
from guerdon.store.orders.turns import lock_order
from guerdon.store.orders.withheld import list_withdrawn
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

log = logging.getLogger(__name__)
RETURN_ASKED, RETURNED = "order.return_asked", "order.taken_back"
ENDED = "order:ended"
SAYS_MAX = 500
# So many orders are withdrawn before others have their turn again.
WITHDRAWN_MAX = 50
# Why nothing came back: it cannot be asked for; the account is shut, does not answer now, or is asked as
# often as may be; they said no; it may be void there, and nobody knows; or it is, and here its code was used,
# or somebody else was first.
Unmoved = Literal["kept", "shut", "later", "often", "declined", "unsaid", "used", "settled"]


@dataclass(frozen=True, slots=True)
class Taking:
    """An order to be taken back, who says so, and why."""

    program_id: int
    member_id: int
    order_id: int
    by: str
    reason: str = ""


def cancel_order(tx: Transaction, asked: Taking, now: datetime) -> Refuse | None:
    """Cancel an order that nobody was asked for yet; None: it is, and what it cost is the member's again."""
    member = lock_member(tx, asked.program_id, asked.member_id)
    standing = lock_order(tx, asked.program_id, asked.member_id, asked.order_id) if member else None
    if member is None or standing is None:
        return Refuse("", "order:unknown")
    if standing.state != "reserved":
        return Refuse("", "order:under_way" if standing.state in ("ordered", "unknown") else "order:settled")
    key = (asked.member_id, asked.order_id)
    order = Order(asked.program_id, member, asked.order_id, standing, asked.by)
    # Nothing went out under the key of one that was about to be asked.
    close_attempts(tx, asked.program_id, [key], "canceled", now)
    # What is lost now is kept with it: lots may last longer again later, and this stays lost.
    lost = list_ended(tx, asked.program_id, key, now) if order.lets_end else []
    give_back(tx, order, "canceled", as_reason(lost), now)
    return None


def call_off(tx: Transaction, asked: Taking, told: str, now: datetime) -> Refuse | Sequence[Ended]:
    """Cancel an order by its member's own word, who was `told` what of its cost they lose: what they do.

    That is what ended while it was kept for the order: nothing lasts longer for having been ordered. Where it
    is more by now than they were told, nothing is done.
    """
    key = (asked.member_id, asked.order_id)
    lock_member(tx, asked.program_id, asked.member_id)
    standing = lock_order(tx, asked.program_id, *key)
    ended: Sequence[Ended] = ()
    if standing is not None and standing.state == "reserved":
        ended = list_ended(tx, asked.program_id, key, now)
        if not is_told(ended, told):
            return Refuse("", ENDED)
    refused = cancel_order(tx, asked, now)
    return ended if refused is None else refused


def withdraw_orders(db: Connection, program_id: int, now: datetime) -> int:
    """Cancel orders that nobody was asked for and whose value is taken back, some at a time; how many."""
    with transaction(db, program_id) as tx:
        found = list_withdrawn(tx, program_id, WITHDRAWN_MAX)
    return sum(_withdraw(db, Taking(program_id, *key, "worker"), now) for key in found)


def _withdraw(db: Connection, asked: Taking, now: datetime) -> bool:
    try:
        return _withdrawn(db, asked, now)
    except CROWDED as fault:
        # Somebody else has its member for a while: it is looked at again, and others are not kept waiting.
        log.warning("order %s is withdrawn later: %s", show("ord", asked.order_id), str(fault).strip())
        return False


def _withdrawn(db: Connection, asked: Taking, now: datetime) -> bool:
    try:
        with transaction(db, asked.program_id) as tx:
            tx.execute("set local lock_timeout = '200ms'")
            return cancel_order(tx, asked, now) is None
    except UNAVAILABLE:
        raise
    except Exception:
        log.exception("order %s cannot be withdrawn", show("ord", asked.order_id))
        settle_unwithdrawn(db, asked.program_id, (asked.member_id, asked.order_id), now)
        return False


@dataclass(frozen=True, slots=True)
class Unreturned:
    """Nothing was given back: why, and what the supplier says of it."""

    why: Unmoved
    says: str = ""


def may_return(desk: Accounts, found: Delivered) -> Supplier | None:
    """The account that can be asked to take an order back; None where nobody can, or its code was used."""
    if found.supplier in (POOL, MANUAL) or found.their_id is None or found.code_state not in (None, "issued"):
        return None
    account = desk.open_account(desk.program, found.supplier)
    # Another kind or address that the name stands for by now knows nothing of it.
    if account is None or account.account.asked_of != found.asked_of or not account.abilities.cancels:
        return None
    return account


def return_order(opens: Opens, desk: Accounts, asked: Taking, now: datetime) -> Done | Unreturned:
    """Take back what a supplier delivered: from the supplier first, with no transaction open, then here.

    Only what they say is void is given back. Asked again after an answer that was lost, what is void there
    already is void; and what is given back here is given back once.
    """
    with opens() as tx:
        found = find_delivered(tx, asked.program_id, asked.member_id, asked.order_id)
        lane = list_lanes(tx, asked.program_id).get(found.supplier) if found else None
        account = may_return(desk, found) if found else None
        if found is None or found.their_id is None or account is None:
            return Unreturned("kept")
        if lane is not None and lane.shut_at is not None:
            return Unreturned("shut")
        # Whoever dies in between leaves word of it.
        _audit(tx, asked, RETURN_ASKED, found, now)
    told = _told(account, found.their_id, desk.turns)
    if isinstance(told, Unreturned):
        return told
    with opens() as tx:
        return _returned(tx, desk, asked, told, now)


def _told(account: Supplier, their_id: str, turns: InTurn) -> Canceled | Unreturned:
    try:
        with turns(account):
            told = account.cancel(their_id)
    except Exception:
        log.exception("the account %s failed while it was asked to take an order back", account.account.key)
        return Unreturned("unsaid")
    match told:
        case Canceled():
            return told
        case Rejected():
            return Unreturned("declined", told.says[:SAYS_MAX])
        case Unknown():
            return Unreturned("unsaid", told.says[:SAYS_MAX])
        case Shut():
            return Unreturned("shut", told.says[:SAYS_MAX])
        case Later(why=why):
            return Unreturned("often" if why == "turn" else "later")


def _returned(
    tx: Transaction, desk: Accounts, asked: Taking, told: Canceled, now: datetime
) -> Done | Unreturned:
    """It is void at its supplier, who owes us for it whatever becomes of it here."""
    program_id, member_id, order_id = asked.program_id, asked.member_id, asked.order_id
    lock_member(tx, program_id, member_id)
    found = find_delivered(tx, program_id, member_id, order_id)
    if found is None or found.their_id is None:
        # Somebody else asked the same at the same time, and was first.
        return Unreturned("settled")
    owed = (told.credit_minor, told.credit_currency)
    credit = Credit(found.supplier, found.their_id, order_id, *owed, reason=asked.reason)
    await_credit(tx, program_id, credit, asked.by, now)
    done = restore(
        tx, desk.program, Restore(program_id, member_id, found.event_id, asked.by, taken_back=True), now
    )
    if isinstance(done, Refuse):
        return Unreturned("used")
    _audit(tx, asked, RETURNED, found, now)
    return done


def _audit(tx: Transaction, asked: Taking, action: str, found: Delivered, now: datetime) -> None:
    order, reason = show("ord", asked.order_id), asked.reason
    record_audit(tx, asked.program_id, asked.by, action, order, now, reason=reason, supplier=found.supplier)
