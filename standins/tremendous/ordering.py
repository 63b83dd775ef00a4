"""Placing an order: the same reference never twice, what it may hold, what it costs, and what goes wrong."""

from dataclasses import dataclass
from typing import Any

from standins.hubspot.wire import Answer
from standins.suppliers.application import Call
from standins.suppliers.truth import Issue
from standins.tremendous.refusals import refusal
from standins.tremendous.shapes import order_shape
from standins.tremendous.world import DOLLARS, EXECUTED, HELD, OPEN, Order, World

EARLY_S = 0.15
REFUSED = "Order failed: validation failure"


@dataclass
class Asked:
    """A request to place, read."""

    body: dict[str, Any]
    reference: str | None
    product: str
    currency: str
    denomination: float
    fault: str | None = None

    @property
    def about(self) -> str:
        """What faults are drawn by."""
        return self.reference or str(self.body)


def create(call: Call) -> Answer:
    """Create an order, or return the one that has this reference already."""
    world: World = call.world
    reference = call.body.get("external_id")
    there = world.references.get(reference) if reference is not None else None
    if there is not None:
        return _repeat(world, there, call.body)
    asked = _read(world, call.body)
    asked.fault = world.faults.draw(asked.about)
    answer = _refused(world, asked) or _silent(world, asked) or _placed(world, asked)
    world.truth.note(asked.about, f"{answer.status} {asked.fault or 'well'}")
    return answer


def _repeat(world: World, order: Order, body: dict[str, Any]) -> Answer:
    if order.asked != body:
        world.truth.note(order.external_id or "", "409 conflict")
        raise refusal(409, "An order with this external_id and other parameters exists")
    world.truth.note(order.external_id or "", "201 repeat")
    # Links are kept as hashes: only the answer that made one has it.
    return Answer(201, {"order": order_shape(order, link=None)})


def _read(world: World, body: dict[str, Any]) -> Asked:
    reward, value = body["reward"], body["reward"]["value"]
    if body["payment"]["funding_source_id"].lower() not in ("balance", world.balance_id.lower()):
        raise refusal(400, REFUSED, {"payment": {"funding_source_id": "does not exist"}})
    if reward.get("campaign_id") not in (None, world.campaign):
        raise refusal(400, REFUSED, {"reward": {"campaign_id": "does not exist"}})
    named = reward.get("products", [])
    unknown = [one for one in named if one not in world.products]
    if unknown or (not named and reward.get("campaign_id") is None):
        raise refusal(400, REFUSED, {"reward": {"products": f"not available: {', '.join(unknown)}"}})
    currency = value.get("currency_code", "USD")
    denomination = float(value["denomination"])
    for one in named:
        product = world.products[one]
        if currency not in product["currency_codes"]:
            raise refusal(400, REFUSED, {"reward": {"value": {"currency_code": f"{one} has no {currency}"}}})
        bands = [sku for sku in product["skus"] if sku["currency_code"] == currency]
        if not any(sku["min"] <= denomination <= sku["max"] for sku in bands):
            raise refusal(400, REFUSED, {"reward": {"value": {"denomination": "not a value of the product"}}})
    if denomination <= 0 or round(denomination * 100) != denomination * 100 or currency not in DOLLARS:
        raise refusal(400, REFUSED, {"reward": {"value": {"denomination": "not an amount"}}})
    _check_recipient(reward)
    return Asked(body, body.get("external_id"), (named or ["campaign"])[0], currency, denomination)


def _check_recipient(reward: dict[str, Any]) -> None:
    method = reward.get("delivery", {}).get("method", "EMAIL")
    needed = {"EMAIL": ("name", "email"), "PHONE": ("name", "phone"), "LINK": ()}[method]
    missing = [name for name in needed if not reward.get("recipient", {}).get(name)]
    if missing:
        raise refusal(422, REFUSED, {"reward": {"recipient": dict.fromkeys(missing, "is missing")}})


def _refused(world: World, asked: Asked) -> Answer | None:
    """What ends before anything is placed, and says so."""
    if asked.fault == "limited":
        return _error(429, "Too many requests")
    if asked.fault == "before":
        return _error(world.faults.status(asked.about), "Something went wrong")
    if asked.fault == "refused":
        return _error(400, REFUSED, {"reward": {"recipient": {"email": "cannot be rewarded"}}})
    if asked.fault == "out_of_stock":
        return _error(400, REFUSED, {"reward": {"products": f"{asked.product} is not available now"}})
    if world.cents < _cents(asked):
        return _error(402, "Not enough funds in your account")
    return None


def _silent(world: World, asked: Asked) -> Answer | None:
    """What gets no word back and is not placed, or not yet."""
    if asked.fault not in ("lost", "late"):
        return None
    if asked.fault == "late":
        order = _place(world, asked, OPEN, hidden=True)
        _later(world, asked, order, EXECUTED)
    return Answer(504, None, delay_s=world.faults.hold_s, cut=True)


def _placed(world: World, asked: Asked) -> Answer:
    held = asked.fault in ("slow", "failed")
    order = _place(world, asked, HELD if held else EXECUTED)
    if held:
        _later(world, asked, order, EXECUTED if asked.fault == "slow" else "CANCELED")
    world.tell("ORDERS.CREATED", order.id, "orders", copies=3 if asked.fault == "twice" else 1)
    if asked.fault == "after":
        return _error(world.faults.status(asked.about), "Something went wrong")
    link = None
    if not held and order.delivery == "SUCCEEDED":
        link = _link(world, order, reused=asked.fault == "reused_code")
    answer = Answer(200, {"order": order_shape(order, link=link)})
    answer.cut = asked.fault == "cut"
    answer.delay_s = EARLY_S if asked.fault == "early" and world.callbacks.url is not None else 0.0
    return answer


def _link(world: World, order: Order, *, reused: bool) -> str:
    if reused and world.links:
        order.truth.codes.append(world.links[-1])
        return world.links[-1]
    return world.new_link(order)


def _place(world: World, asked: Asked, status: str, *, hidden: bool = False) -> Order:
    denomination = asked.denomination * (2 if asked.fault == "wrong_amount" else 1)
    now_ms = world.clock.now_ms()
    order_id = world.letters(12)
    truth = Issue(
        reference=asked.reference or "",
        key=asked.reference or "",
        id=order_id,
        at_ms=now_ms,
        product=asked.product,
        currency=asked.currency,
        asked=f"{asked.denomination:.2f}",
        amount=f"{denomination:.2f}",
        state="issued" if status == EXECUTED else "processing",
        fault=asked.fault,
    )
    method = asked.body["reward"].get("delivery", {}).get("method", "EMAIL")
    order = Order(
        id=order_id,
        reward_id=world.letters(12),
        external_id=asked.reference,
        asked=asked.body,
        created_ms=now_ms,
        status=status,
        denomination=denomination,
        cents=_cents(asked),
        delivery="PENDING" if status != EXECUTED else "SUCCEEDED" if method == "LINK" else "SCHEDULED",
        truth=truth,
        hidden=hidden,
    )
    world.orders[order.id] = order
    if asked.reference is not None:
        world.references[asked.reference] = order
    world.truth.issues.append(truth)
    world.pay(order, -order.cents, "order")
    return order


def _later(world: World, asked: Asked, order: Order, status: str) -> None:
    """Let a review end, or an order appear, some time later; nobody is told that a review ended well."""

    def end() -> None:
        order.status = status
        if order.hidden:
            order.hidden = False
            world.tell("ORDERS.CREATED", order.id, "orders")
        if status == EXECUTED:
            order.delivery = "SUCCEEDED"
            order.truth.state = "issued"
        else:
            order.refunded = True
            order.truth.state = "failed"
            world.pay(order, order.cents, "refund")
            world.tell("ORDERS.CANCELED", order.id, "orders")

    world.due.append((world.clock.now_ms() + world.faults.delay_ms(asked.about), end))


def _cents(asked: Asked) -> int:
    return round(asked.denomination * DOLLARS[asked.currency] * 100)


def _error(status: int, message: str, payload: dict[str, Any] | None = None) -> Answer:
    said = refusal(status, message, payload)
    return Answer(said.status, said.body)
