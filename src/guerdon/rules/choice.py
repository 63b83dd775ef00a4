"""The choice: a member takes one item, and what it costs leaves the purse for it.

A reward of money is taken whole: it buys what costs exactly that. Once part of it was used or taken back, it
buys the dearest of an item that the rest still covers, and what then remains stays ready. Points and credits
are a balance: an item has its price, and the lots that end first pay it. Whether a code of the item is left
is not asked here, because only taking one can tell; when the last one went, `sold_out` is the refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.ledger.chart import PURSE, spent_account
from guerdon.ledger.effects import Draw, Post, Redeem, Refuse
from guerdon.ledger.lots import Lot, draw_earliest, free_in
from guerdon.program.model import Item, Program
from guerdon.values.ids import derived_id
from guerdon.values.money import Money

Reason = Literal[
    "used",
    "expired",
    "withdrawn",
    "pending",
    "changed",
    "unit:status",
    "item:unknown",
    "item:market",
    "item:policy",
    "item:value",
    "balance",
    "sold_out",
    "busy",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a choice depends on: the reward as it stands, whose market, and what the purse has to spend.

    `lots` may pay: of money the reward's own, of points all that the member has. `orders` were placed for it
    so far, the last one for `last_minor`; those that were not canceled are `standing`.
    """

    reward_id: int
    rule: str
    value: Money
    state: str
    expires_at: datetime | None
    market: str
    spendable_minor: int
    lots: Sequence[Lot]
    orders: int = 0
    standing: int = 0
    last_minor: int = 0


def decide_choice(
    program: Program, claim: Claim, item_key: str, left_minor: int, now: datetime
) -> tuple[Redeem | Post | Draw | Refuse, ...]:
    """Redeem for an item, or say why not; `left_minor` is what the member saw there was to choose with."""
    reason = _objection(program, claim, item_key, left_minor, now)
    if reason is not None:
        return (refused(claim, reason),)
    unit = claim.value.unit
    price_minor = price_of(program, program.items[item_key], claim.value, left_minor)
    assert price_minor is not None
    order = order_id(claim.reward_id, left_minor, claim.orders)
    effects: list[Redeem | Post | Draw] = [Redeem(claim.reward_id, order, item_key, unit, price_minor)]
    drawn = draw_earliest((lot for lot in claim.lots if not lot.lapsed(now)), price_minor)
    for number, payer in enumerate(dict.fromkeys(lot.payer for lot, _ in drawn)):
        post = derived_id(order, "post", payer) if number else order
        parts = [(lot, part) for lot, part in drawn if lot.payer == payer]
        effects.append(Post(post, PURSE, spent_account(payer), unit, sum(part for _, part in parts)))
        effects += [Draw(post, lot.reward_id, part) for lot, part in parts]
    return tuple(effects)


def price_of(program: Program, item: Item, value: Money, left_minor: int) -> int | None:
    """What an item costs who has so much left of a reward; None when it cannot be had for it."""
    prices = [price.amount_minor for price in item.values if price.unit == value.unit]
    if is_whole(program, value.unit) and left_minor == value.amount_minor:
        return left_minor if left_minor in prices else None
    return max((price for price in prices if price <= left_minor), default=None)


def is_whole(program: Program, unit: str) -> bool:
    """Whether a reward of this unit is taken whole: money is; points and credits are a balance."""
    known = program.units.get(unit)
    # A unit that a later version dropped can still be used up as it was given.
    return known is None or known.kind == "money"


def offered(program: Program, item: Item, market: str) -> bool:
    """Whether a member of this market may have the item: it is there, and the market's policy allows it."""
    return market in item.markets and _allowed(program, item, market)


def left_of(claim: Claim, now: datetime) -> int:
    """What there is to choose with."""
    return free_in(claim.lots, now)


def refused(claim: Claim, reason: Reason) -> Refuse:
    """The refusal of a choice, for this reason."""
    return Refuse(
        rule=claim.rule,
        reason=reason,
        unit=claim.value.unit,
        value=claim.value.amount_minor,
    )


def order_id(reward_id: int, left_minor: int, orders: int) -> int:
    """The order of a reward by what was left of it, and by how many there were before, canceled or not."""
    return derived_id(reward_id, "order", str(left_minor), str(orders))


def _objection(
    program: Program, claim: Claim, item_key: str, left_minor: int, now: datetime
) -> Reason | None:
    left = left_of(claim, now)
    clicked_again = claim.standing > 0 and left_minor == left + claim.last_minor
    about_item = _objection_to_item(program, claim, item_key, left)
    checks: tuple[tuple[bool, Reason | None], ...] = (
        (_is_status(program, claim.value.unit), "unit:status"),
        (claim.state == "redeemed", "used"),
        (claim.state == "reversed", "withdrawn"),
        (claim.state == "pending", "pending"),
        (claim.state == "expired" or (claim.expires_at is not None and claim.expires_at <= now), "expired"),
        # The page still showed what there was before the order that the first click placed.
        (left != left_minor, "used" if clicked_again else "changed"),
        (about_item is not None, about_item),
        (claim.spendable_minor < (_price(program, claim, item_key, left) or 0), "balance"),
    )
    return next((reason for holds, reason in checks if holds), None)


def _objection_to_item(program: Program, claim: Claim, item_key: str, left: int) -> Reason | None:
    item = program.items.get(item_key)
    if item is None:
        return "item:unknown"
    if not _allowed(program, item, claim.market):
        return "item:policy"
    if claim.market not in item.markets:
        return "item:market"
    if price_of(program, item, claim.value, left) is None:
        return "item:value"
    return None


def _price(program: Program, claim: Claim, item_key: str, left: int) -> int | None:
    item = program.items.get(item_key)
    return price_of(program, item, claim.value, left) if item else None


def _allowed(program: Program, item: Item, market: str) -> bool:
    allowed = program.allowed.get(market)
    return allowed is None or item.category in allowed


def _is_status(program: Program, unit: str) -> bool:
    known = program.units.get(unit)
    return known is not None and known.kind == "status"
