"""Orders as the answers write them: basic, full, or not complete."""

from typing import Any

from standins.runa.world import COMPLETED, Order, Payout, World, moment

MESSAGES = {"PROCESSING": "The order is being processed.", "FAILED": "The order could not be processed."}


def basic(order: Order) -> dict[str, Any]:
    """A complete order without its items, as lists and webhooks have it."""
    assert order.completed_ms is not None
    return {
        "id": order.id,
        "status": COMPLETED,
        "created_at": moment(order.created_ms),
        "completed_at": moment(order.completed_ms),
        "description": order.body.get("description"),
        "payment_method": {"type": "ACCOUNT_BALANCE", "currency": order.currency},
        "currency": order.currency,
        "total_price": f"{order.price:.2f}",
        "total_discount": "0.00",
    }


def full(world: World, order: Order) -> dict[str, Any]:
    """A complete order with everything."""
    items = [_item(world, order, payout) for payout in order.payouts]
    return {**basic(order), "items": items, "metadata": order.body.get("metadata")}


def incomplete(order: Order) -> dict[str, Any]:
    """An order that is not complete says no more than this: neither description nor metadata."""
    return {"id": order.id, "status": order.status, "message": MESSAGES[order.status]}


def _item(world: World, order: Order, payout: Payout) -> dict[str, Any]:
    assert order.completed_ms is not None
    value = f"{payout.face_value:.2f}"
    return {
        "id": payout.item_id,
        "distribution_method": payout.asked["distribution_method"],
        "products": payout.asked["products"],
        "face_value": value,
        "price": value,
        "payout": {
            "status": payout.status,
            "status_updated_at": moment(order.completed_ms),
            "url": world.link(payout),
            "expiry_date": None,
        },
        "currency": order.currency,
    }
