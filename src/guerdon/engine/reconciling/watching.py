"""Watching: somebody is told when a supplier's books say otherwise than ours, once for each statement."""

from datetime import datetime

from guerdon.queries.reconciling.standing import list_differing
from guerdon.store.alarms import AlarmRow, record_alarms, settle_others
from guerdon.store.database import Transaction
from guerdon.values.ids import show

DIFFERS_ALARM = "supplier.differs"


def watch_differences(tx: Transaction, program_id: int, now: datetime) -> int:
    """Raise an alarm for each supplier of whom something differs, settle all others; how many there are.

    It is about the latest statement that found something new, so that one that finds nothing new says
    nothing again; it is over once nothing of its supplier is open.
    """
    alarms = [
        AlarmRow(
            DIFFERS_ALARM,
            show("stm", each.statement_id),
            each.supplier,
            {"supplier": each.supplier, "n": each.n, "stakes": each.stakes},
        )
        for each in list_differing(tx)
    ]
    record_alarms(tx, program_id, alarms, now)
    settle_others(tx, program_id, [DIFFERS_ALARM], alarms, now)
    return len(alarms)
