"""Everything that only reads: orders, products, balances, an estimate, what is behind a payout's link."""

from html import escape
from typing import Any

from standins.hubspot.wire import Answer
from standins.runa.refusals import refusal
from standins.runa.shapes import basic, full, incomplete
from standins.runa.world import COMPLETED, TABLE, Order, Payout
from standins.suppliers.application import Call
from standins.suppliers.pictures import here

GONE = {"CANCELLED": ("RE005", "The e-code has been cancelled."), "EXPIRED": ("RE004", "It has expired.")}


def ping(call: Call) -> Answer:
    """Say that it is there."""
    del call
    return Answer(200, {"message": "pong"})


def balance(call: Call) -> Answer:
    """One balance, or all."""
    currency = call.one("currency")
    shown = [{"balance": f"{left:.2f}", "currency": name} for name, left in call.world.balances.items()]
    if currency is None:
        return Answer(200, shown)
    for one in shown:
        if one["currency"] == currency:
            return Answer(200, one)
    raise refusal(400, "bad_request", "There is no such balance.")


def orders(call: Call) -> Answer:
    """Orders, the newest first, without their items."""
    newest = list(reversed(call.world.orders.values()))
    shown, paging = _page(call, newest, TABLE.figure("orders_per_page"), lambda order: str(order.id))
    listed = [basic(order) if order.status == COMPLETED else incomplete(order) for order in shown]
    return Answer(200, {"items": listed, "pagination": paging})


def order(call: Call) -> Answer:
    """One order."""
    there: Order | None = call.world.orders.get(call.path["id"])
    if there is None:
        raise refusal(404, "not_found")
    complete = there.status == COMPLETED
    return Answer(200, full(call.world, there) if complete else incomplete(there))


def estimate(call: Call) -> Answer:
    """What an order would cost."""
    currency = call.body["payment_method"]["currency"]
    items = [
        {**item, "price": item["face_value"], "discount_multiplier": "0.00", "currency": currency}
        for item in call.body["items"]
    ]
    total = sum(float(item["face_value"]) for item in items)
    body = {"payment_method": call.body["payment_method"], "items": items, "currency": currency}
    return Answer(200, {**body, "total_discount": 0.0, "total_price": total})


def products(call: Call) -> Answer:
    """The catalog, of some countries or categories."""
    countries = set(call.query.get("countries_redeemable_in", []))
    categories, orderable = set(call.query.get("categories", [])), call.one("is_orderable")
    kept = [
        product
        for product in call.world.products.values()
        if (not countries or countries & set(product["countries_redeemable_in"]))
        and (not categories or categories & set(product["categories"]))
        and orderable in (None, str(product["is_orderable"]).lower())
    ]
    shown, paging = _page(call, kept, TABLE.figure("products_per_page"), lambda product: product["code"])
    listed = [_shown(call, each) for each in shown]
    return Answer(200, {"catalog": listed, "pagination": paging})


def product(call: Call) -> Answer:
    """One product."""
    there = call.world.products.get(call.path["code"])
    if there is None:
        raise refusal(404, "not_found")
    return Answer(200, _shown(call, there))


def countries(call: Call) -> Answer:
    """Where anything can be used."""
    found = {one for product in call.world.products.values() for one in product["countries_redeemable_in"]}
    return Answer(200, {"countries": sorted(found)})


def categories(call: Call) -> Answer:
    """The categories."""
    found = {one for product in call.world.products.values() for one in product["categories"]}
    return Answer(200, {"categories": [{"code": one} for one in sorted(found)]})


def redeem(call: Call) -> Answer:
    """Tell what stands behind a payout's link; the status of HTTP says nothing."""
    there: tuple[Order, Payout] | None = call.world.payouts.get(call.path["token"])
    if call.one("format") != "json":
        return Answer(200, _for_people(there), {"Content-Type": "text/html; charset=utf-8"})
    if there is None:
        return _no_code(None, "RE001", "The e-code has not been found.")
    of, payout = there
    if not call.world.behaviour["redemption"]:
        return _no_code(of.id, "RE013", "Feature not enabled.")
    if payout.status in GONE:
        return _no_code(of.id, *GONE[payout.status])
    chosen = payout.asked["products"]
    card = call.world.products.get(chosen.get("value"), {}).get("gift_card", {})
    barcode = card.get("barcode_format")
    shown = {
        "type": "code",
        "status": "SUCCESS",
        "amount": f"{payout.face_value:.2f}",
        "code": payout.code,
        "pin": payout.pin,
        "barcode_format": barcode,
        "barcode_string": payout.code if barcode else None,
        "expiry_date": "3000-01-01",
        "url": call.world.link(payout),
        "error_code": None,
        "error_string": None,
    }
    return Answer(200, {**_outcome("SUCCESS", of.id), "e_code": shown})


def _for_people(there: tuple[Order, Payout] | None) -> bytes:
    """What somebody sees who opens the link: the value and its code, or that there is none."""
    if there is None or there[1].status in GONE:
        said = "<p>There is no e-code here.</p>"
    else:
        of, payout = there
        worth = escape(f"{payout.face_value:.2f} {of.currency}")
        code, pin = escape(payout.code), escape(payout.pin)
        said = f"<h1>{worth}</h1><p>Code <code>{code}</code>, PIN <code>{pin}</code></p>"
    title = "<title>An invented gift card</title>"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">{title}'
    return f'<!doctype html><html lang="en">{head}{said}</html>'.encode()


def _shown(call: Call, product: dict[str, Any]) -> dict[str, Any]:
    card = product.get("gift_card") or {}
    if "assets" not in card:
        return product
    assets = {
        name: here(said, call.world.origin) if name.endswith("_image_url") and said else said
        for name, said in card["assets"].items()
    }
    return {**product, "gift_card": {**card, "assets": assets}}


def _no_code(order_id: str | None, code: str, text: str) -> Answer:
    return Answer(200, {**_outcome("ERROR", order_id), "error_code": code, "error_string": text})


def _outcome(status: str, order_id: str | None) -> dict[str, Any]:
    nothing = dict.fromkeys(("error_code", "error_string", "error_details"))
    return {"status": status, "order_id": order_id, **nothing}


def _page(call: Call, rows: list[Any], usual: int, named: Any) -> tuple[list[Any], dict[str, Any]]:
    limit, after, before = call.number("limit", usual), call.one("after"), call.one("before")
    places = {named(row): place for place, row in enumerate(rows)}
    cursors = [one for one in (after, before) if one is not None]
    wrong = len(cursors) > 1 or any(one not in places for one in cursors)
    if wrong or not 1 <= limit <= TABLE.figure("page_most"):
        raise refusal(400, "pagination_error")
    first = 0 if after is None else places[after] + 1
    if before is not None:
        first = max(places[before] - limit, 0)
        limit = min(limit, places[before])
    shown = rows[first : first + limit]
    ends = {"after": named(shown[-1]), "before": named(shown[0])} if shown else {}
    return shown, {"cursors": ends, "page": {"limit": limit}}
