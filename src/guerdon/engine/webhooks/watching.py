"""Looks whether endpoints fail, and says so once for each time that one begins to.

What does not hold any more is settled by itself: it works again, has another address, or people switched it
off.
"""

from datetime import datetime, timedelta

from guerdon.engine.apply import LIVE
from guerdon.queries.webhooks.failing import Failing, list_failing
from guerdon.store.alarms import AlarmRow, record_alarms, settle_others
from guerdon.store.database import Connection, transaction
from guerdon.store.decided import notify
from guerdon.store.programs import list_programs
from guerdon.values.ids import show

FAILING = "webhook_failing"
# What fails for less than this may be an update of the receiver.
PATIENCE = timedelta(hours=1)


def watch_endpoints(db: Connection, now: datetime) -> int:
    """Look at every program's endpoints; how many alarms are new."""
    raised = 0
    for program_id, _ in list_programs(db):
        with transaction(db, program_id) as tx:
            standing = [_alarm(each) for each in list_failing(tx, now - PATIENCE)]
            new = record_alarms(tx, program_id, standing, now)
            if new + settle_others(tx, program_id, (FAILING,), standing, now):
                notify(tx, LIVE, program_id)
        raised += new
    return raised


def _alarm(failing: Failing) -> AlarmRow:
    detail = {
        "name": failing.name,
        "failures": failing.failures,
        "status": failing.status,
        "reason": failing.reason,
    }
    return AlarmRow(FAILING, show("whk", failing.id), failing.failing_since.isoformat(), detail)
