"""Walking: a broadcast's members are put into the outbox, stretch by stretch, each with their moment.

Each stretch is one commit: an event of ours for each member, whose receipt says what is sent, the row of the
outbox, and the place up to which the segment was gone through. Killed anywhere, it goes on from there.
"""

from datetime import datetime

from msgspec import json

from guerdon.engine.messages.broadcasting.meant import message_id, turn_of
from guerdon.ledger.effects import Send
from guerdon.queries.messages.left_out import count_told, is_counted, list_meant
from guerdon.rules.playbook import Playbook
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.messages.broadcasts.counts import Counted, add_counts, forget_counts
from guerdon.store.messages.broadcasts.rows import has_rows, put_off, recall_rows, record_rows
from guerdon.store.messages.broadcasts.standing import Broadcast, settle_ended, settle_walk
from guerdon.store.messages.reminders import list_known, lock_reminded
from guerdon.store.orders.choices import next_event_ids
from guerdon.store.wallet.deeds import Deed, Doing, record_deeds
from guerdon.store.wallet.purses import MemberHere
from guerdon.text.hindrances import counted_reason
from guerdon.values.ids import show

SENT = "broadcast.sent"
ENDED, GOES_ON = "broadcast.ended", "broadcast.goes_on"
RECALLED = "broadcast:stopped"
# Rows that are only moved or taken back cost less than those that are written.
ROWS_MAX = 2_000
LIVE = "guerdon_live"


def walk_stretch(
    tx: Transaction, broadcast: Broadcast, playbook: Playbook, now: datetime, at_most: int
) -> bool:
    """Put the next members of a locked broadcast into the outbox; whether there was anything to do.

    The live version has its message, and that can be told to many.
    """
    if broadcast.walked_at is not None or now < broadcast.starts_at:
        return False
    message = playbook.program.messages[broadcast.message]
    if not is_counted(tx, broadcast):
        return False
    meant, last = list_meant(tx, broadcast, at_most)
    ids = {each.member_id: message_id(broadcast, each.member_id) for each in meant}
    here = lock_reminded(tx, broadcast.program_id, list(ids))
    known = list_known(tx, broadcast.program_id, list(ids.items()))
    fresh = [member_id for member_id in sorted(here) if ids[member_id] not in known]
    event_ids = next_event_ids(tx, len(fresh))
    deeds = [
        _deed(here[member_id], event_id, broadcast, Send(ids[member_id], message.key, message.channel, None))
        for member_id, event_id in zip(fresh, event_ids, strict=True)
    ]
    if deeds:
        doing = Doing(playbook.version, now, "worker", SENT, show("brc", broadcast.id))
        record_deeds(tx, broadcast.program_id, deeds, doing)
        record_rows(tx, broadcast, [(deed, turn_of(broadcast, deed.member_id)) for deed in deeds], now)
    settle_walk(
        tx, broadcast, last if last is not None else broadcast.walked_to, now if last is None else None
    )
    return True


def take_back_stretch(tx: Transaction, broadcast: Broadcast, now: datetime) -> bool:
    """Take back what a stopped broadcast has not begun; whether that was anything."""
    return recall_rows(tx, broadcast, RECALLED, now, ROWS_MAX) > 0


def put_off_stretch(tx: Transaction, broadcast: Broadcast, now: datetime) -> bool:
    """Put off what a paused broadcast has not begun, once somebody wants it to go on; then it goes on."""
    if broadcast.resumes_at is None:
        return False
    if put_off(tx, broadcast, ROWS_MAX):
        _note(tx, broadcast, GOES_ON, now)
    return True


def count_anew(tx: Transaction, broadcast: Broadcast, now: datetime) -> None:
    """Count what became of it until now; after the last of it has ended it is over."""
    found: dict[tuple[str, str, str, str], int] = {}
    for each in count_told(tx, broadcast):
        kind = (each.market, each.outcome, each.channel, counted_reason(each.reason) if each.reason else "")
        found[kind] = found.get(kind, 0) + each.members
    forget_counts(tx, broadcast, "told")
    add_counts(tx, broadcast, "told", [Counted(*kind, members) for kind, members in sorted(found.items())])
    is_all_out = broadcast.state == "stopped" or broadcast.walked_at is not None
    if broadcast.state in {"running", "stopped"} and is_all_out and not has_rows(tx, broadcast):
        state = "ended" if broadcast.state == "running" else broadcast.state
        settle_ended(tx, broadcast, state, now)
        _note(tx, broadcast, ENDED, now)
    notify(tx, LIVE, broadcast.program_id)


def _note(tx: Transaction, broadcast: Broadcast, action: str, now: datetime) -> None:
    record_audit(tx, broadcast.program_id, "worker", action, show("brc", broadcast.id), now)


def _deed(member: MemberHere, event_id: int, broadcast: Broadcast, send: Send) -> Deed:
    return Deed(
        member_id=member.member_id,
        event_id=event_id,
        type=SENT,
        outcome="sent",
        external_id=str(event_id),
        market=member.market,
        location=member.location,
        data=json.encode({"broadcast": show("brc", broadcast.id)}).decode(),
        effects=[send],
    )
