"""An account that may not be asked: people are told."""

from datetime import datetime

from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.database import Transaction

SHUT_ALARM = "supplier.shut"


def tell_shut(tx: Transaction, program_id: int, supplier: str, says: str, now: datetime) -> None:
    """Tell people that an account may not be asked, once a day."""
    alarm = AlarmRow(SHUT_ALARM, supplier, now.date().isoformat(), {"says": says})
    record_alarms(tx, program_id, [alarm], now)
