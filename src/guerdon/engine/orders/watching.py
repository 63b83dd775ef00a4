"""Watching: orders of which nobody knows for too long what became of them are told to people."""

from datetime import datetime, timedelta

from guerdon.engine.orders.pools import watch_pools
from guerdon.engine.orders.waiting import offer_free_places
from guerdon.store.alarms import AlarmRow, record_alarms, settle_alarms, settle_others
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.orders.fulfillments import wake
from guerdon.store.orders.lanes import reopen_lane
from guerdon.store.orders.notices import forget_notices
from guerdon.store.orders.stuck import list_stuck
from guerdon.values.ids import show

STUCK_ALARM = "order.stuck"
REOPENED = "supplier.reopened"
STUCK_AFTER = timedelta(minutes=15)
NOTICES_KEPT = timedelta(days=7)


def watch_orders(tx: Transaction, program_id: int, now: datetime) -> int:
    """Raise an alarm for each order that is unknown for too long, settle all others; how many there are."""
    stuck = list_stuck(tx, program_id, now - STUCK_AFTER)
    alarms = [
        AlarmRow(STUCK_ALARM, show("ord", each.order_id), each.supplier, {"reason": each.reason})
        for each in stuck
    ]
    record_alarms(tx, program_id, alarms, now)
    settle_others(tx, program_id, [STUCK_ALARM], alarms, now)
    forget_notices(tx, program_id, now - NOTICES_KEPT)
    offer_free_places(tx, program_id, now)
    watch_pools(tx, program_id, now)
    return len(stuck)


def reopen_account(
    tx: Transaction, program_id: int, supplier: str, by: str, now: datetime, *, reason: str = ""
) -> bool:
    """A person looked at an account that turned us away: it is asked again; False: there is none."""
    if not reopen_lane(tx, program_id, supplier):
        return False
    record_audit(tx, program_id, by, REOPENED, supplier, now, reason=reason)
    settle_alarms(tx, program_id, [supplier], now)
    wake(tx, program_id)
    return True
