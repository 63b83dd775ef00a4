"""Waiting for a place: a date that is full has a list, and the first on it is offered what comes free.

A place that is offered is kept for a stated time, and counts as taken meanwhile; nobody passes by whoever
waits. It is chosen as any other, by `engine.redeeming`. A mail tells of it, in the commit of the offer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from guerdon.engine.orders.offers import load_offered, slot_of
from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish
from guerdon.ledger.effects import Send
from guerdon.program.model import Program
from guerdon.rules.choice.wishes import offered
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import Slot
from guerdon.store.database import Transaction
from guerdon.store.orders.cases import insert_mail
from guerdon.store.orders.waits import (
    Told,
    list_next,
    list_telling,
    list_waits,
    lock_free_places,
    offer_places,
    record_wait,
    settle_lapsed,
    settle_left,
    settle_mail,
)
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import derived_id, show

OFFER_KEEPS = timedelta(hours=24)
WAITED, LEFT, OFFERED = "place.waited", "place.left", "place.offered"
TOLD: Final = "place.told"
MESSAGE = "place:offered"
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
    """Offer what came free to whoever waits the longest, and mail it; the members who have an offer now."""
    # Members before places, as whoever chooses one locks them.
    members = [each for each in list_next(tx, program_id, now) if lock_member(tx, program_id, each)]
    settle_lapsed(tx, program_id, now)
    places = lock_free_places(tx, program_id, now)
    if not places:
        return []
    offered = offer_places(tx, program_id, places, members, (now, OFFER_KEEPS))
    if offered:
        said = [show("mem", member) for member, _ in offered]
        record_audit(tx, program_id, "worker", OFFERED, "places", now, members=said)
        for told in list_telling(tx, program_id, offered):
            _mail(tx, program_id, told, now)
    return [member for member, _ in offered]


def _mail(tx: Transaction, program_id: int, told: Told, now: datetime) -> None:
    """Have the mail go out that tells of an offer: it is decided here, so once, whenever it is sent."""
    slot = show("slt", told.slot_id)
    wish = Wish(program_id, told.member_id, TOLD, f"{slot}:{told.wait_id}", {"slot": slot}, "worker")
    begun = begin(tx, wish, now)
    assert isinstance(begun, Begun), "a turn is offered once"
    number = derived_id(told.wait_id, "place", str(told.member_id))
    done = finish(begun, "sent", [Send(number, MESSAGE, "email", told.reward_id)], active=False)
    assert isinstance(done, Done), "under the lock of its member nobody else uses the key"
    insert_mail(tx, (program_id, told.member_id, told.reward_id), (number, begun.event_id, MESSAGE), now)
    settle_mail(tx, program_id, told, number)


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
