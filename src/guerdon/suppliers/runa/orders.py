"""Orders as Runa has them: what is asked of it, and what its answers mean. Nothing is asked here."""

from collections.abc import Mapping
from typing import Literal

from guerdon.engine.orders.port import (
    Ask,
    Credential,
    Pending,
    Placed,
    Rejected,
    StatementLine,
    Unknown,
    Why,
)
from guerdon.suppliers.amounts import digits_of, is_currency, to_decimal, to_minor, to_minor_rounded
from guerdon.suppliers.reading import (
    Record,
    Unreadable,
    link,
    moment,
    name_in,
    needed,
    needed_records,
    number,
    text,
)

COMPLETED, FAILED = "COMPLETED", "FAILED"
CANCELED_LINK = "CANCELLED"
# What they say of a key that they know: the order of it may be there, whatever it is.
IN_PROGRESS, OTHER_BODY = "idempotency_in_progress", "idempotency_validation_error"
_IN_BOOKS: Mapping[str, Literal["placed", "failed"]] = {COMPLETED: "placed", FAILED: "failed"}
_WHY: Mapping[str, Why] = {
    "insufficient_funds": "funds",
    "payment_method_unavailable": "funds",
    "product_validation_error": "unknown_item",
}


def order_body(ask: Ask, options: Mapping[str, str]) -> Mapping[str, object]:
    """What is asked: one link, which we hand over ourselves. The same of the same order, at any time."""
    return {
        "payment_method": {"type": "ACCOUNT_BALANCE", "currency": options.get("currency") or ask.currency},
        "items": [
            {
                "face_value": to_decimal(ask.face_minor, ask.digits),
                "distribution_method": {"type": "PAYOUT_LINK"},
                "products": {"type": "SINGLE", "value": ask.sku},
            }
        ],
        "description": ask.ref,
    }


def told_order(order: Record, ask: Ask) -> Placed | Pending | Rejected | Unknown:
    """What became of an order; raises `Unreadable`. A state that nobody told us of is one to wait in."""
    their_id, state, ours = name_in(order, "id"), text(order, "status"), text(order, "description")
    if ours and ours != ask.ref:
        return Unknown("they answer with another order than the one asked for")
    if state == COMPLETED:
        return _completed(order, their_id, ask)
    if state == FAILED:
        return Rejected("refused", "failed", permanent=False, their_id=their_id)
    return Pending(their_id, state[:40].lower())


def _completed(order: Record, their_id: str, ask: Ask) -> Placed | Rejected:
    items = needed_records(order, "items")
    if len(items) != 1:
        raise Unreadable(f"it has {len(items)} items")
    (item,) = items
    payout = needed(item, "payout")
    if text(payout, "status") == CANCELED_LINK:
        return Rejected("refused", "its link is canceled", their_id=their_id)
    url, face = link(payout, "url"), number(item, "face_value")
    # An older answer's item names no currency: then it is the one that the order is paid in.
    currency = text(item, "currency") or text(order, "currency")
    if not url or face is None or not is_currency(currency):
        raise Unreadable("its link or its value is absent")
    digits = ask.digits if currency == ask.currency else digits_of(currency)
    cost_minor, cost_currency = cost_of(order)
    return Placed(
        their_id,
        (Credential("url", url),),
        currency,
        to_minor(face, digits),
        cost_minor,
        cost_currency,
        moment(payout, "expiry_date"),
    )


def cost_of(order: Record) -> tuple[int | None, str]:
    """What an order cost, and in which currency."""
    total, currency = number(order, "total_price"), text(order, "currency")
    if total is None or not is_currency(currency):
        return None, ""
    return to_minor_rounded(total, digits_of(currency)), currency


def told_refusal(status: int, kind: str, parts: set[str], said: str) -> Rejected | Unknown:
    """Why an order was turned away, by the type of the error and the fields that it names."""
    if kind in (IN_PROGRESS, OTHER_BODY):
        return Unknown(said or kind)
    why = _WHY.get(kind, "refused")
    if "face_value" in parts:
        why = "amount"
    elif "products" in parts:
        why = "unknown_item"
    return Rejected(why, said or kind or f"answered {status}", permanent=why != "funds")


def statement_line(order: Record) -> StatementLine | None:
    """An order as a line of their books, without what it was worth; None where it has no time yet."""
    at = moment(order, "created_at")
    if at is None:
        return None
    cost_minor, currency = cost_of(order)
    return StatementLine(
        name_in(order, "id"),
        text(order, "description"),
        _IN_BOOKS.get(text(order, "status"), "pending"),
        currency,
        None,
        cost_minor,
        at,
        currency,
    )
