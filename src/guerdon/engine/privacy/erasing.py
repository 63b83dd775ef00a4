"""Erasing at somebody's wish: asked for by staff, by the API or on the machine, done by the worker.

A request waits while an order of the member is under way: what they paid for is still to reach them, and
nobody wants a gift card to vanish on its way. It waits no longer than `WAITS_AT_MOST`, for the law gives a
month from the request (GDPR Art. 12(3)); then they are erased, and the order goes on by number alone. Cases
lose their words and stay.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from guerdon.engine.privacy.forgetting import Wish, forget, with_joined
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.privacy.erasures import Asked, Method, list_asked, record_asked
from guerdon.values.ids import show

WAITS_AT_MOST = timedelta(days=25)
SET = 200
ASKED = "erasure.asked"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """A request: whose, by what way and by whom, why, and when; the reason is told to the audit."""

    member_id: int
    method: Method
    asked_by: str
    reason: str
    at: datetime
    request_id: str | None = None


def ask_erasure(tx: Transaction, program_id: int, asking: Asking) -> bool:
    """Write a request down, and tell the audit; False: one waits already, and nothing was written."""
    asked = Asked(asking.member_id, 0, asking.method, asking.asked_by, asking.at)
    new = record_asked(tx, program_id, asked)
    if new:
        record_audit(
            *(tx, program_id, asking.asked_by, ASKED, show("mem", asking.member_id), asking.at),
            reason=asking.reason,
            request_id=asking.request_id,
            after={"method": asking.method},
        )
    return new


def erase_asked(
    db: Connection, graveyard: Graveyard, program_id: int, now: datetime, stop: Event | None = None
) -> int:
    """Erase whoever asked and has no order under way, each in a commit of their own; how many."""
    erased = 0
    with transaction(db, program_id) as tx:
        due = list_asked(tx, program_id, now - WAITS_AT_MOST, SET)
    for asked in due:
        if stop is not None and stop.is_set():
            break
        with transaction(db, program_id) as tx:
            # Whoever was joined into them is the same person.
            members = with_joined(tx, program_id, [asked.member_id])
            erased += forget(
                tx, graveyard, program_id, members, now, Wish(method=asked.method, asked_by=asked.asked_by)
            )
    return erased
