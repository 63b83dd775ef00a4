"""Orders and rewards as the answers write them."""

from typing import Any

from standins.suppliers.clock import written
from standins.tremendous.world import CANCELED, Order


def order_shape(order: Order, *, link: str | None) -> dict[str, Any]:
    """An order with its reward; only who has just made a link has one to show."""
    dollars = order.cents / 100
    payment: dict[str, Any] = {"subtotal": dollars, "total": dollars, "fees": 0.0, "discount": 0.0}
    payment["currency_code"] = "USD"
    if order.refunded:
        payment["refund"] = {"total": dollars, "currency_code": "USD"}
    return {
        "id": order.id,
        "external_id": order.external_id,
        "campaign_id": order.spec.get("campaign_id"),
        "created_at": written(order.created_ms),
        "status": CANCELED if order.canceled else order.status,
        "channel": "API",
        "payment": payment,
        "invoice_id": None,
        "rewards": [reward_shape(order, link=link)],
    }


def reward_shape(order: Order, *, link: str | None) -> dict[str, Any]:
    """The reward of an order."""
    spec = order.spec
    delivery = {"method": spec.get("delivery", {}).get("method", "EMAIL"), "status": order.delivery}
    if link is not None:
        delivery["link"] = link
    shape = {
        "id": order.reward_id,
        "order_id": order.id,
        "created_at": written(order.created_ms),
        "expires_at": None,
        "value": {
            "denomination": order.denomination,
            "currency_code": spec["value"].get("currency_code", "USD"),
        },
        "recipient": spec.get("recipient", {}),
        "delivery": delivery,
    }
    if "custom_fields" in spec:
        shape["custom_fields"] = spec["custom_fields"]
    return shape
