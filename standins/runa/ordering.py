"""Placing an order: the stored answer of a key, what may be ordered, what it costs, and what goes wrong."""

from dataclasses import dataclass
from typing import Any

import msgspec

from standins.hubspot.wire import Answer
from standins.runa.refusals import error, invalid, refusal, trouble
from standins.runa.shapes import basic, full
from standins.runa.world import (
    COMPLETED,
    FAILED,
    KEY_LIFE_MS,
    PROCESSING,
    TABLE,
    Order,
    Payout,
    Stored,
    World,
)
from standins.suppliers.application import Call, Refusal
from standins.suppliers.table import Problem
from standins.suppliers.truth import Issue

EARLY_S = 0.15
METADATA_MOST, METADATA_NAME_MOST = 20, 40


@dataclass
class Asked:
    """A request to place, read."""

    body: dict[str, Any]
    key: str
    sync: bool
    reference: str
    product: str = ""
    fault: str | None = None


def create(call: Call) -> Answer:
    """Create an order, or give the stored answer of its key once more."""
    world: World = call.world
    key = call.request.headers.get("x-idempotency-key")
    if not key:
        raise refusal(400, "bad_request", "The X-Idempotency-Key header is missing.")
    mode = call.request.headers.get("x-execution-mode", "async")
    if mode not in ("sync", "async"):
        raise refusal(400, "invalid_execution_mode")
    body = _decoded(call)
    reference = str((body.get("description") if isinstance(body, dict) else None) or key)
    stored = world.stored.get(key)
    now_ms = world.clock.now_ms()
    if stored is not None and now_ms - stored.at_ms < KEY_LIFE_MS:
        return _replayed(world, stored, call.request.body, reference)
    stored = Stored(_canonical(call.request.body), now_ms)
    try:
        asked = _read(world, body, key, reference, sync=mode == "sync")
        answer = _answered(world, asked, stored)
        fault = asked.fault
    except Refusal as refused:
        answer, fault = Answer(refused.status, refused.body), None
    world.truth.note(reference, f"{answer.status} {fault or 'well'}")
    if fault not in ("limited", "lost"):
        world.stored[key] = stored
    if fault not in ("limited", "lost", "late"):
        stored.answer = (answer.status, answer.body)
    return answer


def _decoded(call: Call) -> Any:
    try:
        return msgspec.json.decode(call.request.body)
    except msgspec.DecodeError:
        raise refusal(400, "bad_request") from None


def _canonical(body: bytes) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(body), order="deterministic")


def _replayed(world: World, stored: Stored, body: bytes, reference: str) -> Answer:
    if stored.body != _canonical(body):
        world.truth.note(reference, "400 another body")
        raise refusal(400, "idempotency_validation_error")
    if stored.answer is not None:
        status, said = stored.answer
        world.truth.note(reference, f"{status} replayed")
        return Answer(status, said)
    world.truth.note(reference, "in progress")
    if world.behaviour["in_progress"] == 102:
        return Answer(102)
    return Answer(int(world.behaviour["in_progress"]), error("idempotency_in_progress"))


def _read(world: World, body: Any, key: str, reference: str, *, sync: bool) -> Asked:
    wrong = TABLE.problem("NewOrder", body) or _beyond_shape(body)
    if wrong is not None:
        raise invalid(wrong.place, wrong.text)
    if sync and len(body["items"]) > 1:
        raise refusal(400, "invalid_execution_mode", "Sync orders are limited to a single order item.")
    paid_in = body["payment_method"]["currency"]
    if paid_in not in world.balances:
        raise refusal(400, "payment_method_unavailable", "The requested payment method is not available.")
    asked = Asked(body, key, sync, reference)
    for item in body["items"]:
        asked.product = _check_item(world, item, paid_in)
    return asked


def _beyond_shape(body: dict[str, Any]) -> Problem | None:
    if not 1 <= len(body["items"]) <= TABLE.figure("items_most"):
        return Problem(("items",), "must have 1 to 200 items")
    metadata = body.get("metadata") or {}
    if len(metadata) > METADATA_MOST or any(len(name) > METADATA_NAME_MOST for name in metadata):
        return Problem(("metadata",), "at most 20 pairs, names of at most 40 characters")
    return None


def _check_item(world: World, item: dict[str, Any], paid_in: str) -> str:
    chosen = item["products"]
    if chosen["type"] == "TEMPLATE":
        raise refusal(400, "product_validation_error", "Not allowed to order products: no such template")
    codes: list[str] = [chosen["value"]] if chosen["type"] == "SINGLE" else chosen["values"]
    for code in codes:
        product = world.products.get(code)
        if product is None or not product["is_orderable"] or "gift_card" not in product:
            raise refusal(400, "product_validation_error", f"Not allowed to order products: {code}")
        if product["currency"] != paid_in:
            raise refusal(400, "currency_mismatch")
        values = product["gift_card"]["denominations"]
        value, fixed = float(item["face_value"]), values.get("available_list")
        fits = float(values["minimum_value"]) <= value <= float(values["maximum_value"])
        if not fits or round(value, 2) != value or (fixed and f"{value:.2f}" not in fixed):
            raise refusal(400, "product_validation_error", f"{code} has no value {value}")
    return codes[0]


def _answered(world: World, asked: Asked, stored: Stored) -> Answer:
    asked.fault = fault = world.faults.draw(asked.reference)
    price = sum(float(item["face_value"]) for item in asked.body["items"])
    if fault == "limited":
        return Answer(429, {"error": "rate exceeded"})
    if fault == "before":
        status = world.faults.status(asked.reference)
        return Answer(status, trouble(status))
    if fault in ("refused", "out_of_stock"):
        raise refusal(400, "product_validation_error", f"Not allowed to order products: {asked.product}")
    if world.balances[asked.body["payment_method"]["currency"]] < price:
        raise refusal(400, "insufficient_funds")
    if fault == "late":
        _later(world, asked, lambda: _appear(world, asked, stored))
    if fault in ("late", "lost"):
        return Answer(504, None, delay_s=world.faults.hold_s, cut=True)
    return _placed(world, asked)


def _placed(world: World, asked: Asked) -> Answer:
    fault = asked.fault
    order = _place(world, asked)
    if fault in ("slow", "failed"):
        _later(world, asked, lambda: _end(world, order, COMPLETED if fault == "slow" else FAILED))
        return _accepted(order)
    _end(world, order, COMPLETED, copies=3 if fault == "twice" else 1)
    answer = Answer(200, full(world, order)) if asked.sync else _accepted(order)
    if fault == "after":
        status = world.faults.status(asked.reference)
        return Answer(status, trouble(status))
    answer.cut = fault == "cut"
    answer.delay_s = EARLY_S if fault == "early" and world.callbacks.url is not None else 0.0
    return answer


def _accepted(order: Order) -> Answer:
    return Answer(202, {"id": order.id, "status": PROCESSING})


def _appear(world: World, asked: Asked, stored: Stored) -> None:
    order = _place(world, asked)
    _end(world, order, COMPLETED)
    answer = Answer(200, full(world, order)) if asked.sync else _accepted(order)
    stored.answer = (answer.status, answer.body)


def _place(world: World, asked: Asked) -> Order:
    currency = asked.body["payment_method"]["currency"]
    factor = 2 if asked.fault == "wrong_amount" else 1
    wanted = sum(float(item["face_value"]) for item in asked.body["items"])
    order_id = f"O-{world.letters(22)}"
    truth = Issue(
        reference=asked.reference,
        key=asked.key,
        id=order_id,
        at_ms=world.clock.now_ms(),
        product=asked.product,
        currency=currency,
        asked=f"{wanted:.2f}",
        amount=f"{wanted * factor:.2f}",
        state="processing",
        fault=asked.fault,
    )
    order = Order(order_id, asked.body, world.clock.now_ms(), PROCESSING, currency, wanted * factor, truth)
    earlier = next(reversed(world.payouts.values()), None) if asked.fault == "reused_code" else None
    for item in asked.body["items"]:
        payout = _payout(world, item, float(item["face_value"]) * factor)
        if earlier is not None:
            payout.token, payout.code, payout.pin = earlier[1].token, earlier[1].code, earlier[1].pin
        world.payouts.setdefault(payout.token, (order, payout))
        order.payouts.append(payout)
    world.orders[order.id] = order
    world.balances[currency] -= order.price
    world.truth.issues.append(truth)
    return order


def _payout(world: World, item: dict[str, Any], face_value: float) -> Payout:
    code = "".join(world.random.choices("0123456789", k=16))
    pin = "".join(world.random.choices("0123456789", k=6))
    return Payout(f"E-{world.letters(22)}", item, face_value, world.uuid(), code, pin)


def _end(world: World, order: Order, status: str, copies: int = 1) -> None:
    order.status = status
    if status == FAILED:
        order.truth.state = "failed"
        world.balances[order.currency] += order.price
        world.tell({"id": order.id, "status": FAILED}, "FailedEvent", copies)
        return
    order.completed_ms = world.clock.now_ms()
    order.truth.state = "issued"
    order.truth.codes += [world.link(payout) for payout in order.payouts]
    world.tell(basic(order), "Basic", copies)


def _later(world: World, asked: Asked, act: Any) -> None:
    world.due.append((world.clock.now_ms() + world.faults.delay_ms(asked.reference), act))
