"""Everything that only reads: orders, rewards, products, funds."""

from typing import Any

from standins.hubspot.wire import Answer
from standins.suppliers.application import Call
from standins.suppliers.clock import read_moment
from standins.suppliers.pictures import here
from standins.tremendous.refusals import not_found, refusal
from standins.tremendous.rewards import found
from standins.tremendous.shapes import order_shape, reward_shape
from standins.tremendous.world import TABLE, Order


def orders(call: Call) -> Answer:
    """Orders, the newest first."""
    external_id, campaign_id = call.one("external_id"), call.one("campaign_id")
    kept = [
        order
        for order in _newest(call)
        if external_id in (None, order.external_id) and campaign_id in (None, order.spec.get("campaign_id"))
    ]
    kept = [order for order in kept if _within(call, order.created_ms)]
    shown = _page(call, kept, TABLE.figure("orders_per_page"))
    return Answer(200, {"orders": [order_shape(one, link=None) for one in shown], "total_count": len(kept)})


def order(call: Call) -> Answer:
    """One order, by its id or by its external_id."""
    named = call.path["id"]
    there = call.world.orders.get(named) or call.world.references.get(named)
    if there is None or there.hidden:
        raise not_found("Order")
    return Answer(200, {"order": order_shape(there, link=None)})


def rewards(call: Call) -> Answer:
    """Rewards, the newest first."""
    kept = _newest(call)
    shown = _page(call, kept, TABLE.figure("rewards_per_page"))
    listed = [reward_shape(one, link=None) for one in shown]
    return Answer(200, {"rewards": listed, "total_count": len(kept)})


def reward(call: Call) -> Answer:
    """One reward."""
    return Answer(200, {"reward": reward_shape(found(call), link=None)})


def products(call: Call) -> Answer:
    """The products, of some countries, currencies or subcategories."""
    countries, currencies, kinds = (_listed(call, name) for name in ("country", "currency", "subcategory"))
    kept = [
        product
        for product in call.world.products.values()
        if (not countries or countries & {one["abbr"] for one in product["countries"]})
        and (not currencies or currencies & set(product["currency_codes"]))
        and (not kinds or product.get("subcategory") in kinds)
    ]
    return Answer(200, {"products": [_shown(call, each) for each in kept]})


def product(call: Call) -> Answer:
    """One product."""
    there = call.world.products.get(call.path["id"])
    if there is None:
        raise not_found("Product")
    return Answer(200, {"product": _shown(call, there)})


def funding_sources(call: Call) -> Answer:
    """The one way to pay."""
    return Answer(200, {"funding_sources": [_balance(call)]})


def funding_source(call: Call) -> Answer:
    """The balance, by its id or by the word."""
    if call.path["id"].lower() not in ("balance", call.world.balance_id.lower()):
        raise not_found("Funding source")
    return Answer(200, {"funding_source": _balance(call)})


def transactions(call: Call) -> Answer:
    """What moved the balance, the newest first."""
    kept = [one for one in reversed(call.world.transactions) if _within(call, read_moment(one["created_at"]))]
    shown = _page(call, kept, TABLE.figure("orders_per_page"))
    return Answer(200, {"transactions": shown, "total_count": len(kept)})


def _shown(call: Call, product: dict[str, Any]) -> dict[str, Any]:
    images = [{**each, "src": here(each["src"], call.world.origin)} for each in product["images"]]
    return {**product, "images": images}


def _newest(call: Call) -> list[Order]:
    return [one for one in reversed(call.world.orders.values()) if not one.hidden]


def _within(call: Call, at_ms: int) -> bool:
    first, last = call.one("created_at[gte]"), call.one("created_at[lte]")
    return (first is None or at_ms >= read_moment(first)) and (last is None or at_ms <= read_moment(last))


def _page(call: Call, rows: list[Any], usual: int) -> list[Any]:
    limit, offset = call.number("limit", usual), call.number("offset", 0)
    if not 1 <= limit <= TABLE.figure("page_most"):
        raise refusal(400, "Validation failure", {"limit": f"at most {TABLE.figure('page_most')}"})
    return rows[offset : offset + limit]


def _listed(call: Call, name: str) -> set[str]:
    text = call.one(name)
    return set() if not text else {one.strip() for one in text.split(",")}


def _balance(call: Call) -> dict[str, Any]:
    return {
        "id": call.world.balance_id,
        "method": "balance",
        "usage_permissions": ["api_orders", "dashboard_orders"],
        "status": "active",
        "meta": {
            "available_amount": call.world.cents / 100,
            "available_cents": call.world.cents,
            "pending_amount": 0,
            "pending_cents": 0,
            "currency_code": "USD",
        },
    }
