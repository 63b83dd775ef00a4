"""Redeem: a member's choice taken all the way to a code, in one transaction, seeing that member's rows only.

It is the batch path with a batch of one: load, decide, apply, commit. A second click, a second tab or a retry
after a lost answer finds the reward used, or less left of it than its page showed, and gets the order that is
there already, never a second code.

What a supplier or staff deliver is only reserved here: what it costs is held under the order's number, and
`engine/orders` asks for it once this is committed.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import json

from guerdon.engine.orders.choosing import ranked
from guerdon.engine.orders.offers import Offered, load_offered, slot_of
from guerdon.ledger.effects import Effect, Hold, Redeem, Refuse
from guerdon.ledger.lots import Lot
from guerdon.program.model import Program
from guerdon.rules.choice import (
    Claim,
    Parts,
    Quote,
    Wish,
    decide_wish,
    drawn_for,
    is_whole,
    parts_of,
    quote_for,
    refused,
)
from guerdon.store.catalog.items import MANUAL, POOL, Offer, Slot
from guerdon.store.codes import settle_code
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.store.gifts.gifts import note_order
from guerdon.store.orders.choices import (
    EVENT_TYPE,
    TOO_BUSY,
    Origin,
    Placing,
    load_claim,
    load_helping,
    load_live_version,
    next_event_ids,
    record_order,
    record_parts,
)
from guerdon.store.orders.figures import (
    record_parts_figures,
    record_redeemed_figures,
    record_redemption_event_figure,
)
from guerdon.store.orders.fulfillments import NewFulfillment, record_fulfillment, take_slot
from guerdon.store.orders.waits import take_offered
from guerdon.store.wallet.deeds import (
    Changes,
    Deed,
    Doing,
    Held,
    post_to_pools,
    record_deeds,
    settle_lots,
    settle_purses,
)
from guerdon.store.wallet.holds import NewHold, record_hold
from guerdon.store.wallet.purses import load_purse, lock_member
from guerdon.values.ids import show
from guerdon.values.money import Money

ATTEMPTS_MAX = 5
PAUSE_S = 0.02
SOON = timedelta(hours=48)
RESERVED = "order.reserved"

Opens = Callable[[], AbstractContextManager[Transaction]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a member asked for: this item, for this reward, on a phone or a computer.

    `left_minor` is what their page said there was to choose with; None: all that the reward was given with.
    `face` is the amount of the item that they want, `price_minor` what their page said it costs, `slot_id`
    the date; each None where the item leaves no choice. `gift`: by which gift whoever took it chooses.
    `parts`: which rewards pay for it together, and how much each, as their page said; none: the one alone.
    """

    program_id: int
    member_id: int
    reward_id: int
    item: str
    device: str
    left_minor: int | None = None
    face: Money | None = None
    price_minor: int | None = None
    slot_id: int | None = None
    gift: int | None = None
    parts: Parts = ()


class _Undone(Exception):  # noqa: N818  it rolls a transaction back; nothing went wrong
    """The choice met its refusal after it had begun to write."""

    def __init__(self, refusal: Refuse, supplier: str = "") -> None:
        self.refusal, self.supplier = refusal, supplier


def redeem(opens: Opens, program: Program, choice: Choice, now: datetime) -> Redeem | Hold | Refuse | None:
    """Turn a reward into an order, or say why not; None when the member has no such reward.

    `Redeem`: it is delivered, with its code. `Hold`: its value is held for the order (its `request`), that
    is on its way. `opens` gives a transaction of the web's role for this member.
    """
    empty: tuple[str, ...] = ()
    for attempt in range(ATTEMPTS_MAX):
        try:
            with opens() as tx:
                return _redeem(tx, program, choice, now, empty)
        except _Undone as undone:
            if not undone.supplier:
                return undone.refusal
            # Our own codes are gone: whoever else delivers it is asked.
            empty = (*empty, undone.supplier)
        except TOO_BUSY:
            break
        except UNAVAILABLE:
            # A collision, or a line that went dead. Whether it had committed is found out by trying again.
            time.sleep(PAUSE_S * 2**attempt * random.random())  # noqa: S311  spreads tries out, hides nothing
    return Refuse(rule="", reason="busy")


@dataclass(frozen=True, slots=True)
class _Order:
    """What is about to be placed: by which claim, of which offer, at which place, for how much."""

    item: str
    claim: Claim
    offered: Offered
    offer: Offer
    others: bool
    slot: Slot | None
    quote: Quote
    drawn: Sequence[tuple[Lot, int]]
    whole: bool

    @property
    def parts(self) -> Parts:
        """Which rewards pay together; nothing where one pays alone, or a balance does."""
        return parts_of(self.drawn) if self.whole and len(self.drawn) > 1 else ()


def _redeem(
    tx: Transaction, program: Program, choice: Choice, now: datetime, empty: Sequence[str]
) -> Redeem | Hold | Refuse | None:
    ids = (choice.program_id, choice.member_id)
    member = lock_member(tx, *ids)
    if member is None:
        return None
    found = load_claim(tx, *ids, choice.reward_id)
    if found is None:
        return None
    claim, _ = found
    whole = is_whole(program, claim.value.unit)
    if not whole:
        claim = replace(claim, lots=load_purse(tx, *ids, claim.value.unit).lots)
    elif choice.parts:
        claim = replace(claim, others=load_helping(tx, *ids, claim.value.unit, now))
    left_minor = claim.value.amount_minor if choice.left_minor is None else choice.left_minor
    offered = load_offered(tx, program, ids, choice.item, now)
    slot = slot_of(offered.slots, choice.slot_id, claim.market)
    face_minor = 0 if choice.face is None else choice.face.amount_minor
    offers = [
        each for each in ranked(offered.offers, program.suppliers, face_minor) if each.supplier not in empty
    ]
    later = bool(offers) and offers[0].supplier != POOL
    barred = offered.barred if isinstance(slot, Slot) or slot is None else slot
    seen = Wish(choice.item, offered.item, choice.face, choice.price_minor, barred, later)
    wish = replace(seen, gift=choice.gift, parts=choice.parts)
    first, *rest = decide_wish(program, claim, wish, left_minor, now)
    if isinstance(first, Refuse):
        return first
    if not offers:
        return refused(claim, "sold_out")
    assert isinstance(first, Redeem | Hold)
    assert offered.item is not None
    assert not isinstance(slot, str)
    quote = (
        Quote(first.value, choice.face)
        if choice.parts
        else quote_for(program, offered.item, claim.value, left_minor, choice.face)
    )
    assert quote is not None
    drawn = drawn_for(claim, quote.price_minor, now)
    order = _Order(choice.item, claim, offered, offers[0], len(offers) > 1, slot, quote, drawn, whole)
    placing = _placing(tx, program, choice, found, now)
    if isinstance(first, Hold):
        _reserve(tx, placing, order, first)
        _note_gift(tx, choice, first.request)
        return first
    _apply(tx, placing, order, [first, *rest])
    _note_gift(tx, choice, first.order)
    if order.parts:
        record_parts_figures(tx, placing, first.order, program.time_zone)
    elif whole:
        within_48h = placing.placed_at - placing.issued_at <= SOON
        # What is on its way was not used yet: the first that is delivered counts.
        record_redeemed_figures(tx, placing, first, first=claim.used == 0, within_48h=within_48h)
    record_redemption_event_figure(tx, placing)
    return first


def _placing(
    tx: Transaction, program: Program, choice: Choice, found: tuple[Claim, Origin], now: datetime
) -> Placing:
    claim, origin = found
    zone = ZoneInfo(program.time_zone)
    return Placing(
        program_id=choice.program_id,
        member_id=choice.member_id,
        event_id=next_event_ids(tx, 1)[0],
        version=load_live_version(tx, choice.program_id, now),
        rule=claim.rule,
        market=origin.market,
        location=origin.location,
        issued_at=origin.issued_at,
        placed_at=now,
        day=now.astimezone(zone).date(),
        earned_on=origin.happened_at.astimezone(zone).date(),
        device=choice.device,
    )


def _apply(tx: Transaction, placing: Placing, order: _Order, effects: Sequence[Effect]) -> None:
    """Write the decision. The order of these lines is the order of the locks."""
    redeem = effects[0]
    assert isinstance(redeem, Redeem)
    changes = Changes()
    changes.fold(placing.member_id, effects)
    settle_purses(tx, placing.program_id, changes.purses, placing.placed_at)
    settle_lots(tx, placing.program_id, changes.lots, "redeemed", placing.placed_at)
    record_order(tx, placing, redeem)
    record_parts(tx, placing, redeem.order, order.parts)
    record_fulfillment(tx, placing.program_id, _fulfillment(placing, order, redeem.order))
    # A code is worth what was chosen: what that costs in points changes, and two amounts may cost the same.
    value = order.quote.face or Money(redeem.value, redeem.unit)
    if not settle_code(tx, placing.program_id, redeem.order, redeem.item, value, placing.placed_at):
        raise _Undone(refused(order.claim, "sold_out"), order.offer.supplier if order.others else "")
    _take_place(tx, placing, order)
    _record(tx, placing, (EVENT_TYPE, "redeemed", "order.placed"), redeem, effects)
    post_to_pools(tx, placing.program_id, changes.pools)


def _reserve(tx: Transaction, placing: Placing, order: _Order, hold: Hold) -> None:
    """Hold what an order costs, for whoever delivers it to be asked."""
    program_id, member_id = placing.program_id, placing.member_id
    parts = {lot.reward_id: part for lot, part in order.drawn}
    changes = Changes()
    changes.fold(member_id, [], Held(hold.unit, hold.value, parts))
    settle_purses(tx, program_id, changes.purses, placing.placed_at)
    settle_lots(tx, program_id, changes.lots, "redeemed", placing.placed_at)
    redeem = Redeem(order.claim.reward_id, hold.request, order.item, hold.unit, hold.value)
    record_order(tx, placing, redeem)
    record_parts(tx, placing, redeem.order, order.parts)
    purpose = f"order:{show('ord', hold.request)}"
    opened = NewHold(hold.request, hold.unit, hold.value, purpose, None, parts)
    record_hold(tx, program_id, member_id, opened, placing.placed_at)
    record_fulfillment(tx, program_id, _fulfillment(placing, order, hold.request))
    _take_place(tx, placing, order)
    _record(tx, placing, (RESERVED, "held", RESERVED), redeem, [hold])
    post_to_pools(tx, program_id, {})


def _note_gift(tx: Transaction, choice: Choice, order_id: int) -> None:
    if choice.gift is not None:
        note_order(tx, (choice.program_id, choice.member_id, choice.gift), order_id)


def _fulfillment(placing: Placing, order: _Order, order_id: int) -> NewFulfillment:
    supplier = order.offer.supplier
    return NewFulfillment(
        member_id=placing.member_id,
        order_id=order_id,
        item_id=order.offered.row.id if order.offered.row is not None else None,
        supplier=supplier,
        slot_id=order.slot.id if order.slot is not None else None,
        face=order.quote.face,
        country=order.claim.market,
        chosen_at=placing.placed_at,
        next_at=None if supplier in (POOL, MANUAL) else placing.placed_at,
        delivered=supplier == POOL,
    )


def _take_place(tx: Transaction, placing: Placing, order: _Order) -> None:
    slot = order.slot
    if slot is None:
        return
    place, whose = (slot.item_id, slot.id), (placing.program_id, placing.member_id)
    # What came free is kept for whoever waits the longest.
    if take_offered(tx, whose, place, placing.placed_at):
        return
    if not take_slot(tx, placing.program_id, place, placing.placed_at):
        raise _Undone(refused(order.claim, "sold_out"))


def _record(
    tx: Transaction,
    placing: Placing,
    words: tuple[str, str, str],
    redeem: Redeem,
    effects: Sequence[Effect],
) -> None:
    kind, outcome, action = words
    deed = Deed(
        member_id=placing.member_id,
        event_id=placing.event_id,
        type=kind,
        outcome=outcome,
        external_id=str(redeem.order),
        market=placing.market,
        location=placing.location,
        data=json.encode({"item": redeem.item}).decode(),
        effects=effects,
    )
    who = (show("mem", placing.member_id), action, show("ord", redeem.order))
    record_deeds(tx, placing.program_id, [deed], Doing(placing.version, placing.placed_at, *who))
