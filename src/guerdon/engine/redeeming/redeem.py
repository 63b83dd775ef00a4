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
from guerdon.program.model import Program
from guerdon.queries.claims import find_offers_in_stock
from guerdon.rules.choice.payment import Balance, Claim, Parts, beside_hold, left_of, payers_of
from guerdon.rules.choice.prices import is_whole
from guerdon.rules.choice.wishes import Bargain, Wish, bargain_for, decide_wish, refused
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
)
from guerdon.store.orders.figures import (
    record_parts_figures,
    record_redeemed_figures,
    record_redemption_event_figure,
)
from guerdon.store.orders.fulfillments import NewFulfillment, record_fulfillment, take_slot
from guerdon.store.orders.paid import record_balance, record_parts
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
    `beside`: how much of a balance pays with them, as it said. `fixed`: no reward but those pays, though
    others would come before them by now.
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
    beside: Money | None = None
    fixed: bool = False


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
    bargain: Bargain
    whole: bool

    @property
    def parts(self) -> Parts:
        """Which rewards pay together; nothing where one pays alone, or a balance does."""
        paying = self.bargain.payment
        return paying.parts if self.whole and len(paying.drawn) > 1 else ()


def _redeem(
    tx: Transaction, program: Program, choice: Choice, now: datetime, empty: Sequence[str]
) -> Redeem | Hold | Refuse | None:
    found = _claimed(tx, choice)
    if found is None:
        return None
    decided = _decided(tx, program, choice, _payable(tx, program, choice, found[0], now), now, empty)
    if isinstance(decided, Refuse):
        return decided
    order, (first, *rest) = decided
    placing = _placing(tx, program, choice, found, now)
    if isinstance(first, Hold):
        _reserve(tx, placing, order, [first, *(each for each in rest if isinstance(each, Hold))])
        _note_gift(tx, choice, first.request)
        return first
    assert isinstance(first, Redeem)
    _apply(tx, placing, order, [first, *rest])
    _note_gift(tx, choice, first.order)
    if order.parts:
        record_parts_figures(tx, placing, first.order, program.time_zone)
    elif order.whole:
        within_48h = placing.placed_at - placing.issued_at <= SOON
        # What is on its way was not used yet: the first that is delivered counts.
        record_redeemed_figures(tx, placing, first, first=order.claim.used == 0, within_48h=within_48h)
    record_redemption_event_figure(tx, placing)
    return first


def foresee(tx: Transaction, program: Program, choice: Choice, now: datetime) -> Choice | Refuse | None:
    """The choice as a page would say it this minute, or why it would be refused; nothing is written.

    Its rewards and its balance stay those that it names; what there is to choose with, and by which gift, is
    as it stands in this transaction. None when the member has no such reward.
    """
    found = _claimed(tx, choice)
    if found is None:
        return None
    claim = _payable(tx, program, choice, found[0], now)
    places = {lot.reward_id: place for place, lot in enumerate(payers_of(claim, now))}
    parts = sorted(choice.parts, key=lambda part: places.get(part[0], len(places)))
    seen = replace(choice, left_minor=left_of(claim, now), gift=claim.gift_at(now), parts=tuple(parts))
    decided = _decided(tx, program, seen, claim, now, ())
    if isinstance(decided, Refuse):
        return decided
    order, (first, *_) = decided
    if isinstance(first, Redeem) and not order.others:
        wanted = (order.item, _worth(order, first))
        if not find_offers_in_stock(tx, choice.program_id, [wanted], now):
            return refused(claim, "sold_out")
    return seen


def _claimed(tx: Transaction, choice: Choice) -> tuple[Claim, Origin] | None:
    """The reward of a choice, with its member locked."""
    whose = (choice.program_id, choice.member_id)
    return load_claim(tx, *whose, choice.reward_id) if lock_member(tx, *whose) is not None else None


def _decided(
    tx: Transaction, program: Program, choice: Choice, claim: Claim, now: datetime, empty: Sequence[str]
) -> tuple[_Order, Sequence[Effect]] | Refuse:
    """What a choice comes to, of the offers that are not `empty`."""
    left_minor = claim.value.amount_minor if choice.left_minor is None else choice.left_minor
    offered = load_offered(tx, program, (choice.program_id, choice.member_id), choice.item, now)
    slot = slot_of(offered.slots, choice.slot_id, claim.market)
    barred = offered.barred if isinstance(slot, Slot) or slot is None else slot
    seen = Wish(choice.item, offered.item, choice.face, choice.price_minor, barred)
    wish = replace(seen, gift=choice.gift, parts=choice.parts, beside=choice.beside)
    bargain, whole = bargain_for(program, claim, wish, left_minor, now), is_whole(program, claim.value.unit)
    # An amount that nobody said is what the reward buys: of that, too, whoever takes least goes first.
    face = choice.face if bargain is None else bargain.quote.face
    order = ranked(offered.offers, program.suppliers, 0 if face is None else face.amount_minor)
    offers = [each for each in order if each.supplier not in empty]
    wish = replace(wish, later=bool(offers) and offers[0].supplier != POOL)
    effects = decide_wish(program, claim, wish, left_minor, now)
    if isinstance(effects[0], Refuse):
        return effects[0]
    if not offers:
        return refused(claim, "sold_out")
    assert not isinstance(slot, str)
    assert bargain is not None
    return _Order(choice.item, claim, offered, offers[0], len(offers) > 1, slot, bargain, whole), effects


def _payable(tx: Transaction, program: Program, choice: Choice, claim: Claim, now: datetime) -> Claim:
    """A claim with all that may pay for the choice: of money what their page showed beside the reward."""
    ids, unit = (choice.program_id, choice.member_id), claim.value.unit
    if not is_whole(program, unit):
        return replace(claim, lots=load_purse(tx, *ids, unit).lots)
    if choice.parts:
        named = {reward for reward, _ in choice.parts}
        others = load_helping(tx, *ids, unit, now)
        kept = [lot for lot in others if lot.reward_id in named] if choice.fixed else others
        claim = replace(claim, others=kept)
    if choice.beside is not None and program.catalog.pay_rest_with is not None:
        purse = load_purse(tx, *ids, program.catalog.pay_rest_with)
        balance = Balance(purse.unit, purse.posted - purse.held, purse.lots)
        claim = replace(claim, balance=balance)
    return claim


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
    _record_paid(tx, placing, order, redeem.order)
    record_fulfillment(tx, placing.program_id, _fulfillment(placing, order, redeem.order))
    value = _worth(order, redeem)
    if not settle_code(tx, placing.program_id, redeem.order, redeem.item, value, placing.placed_at):
        raise _Undone(refused(order.claim, "sold_out"), order.offer.supplier if order.others else "")
    _take_place(tx, placing, order)
    _record(tx, placing, (EVENT_TYPE, "redeemed", "order.placed"), redeem, effects)
    post_to_pools(tx, placing.program_id, changes.pools)


def _worth(order: _Order, redeem: Redeem) -> Money:
    """What its code is worth: what was chosen. What that costs in points changes, two may cost the same."""
    return order.bargain.quote.face or Money(redeem.value, redeem.unit)


def _reserve(tx: Transaction, placing: Placing, order: _Order, holds: Sequence[Hold]) -> None:
    """Hold what an order costs, for whoever delivers it to be asked: of its reward, then of a balance."""
    program_id, member_id = placing.program_id, placing.member_id
    own, paying = holds[0], order.bargain.payment
    purpose, changes, opened = f"order:{show('ord', own.request)}", Changes(), list[NewHold]()
    for hold, drawn in zip(holds, (paying.drawn, paying.beside_drawn), strict=False):
        parts = {lot.reward_id: part for lot, part in drawn}
        changes.fold(member_id, [], Held(hold.unit, hold.value, parts))
        opened.append(NewHold(hold.request, hold.unit, hold.value, purpose, None, parts))
    settle_purses(tx, program_id, changes.purses, placing.placed_at)
    settle_lots(tx, program_id, changes.lots, "redeemed", placing.placed_at)
    redeem = Redeem(order.claim.reward_id, own.request, order.item, own.unit, own.value)
    record_order(tx, placing, redeem)
    _record_paid(tx, placing, order, redeem.order)
    for each in opened:
        record_hold(tx, program_id, member_id, each, placing.placed_at)
    record_fulfillment(tx, program_id, _fulfillment(placing, order, redeem.order))
    _take_place(tx, placing, order)
    _record(tx, placing, (RESERVED, "held", RESERVED), redeem, holds)
    post_to_pools(tx, program_id, {})


def _record_paid(tx: Transaction, placing: Placing, order: _Order, order_id: int) -> None:
    """Keep what pays for an order, where that is more than its reward."""
    key, beside = (placing.member_id, order_id), order.bargain.payment.beside
    record_parts(tx, placing.program_id, key, order.parts)
    if beside is not None:
        record_balance(tx, placing.program_id, key, beside, beside_hold(order_id, beside.unit))


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
        face=order.bargain.quote.face,
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
