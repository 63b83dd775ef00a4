"""An order on its way to a supplier who may answer late, twice or not at all; its value held meanwhile.

One key for life: asking again with the same key gives the same voucher. Unknown is a state, left by an answer
only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.models.explorer import Model

ORDERS = 3
PRICE = 2
POINTS = 5
CALLS_MAX = 4
CRASHES_MAX = 4


@dataclass(frozen=True)
class Order:
    """An order: what we know, what is on the wire, and what the supplier did under which key."""

    state: str = "none"
    key: int = 0
    calls: int = 0
    wire: frozenset[int] = frozenset()
    vouchers: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()


@dataclass(frozen=True)
class World:
    """All there is."""

    posted: int = POINTS
    held: int = 0
    crashes: int = 0
    orders: tuple[Order, ...] = (Order(),) * ORDERS


BUGS = frozenset({"no hold", "release on timeout", "new key on retry", "released twice"})


@dataclass(frozen=True)
class _Steps:
    """The ways out of a state, with one thing done wrong."""

    bug: str

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        for n, order in enumerate(world.orders):
            for name, after, new in self._of_order(world, order):
                yield f"{name} {n}", replace(after, orders=(*world.orders[:n], new, *world.orders[n + 1 :]))

    def _of_order(self, world: World, order: Order) -> Iterator[tuple[str, World, Order]]:
        if order.state == "none" and (self.bug == "no hold" or world.posted - world.held >= PRICE):
            price = 0 if self.bug == "no hold" else PRICE
            yield "reserve", replace(world, held=world.held + price), replace(order, state="held", key=1)
        if order.state in {"held", "unknown"} and order.calls < CALLS_MAX:
            key = order.key + (1 if self.bug == "new key on retry" and order.calls else 0)
            sent = replace(order, state="sent", key=key, calls=order.calls + 1, wire=order.wire | {key})
            yield "call", world, sent
        yield from self._supplier(world, order)
        if order.state == "sent":
            yield from self._answers(world, order)
        if order.state == "unknown" and self.bug == "release on timeout":
            yield "give up", replace(world, held=world.held - PRICE), replace(order, state="released")
        if order.state == "released" and self.bug == "released twice":
            yield "release", replace(world, held=world.held - PRICE), order

    def _supplier(self, world: World, order: Order) -> Iterator[tuple[str, World, Order]]:
        for key in sorted(order.wire):
            off = order.wire - {key}
            if key in order.vouchers or key in order.refused:
                yield "supplier knows it", world, replace(order, wire=off)
                continue
            yield "supplier delivers", world, replace(order, wire=off, vouchers=order.vouchers | {key})
            yield "supplier refuses", world, replace(order, wire=off, refused=order.refused | {key})

    def _answers(self, world: World, order: Order) -> Iterator[tuple[str, World, Order]]:
        yield "time is up", world, replace(order, state="unknown")
        if world.crashes < CRASHES_MAX:
            yield "crash", replace(world, crashes=world.crashes + 1), replace(order, state="unknown")
        price = 0 if self.bug == "no hold" else PRICE
        if order.key in order.vouchers:
            paid = replace(world, posted=world.posted - PRICE, held=world.held - price)
            yield "it came", paid, replace(order, state="fulfilled")
        if order.key in order.refused:
            yield "it was refused", replace(world, held=world.held - price), replace(order, state="released")


def model(bug: str = "") -> Model[World]:
    """The model, with one thing done wrong."""
    assert not bug or bug in BUGS
    return Model(World(), _Steps(bug).steps, _broken)


def _broken(world: World) -> str | None:
    for order in world.orders:
        if len(order.vouchers) > 1:
            return "two vouchers for one order"
        if order.state == "released" and (order.vouchers or (order.wire and not order.refused)):
            return "value returned, and a voucher is or may be out"
    if world.held < 0 or world.posted - world.held < 0:
        return "overspent"
    fulfilled = sum(order.state == "fulfilled" for order in world.orders)
    return "paid otherwise than once for each" if world.posted != POINTS - PRICE * fulfilled else None
