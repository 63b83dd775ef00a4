"""Writing: an order is placed, as it was decided: delivered out of our own pool, or reserved.

What is gone by now is found out here, in the middle: then `Undone` takes back all that was written.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import json

from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.deciding import Order
from guerdon.ledger.effects import Effect, Hold, Redeem, Refuse
from guerdon.program.model import Program
from guerdon.rules.choice.payment import Claim, beside_hold
from guerdon.rules.choice.wishes import refused
from guerdon.store.catalog.items import MANUAL, POOL
from guerdon.store.codes import settle_code
from guerdon.store.database import Transaction
from guerdon.store.orders.choices import (
    EVENT_TYPE,
    Origin,
    Placing,
    load_live_version,
    next_event_ids,
    record_order,
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
from guerdon.values.ids import show

RESERVED = "order.reserved"


class Undone(Exception):  # noqa: N818  it rolls a transaction back; nothing went wrong
    """The choice met its refusal after it had begun to write."""

    def __init__(self, refusal: Refuse, supplier: str = "") -> None:
        self.refusal, self.supplier = refusal, supplier


def placing_of(
    tx: Transaction, program: Program, choice: Choice, found: tuple[Claim, Origin], now: datetime
) -> Placing:
    """The order as it is placed: an event of its own, decided by the version that is live now."""
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


def write_redeemed(tx: Transaction, placing: Placing, order: Order, effects: Sequence[Effect]) -> None:
    """Write an order that is delivered. The order of these lines is the order of the locks."""
    redeem = effects[0]
    assert isinstance(redeem, Redeem)
    changes = Changes()
    changes.fold(placing.member_id, effects)
    settle_purses(tx, placing.program_id, changes.purses, placing.placed_at)
    settle_lots(tx, placing.program_id, changes.lots, "redeemed", placing.placed_at)
    record_order(tx, placing, redeem)
    _record_paid(tx, placing, order, redeem.order)
    record_fulfillment(tx, placing.program_id, _fulfillment(placing, order, redeem.order))
    value = order.worth(redeem)
    if not settle_code(tx, placing.program_id, redeem.order, redeem.item, value, placing.placed_at):
        raise Undone(refused(order.claim, "sold_out"), order.offer.supplier if order.others else "")
    _take_place(tx, placing, order)
    _record(tx, placing, (EVENT_TYPE, "redeemed", "order.placed"), redeem, effects)
    post_to_pools(tx, placing.program_id, changes.pools)


def write_reserved(tx: Transaction, placing: Placing, order: Order, holds: Sequence[Hold]) -> None:
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


def _record_paid(tx: Transaction, placing: Placing, order: Order, order_id: int) -> None:
    """Keep what pays for an order, where that is more than its reward."""
    key, beside = (placing.member_id, order_id), order.bargain.payment.beside
    record_parts(tx, placing.program_id, key, order.parts)
    if beside is not None:
        record_balance(tx, placing.program_id, key, beside, beside_hold(order_id, beside.unit))


def _fulfillment(placing: Placing, order: Order, order_id: int) -> NewFulfillment:
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


def _take_place(tx: Transaction, placing: Placing, order: Order) -> None:
    slot = order.slot
    if slot is None:
        return
    place, whose = (slot.item_id, slot.id), (placing.program_id, placing.member_id)
    # What came free is kept for whoever waits the longest.
    if take_offered(tx, whose, place, placing.placed_at):
        return
    if not take_slot(tx, placing.program_id, place, placing.placed_at):
        raise Undone(refused(order.claim, "sold_out"))


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
