"""Looking at an order because its supplier called: a reason to ask, and for nothing else.

Who called is checked by the supplier's own `read_notice`; what it came to is asked, never believed.
"""

from datetime import datetime
from hashlib import sha256

from guerdon.engine.orders.port import Notice
from guerdon.store.database import Transaction
from guerdon.store.orders.fulfillments import wake
from guerdon.store.orders.notices import NoticeRow, hasten, record_notice
from guerdon.values.ids import read

ID_MAX = 200


def note(tx: Transaction, program_id: int, account: str, notice: Notice, now: datetime) -> int:
    """Have the order that a notice names looked at now; how many orders that are.

    One that comes before the answer to which it belongs is kept, and found when that is there. The same
    notice twice is one.
    """
    # Without an id of theirs the same words may tell of something new: each is kept, and only hastens.
    told = notice.id or f"{notice.their_id}|{notice.ref}|{now.isoformat()}"
    number = told if len(told) <= ID_MAX else sha256(told.encode()).hexdigest()
    row = NoticeRow(account, number, notice.their_id, notice.ref, _order_of(notice.ref))
    if not record_notice(tx, program_id, row, now):
        return 0
    hastened = hasten(tx, program_id, row, now)
    if hastened:
        wake(tx, program_id)
    return hastened


def _order_of(ref: str) -> int | None:
    """The order of a reference, with the number of its attempt or without."""
    return read("ord", ref.partition("-")[0])
