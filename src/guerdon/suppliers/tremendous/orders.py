"""Orders as Tremendous has them: what is asked of it, and what its answers mean. Nothing is asked here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
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
    inner,
    link,
    moment,
    name_in,
    needed,
    number,
    records,
    text,
)

BALANCE = "BALANCE"
# A product of several currencies is an item in each: its number, this, the currency.
BETWEEN = "~"
PLACED, CANCELED, FAILED = "EXECUTED", "CANCELED", "FAILED"
_IN_BOOKS: Mapping[str, Literal["placed", "canceled", "failed"]] = {
    PLACED: "placed",
    CANCELED: "canceled",
    FAILED: "failed",
}
# Which part of a request was at fault, and what that means for whoever might try elsewhere.
_AT_FAULT: tuple[tuple[str, Why], ...] = (
    ("payment", "funds"),
    ("products", "unknown_item"),
    ("campaign_id", "unknown_item"),
    ("value", "amount"),
    ("denomination", "amount"),
    ("recipient", "recipient"),
)


@dataclass(frozen=True, slots=True)
class Executed:
    """An order that is done. Where `link` is empty, a new one can be had by the reward's number."""

    order: str
    reward: str
    link: str = field(repr=False)
    currency: str
    face_minor: int
    cost_minor: int | None
    cost_currency: str
    expires_at: datetime | None

    def with_link(self, found: str) -> Placed:
        """What the member gets."""
        return Placed(
            self.order,
            (Credential("url", found),),
            self.currency,
            self.face_minor,
            self.cost_minor,
            self.cost_currency,
            self.expires_at,
        )


def product_of(sku: str) -> str:
    """A product's number; ours may name the currency behind it."""
    return sku.partition(BETWEEN)[0]


def order_body(ask: Ask, options: Mapping[str, str]) -> Mapping[str, object]:
    """What is asked: one reward, by a link that we hand over ourselves."""
    who = {"name": ask.recipient.name, "email": ask.recipient.email, "phone": ask.recipient.phone}
    reward: dict[str, object] = {
        "products": [product_of(ask.sku)],
        "value": {"denomination": to_decimal(ask.face_minor, ask.digits), "currency_code": ask.currency},
        "delivery": {"method": "LINK"},
        "language": ask.recipient.language.partition("-")[0],
    }
    if options.get("campaign"):
        reward["campaign_id"] = options["campaign"]
    if any(who.values()):
        reward["recipient"] = {name: said for name, said in who.items() if said}
    source = options.get("funding_source") or BALANCE
    return {"external_id": ask.key, "payment": {"funding_source_id": source}, "reward": reward}


def told_order(order: Record, ask: Ask) -> Executed | Pending | Rejected | Unknown:
    """What became of an order; raises `Unreadable`. A state that nobody told us of is one to wait in."""
    their_id, state = name_in(order, "id"), text(order, "status")
    ours = text(order, "external_id")
    if ours and ours != ask.key:
        return Unknown("they answer with another order than the one asked for")
    if state == PLACED:
        return _executed(order, their_id, ask)
    if state in (CANCELED, FAILED):
        return Rejected("refused", state.lower(), permanent=state == CANCELED, their_id=their_id)
    return Pending(their_id, state[:40].lower())


def _executed(order: Record, their_id: str, ask: Ask) -> Executed:
    rewards = records(order, "rewards")
    if len(rewards) != 1:
        raise Unreadable(f"it has {len(rewards)} rewards")
    (reward,) = rewards
    value = needed(reward, "value")
    currency = text(value, "currency_code") or ask.currency
    denomination = number(value, "denomination")
    if denomination is None or not is_currency(currency):
        raise Unreadable("its value is absent")
    digits = ask.digits if currency == ask.currency else digits_of(currency)
    cost_minor, cost_currency = cost_of(order)
    return Executed(
        their_id,
        name_in(reward, "id"),
        link(inner(reward, "delivery"), "link"),
        currency,
        to_minor(denomination, digits),
        cost_minor,
        cost_currency,
        moment(reward, "expires_at"),
    )


def cost_of(order: Record) -> tuple[int | None, str]:
    """What an order cost, and in which currency; older answers name none, and mean dollars."""
    payment = inner(order, "payment")
    total, currency = number(payment, "total"), text(payment, "currency_code") or "USD"
    if total is None or not is_currency(currency):
        return None, ""
    return to_minor_rounded(total, digits_of(currency)), currency


def told_refusal(status: int, errors: Record, said: str) -> Rejected:
    """Why an order was turned away, by the part of the request that they name."""
    if status == 402:
        return Rejected("funds", said or "not enough funds", permanent=False)
    named = _names(errors.get("payload"))
    why: Why = next((why for part, why in _AT_FAULT if part in named), "refused")
    if status == 404:
        why = "unknown_item"
    return Rejected(why, said or f"answered {status}", permanent=why != "funds")


def _names(found: object, deep: int = 6) -> set[str]:
    if deep == 0 or not isinstance(found, dict | list):
        return set()
    below = found.values() if isinstance(found, dict) else found
    own = set(found) if isinstance(found, dict) else set()
    return own.union(*(_names(each, deep - 1) for each in below))


def statement_line(order: Record) -> StatementLine:
    """An order as a line of their books."""
    at = moment(order, "created_at")
    if at is None:
        raise Unreadable("created_at is absent")
    face_minor, currency = 0, ""
    for reward in records(order, "rewards"):
        value = needed(reward, "value")
        currency = text(value, "currency_code") or currency or "USD"
        face_minor += to_minor(number(value, "denomination") or Decimal(0), digits_of(currency))
    cost_minor, cost_currency = cost_of(order)
    return StatementLine(
        name_in(order, "id"),
        text(order, "external_id"),
        _IN_BOOKS.get(text(order, "status"), "pending"),
        currency or cost_currency,
        face_minor,
        cost_minor,
        at,
        cost_currency,
    )
