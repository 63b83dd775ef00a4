"""Taking an order back: by its member before anybody was asked for it, after that by its supplier's leave.

By us, where nobody was asked yet and the value that was to pay for it is taken back.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.orders.delivering import Order, give_back
from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.port import Canceled
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.spending import Restore, restore
from guerdon.ledger.effects import Refuse
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import MANUAL, POOL
from guerdon.store.database import UNAVAILABLE, Connection, Transaction, transaction
from guerdon.store.orders.attempts import close_attempts
from guerdon.store.orders.delivered import find_delivered
from guerdon.store.orders.reconciling.credits import Credit, await_credit
from guerdon.store.orders.turns import lock_order
from guerdon.store.orders.withheld import list_withdrawn
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

log = logging.getLogger(__name__)
RETURN_ASKED = "order.return_asked"


@dataclass(frozen=True, slots=True)
class Taking:
    """An order to be taken back, and who says so."""

    program_id: int
    member_id: int
    order_id: int
    by: str


def cancel_order(tx: Transaction, asked: Taking, now: datetime) -> Refuse | None:
    """Cancel an order that nobody was asked for yet; None: it is, and what it cost is the member's again."""
    member = lock_member(tx, asked.program_id, asked.member_id)
    standing = lock_order(tx, asked.program_id, asked.member_id, asked.order_id) if member else None
    if member is None or standing is None:
        return Refuse("", "order:unknown")
    if standing.state != "reserved":
        return Refuse("", "order:under_way" if standing.state in ("ordered", "unknown") else "order:settled")
    key = (asked.member_id, asked.order_id)
    # Nothing went out under the key of one that was about to be asked.
    close_attempts(tx, asked.program_id, [key], "canceled", now)
    give_back(tx, Order(asked.program_id, member, asked.order_id, standing, asked.by), "canceled", "", now)
    return None


def withdraw_orders(db: Connection, program_id: int, now: datetime) -> int:
    """Cancel orders that nobody was asked for and whose value is taken back; how many that were."""
    with transaction(db, program_id) as tx:
        found = list_withdrawn(tx, program_id)
    return sum(_withdraw(db, Taking(program_id, *key, "worker"), now) for key in found)


def _withdraw(db: Connection, asked: Taking, now: datetime) -> bool:
    try:
        with transaction(db, asked.program_id) as tx:
            return cancel_order(tx, asked, now) is None
    except UNAVAILABLE:
        raise
    except Exception:
        # It is asked of nobody and tried again; whoever watches orders finds it.
        log.exception("order %s cannot be withdrawn", show("ord", asked.order_id))
        return False


def return_order(db: Connection, desk: Desk, asked: Taking, now: datetime) -> Done | Refuse:
    """Take back what was delivered: its supplier first, with no transaction open, then here."""
    with transaction(db, asked.program_id) as tx:
        program = desk.library.playbook(tx, asked.program_id, now).program
        found = find_delivered(tx, asked.program_id, asked.member_id, asked.order_id)
    if found is None:
        return Refuse("", "order:unknown")
    credit = None
    if found.supplier not in (POOL, MANUAL):
        account = desk.open_account(program, found.supplier)
        if account is None or found.their_id is None or not account.abilities.cancels:
            return Refuse("", "order:delivered")
        with transaction(db, asked.program_id) as tx:
            # Whoever dies in between leaves word of it; asked again, what is void already is void.
            ref = show("ord", asked.order_id)
            record_audit(tx, asked.program_id, asked.by, RETURN_ASKED, ref, now, supplier=found.supplier)
        told = account.cancel(found.their_id)
        if not isinstance(told, Canceled):
            return Refuse("", "order:delivered")
        owed = (told.credit_minor, told.credit_currency)
        credit = Credit(found.supplier, found.their_id, asked.order_id, *owed, reason="order.returned")
    with transaction(db, asked.program_id) as tx:
        if credit is not None:
            await_credit(tx, asked.program_id, credit, asked.by, now)
        wish = Restore(asked.program_id, asked.member_id, found.event_id, asked.by, taken_back=True)
        return restore(tx, program, wish, now)
