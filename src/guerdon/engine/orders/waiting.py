"""Waiting for a place: a date that is full has a list, and the first on it is offered what comes free.

A place that is offered is kept for a stated time, and counts as taken meanwhile; nobody passes by whoever
waits. It is chosen as any other, by `engine.redeem`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.engine.orders.offers import load_offered, slot_of
from guerdon.program.model import Program
from guerdon.rules.choice import offered
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import Slot
from guerdon.store.database import Transaction
from guerdon.store.orders.waits import (
    list_waits,
    lock_free_places,
    offer_places,
    record_wait,
    settle_lapsed,
    settle_left,
)
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

OFFER_KEEPS = timedelta(hours=24)
WAITED, LEFT, OFFERED = "place.waited", "place.left", "place.offered"
# waits: from now on. again: they did before. free: there are places, so nobody waits. unknown: no such date.
Waits = Literal["waits", "again", "free", "unknown"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A member who wants a place of an item."""

    program_id: int
    member_id: int
    item: str
    slot_id: int


def ask_to_wait(tx: Transaction, program: Program, asked: Turn, now: datetime) -> Waits:
    """Put a member on the list of a date that is full."""
    whose = (asked.program_id, asked.member_id)
    slot = _slot(tx, program, asked, now)
    if slot is None:
        return "unknown"
    if any(wait.slot_id == slot.id for wait in list_waits(tx, *whose, slot.item_id)):
        return "again"
    if not record_wait(tx, whose, (slot.item_id, slot.id), now):
        return "free"
    _audit(tx, asked, WAITED, now)
    return "waits"


def leave(tx: Transaction, program: Program, asked: Turn, now: datetime) -> bool:
    """Take a member off a list; what was kept for them is the next one's."""
    whose = (asked.program_id, asked.member_id)
    slot = _slot(tx, program, asked, now)
    if slot is None:
        return False
    if not settle_left(tx, whose, (slot.item_id, slot.id), now):
        return False
    _audit(tx, asked, LEFT, now)
    return True


def offer_free_places(tx: Transaction, program_id: int, now: datetime) -> list[int]:
    """Offer what came free to whoever waits the longest; the members to whom it is offered now."""
    settle_lapsed(tx, program_id, now)
    places = lock_free_places(tx, program_id, now)
    if not places:
        return []
    offered = offer_places(tx, program_id, places, now, OFFER_KEEPS)
    if offered:
        told = [show("mem", member) for member in offered]
        record_audit(tx, program_id, "worker", OFFERED, "places", now, members=told)
    return offered


def _slot(tx: Transaction, program: Program, asked: Turn, now: datetime) -> Slot | None:
    """The place that a member, locked from here on, may wait for in their market."""
    whose = (asked.program_id, asked.member_id)
    member = lock_member(tx, *whose)
    found = load_offered(tx, program, whose, asked.item, now)
    if member is None or found.item is None or not offered(program, found.item, member.market):
        return None
    slot = slot_of(found.slots, asked.slot_id, member.market)
    return slot if isinstance(slot, Slot) and found.barred is None else None


def _audit(tx: Transaction, asked: Turn, action: str, now: datetime) -> None:
    member = show("mem", asked.member_id)
    record_audit(tx, asked.program_id, member, action, show("slt", asked.slot_id), now, item=asked.item)
