"""What people do about what was not taken: have it sent again, one contact's or all of it, audited.

And what they had made at a CRM so that it is taken.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guerdon.engine.crm.out.needing import UNDER_WAY, Prepared
from guerdon.store.audit import record_audit
from guerdon.store.crm.writeback_events import find_events_of, record_events_anew
from guerdon.store.crm.writeback_lanes import CHANNEL, wake_lane
from guerdon.store.crm.writebacks import record_anew, record_failed_anew
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.values.ids import show


@dataclass(frozen=True, slots=True)
class Looking:
    """Who does something, for which connection, and when."""

    program_id: int
    connection: str
    actor: str
    now: datetime


def resend_contact(tx: Transaction, looking: Looking, member_id: int) -> int:
    """Have all values of a contact written again, and its events that were not taken; how much it is."""
    place = (looking.program_id, looking.connection)
    events = find_events_of(tx, *place, member_id)
    count = record_anew(tx, *place, [member_id], looking.now)
    count += record_events_anew(tx, *place, events, looking.now)
    if count:
        _tell(tx, looking, count, member=show("mem", member_id))
    return count


def resend_failed(tx: Transaction, looking: Looking) -> int:
    """Have everything sent again that was not taken; how much it is."""
    place = (looking.program_id, looking.connection)
    count = record_failed_anew(tx, *place, looking.now)
    count += record_events_anew(tx, *place, None, looking.now)
    if count:
        _tell(tx, looking, count)
    return count


def tell_prepared(tx: Transaction, looking: Looking, prepared: Prepared) -> None:
    """Keep what somebody had made at a CRM."""
    if prepared.trouble == UNDER_WAY:
        return
    made = sorted(each.name for each in prepared.findings if each.state == "made")
    record_audit(
        tx,
        looking.program_id,
        looking.actor,
        "connection.prepared",
        looking.connection,
        looking.now,
        after={"made": made, "complete": prepared.complete},
    )


def _tell(tx: Transaction, looking: Looking, count: int, **about: Any) -> None:
    # Whoever asks for it does not want to wait for the end of a rest.
    wake_lane(tx, looking.program_id, looking.connection)
    record_audit(
        tx,
        looking.program_id,
        looking.actor,
        "writeback.resent",
        looking.connection,
        looking.now,
        count=count,
        **about,
    )
    notify(tx, CHANNEL, looking.program_id)
