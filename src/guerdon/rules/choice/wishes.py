"""The choice: a member takes one item, and what it costs leaves the purse for it.

A reward of money is taken whole: it buys what costs exactly that. Once part of it was used or taken back, it
buys the dearest of an item that the rest still covers, and what then remains stays ready. Points and credits
are a balance: an item has its price, and the lots that end first pay it. Whether a code of the item is left
is not asked here, because only taking one can tell; when the last one went, `sold_out` is the refusal.

Where the member says which amount of an item they want, that is what they get: of a reward of money a part,
if the program lets rewards be split; of points as many as the item's price says, or as its face is worth.

What one reward is short of, others pay, or a balance of points, where the program says so (`payment`). That
is done only as the member saw it, reward by reward.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.ledger.effects import Draw, Hold, Post, Redeem, Refuse
from guerdon.program.model import Item, Program
from guerdon.rules.choice.payment import (
    Claim,
    Parts,
    Payment,
    beside_hold,
    drawn_for,
    left_of,
    payment_for,
    redeemed,
)
from guerdon.rules.choice.prices import Quote, quote_for
from guerdon.values.ids import derived_id
from guerdon.values.money import Money

# Why value of a member is held that an order will take.
HELD_FOR = "order"

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
    "item:locked",
    "item:hidden",
    "price",
    "slot:unknown",
    "given",
    "balance",
    "sold_out",
    "busy",
]


@dataclass(frozen=True, slots=True)
class Wish:
    """What of the catalog a member asked for; without an item: there is none under that key any more.

    `face`: the amount that they chose; None: what the reward buys. `price_minor`: what their page said it
    costs. `barred`: why they may not have it, by what is known of them and of the hour. `later`: somebody
    else delivers it, so that what it costs is held until they have. `gift`: by which gift they choose; None:
    by their own link. `parts`: which rewards together pay for it, as their page said; none: the one alone.
    `beside`: how much of a balance pays with them.
    """

    key: str
    item: Item | None
    face: Money | None = None
    price_minor: int | None = None
    barred: Reason | None = None
    later: bool = False
    gift: int | None = None
    parts: Parts = ()
    beside: Money | None = None


@dataclass(frozen=True, slots=True)
class Bargain:
    """What an item costs, and what pays it."""

    quote: Quote
    payment: Payment


def decide_choice(
    program: Program, claim: Claim, item_key: str, left_minor: int, now: datetime
) -> tuple[Redeem | Hold | Post | Draw | Refuse, ...]:
    """Redeem for an item of the program's text; `left_minor` is what they saw there was to choose with."""
    return decide_wish(program, claim, Wish(item_key, program.items.get(item_key)), left_minor, now)


def decide_wish(
    program: Program, claim: Claim, wish: Wish, left_minor: int, now: datetime
) -> tuple[Redeem | Hold | Post | Draw | Refuse, ...]:
    """Redeem for an item, or hold what it costs while somebody else delivers it; or say why not."""
    return decide_bargain(program, claim, wish, bargain_for(program, claim, wish, now), left_minor, now)


def decide_bargain(
    program: Program, claim: Claim, wish: Wish, bargain: Bargain | None, left_minor: int, now: datetime
) -> tuple[Redeem | Hold | Post | Draw | Refuse, ...]:
    """The same where the bargain is known: what `bargain_for` says of this claim and wish now."""
    reason = _objection(program, claim, wish, bargain, left_minor, now)
    if reason is not None:
        return (refused(claim, reason),)
    assert bargain is not None
    unit, beside, price_minor = claim.value.unit, bargain.payment.beside, bargain.quote.price_minor
    order = order_id(claim.reward_id, left_minor, claim.orders)
    if not wish.later:
        redeem = Redeem(claim.reward_id, order, wish.key, unit, price_minor)
        return redeemed(redeem, bargain.payment)
    held = Hold(order, claim.rule, HELD_FOR, unit, price_minor, "", reserved=True)
    if beside is None:
        return (held,)
    number = beside_hold(order, beside.unit)
    return held, Hold(number, claim.rule, HELD_FOR, beside.unit, beside.amount_minor, "", reserved=True)


def bargain_for(program: Program, claim: Claim, wish: Wish, now: datetime) -> Bargain | None:
    """What is wished costs so much, and so it is paid; None when it cannot be had for the reward."""
    if wish.item is None:
        return None
    if not wish.parts:
        quote = quote_for(program, wish.item, claim.value, left_of(claim, now), wish.face)
        return Bargain(quote, Payment(drawn_for(claim, quote.price_minor, now))) if quote else None
    payment = payment_for(program, claim, wish.item, wish.face, now) if wish.face is not None else None
    return Bargain(Quote(payment.minor, wish.face), payment) if payment is not None else None


def offered(program: Program, item: Item, market: str) -> bool:
    """Whether a member of this market may have the item: it is there, and the market's policy allows it."""
    return market in item.markets and _allowed(program, item, market)


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
    program: Program, claim: Claim, wish: Wish, bargain: Bargain | None, left_minor: int, now: datetime
) -> Reason | None:
    left = left_of(claim, now)
    clicked_again = claim.standing > 0 and left_minor == left + claim.last_minor
    about_item = _objection_to_item(program, claim, wish, bargain)
    # Rewards that were to help are used, ended or joined by one that comes first; or a balance is.
    paid = (bargain.payment.parts, bargain.payment.beside) if bargain is not None else None
    otherwise = bool(wish.parts) and about_item is None and paid != (wish.parts, wish.beside)
    price_minor = bargain.quote.price_minor if bargain is not None else 0
    checks: tuple[tuple[bool, Reason | None], ...] = (
        (claim.gift_at(now) != wish.gift, "given"),
        (_is_status(program, claim.value.unit), "unit:status"),
        (claim.state == "redeemed", "used"),
        (claim.state == "reversed", "withdrawn"),
        (claim.state == "pending", "pending"),
        (claim.state == "expired" or (claim.expires_at is not None and claim.expires_at <= now), "expired"),
        # The page still showed what there was before the order that the first click placed.
        (left != left_minor, "used" if clicked_again else "changed"),
        (about_item is not None, about_item),
        (otherwise, "changed"),
        (wish.price_minor is not None and wish.price_minor != price_minor, "price"),
        (claim.spendable_minor < price_minor, "balance"),
    )
    return next((reason for holds, reason in checks if holds), None)


def _objection_to_item(program: Program, claim: Claim, wish: Wish, bargain: Bargain | None) -> Reason | None:
    item = wish.item
    if item is None:
        return "item:unknown"
    if not _allowed(program, item, claim.market):
        return "item:policy"
    if claim.market not in item.markets:
        return "item:market"
    if wish.barred is not None:
        return wish.barred
    return "item:value" if not wish.parts and bargain is None else None


def _allowed(program: Program, item: Item, market: str) -> bool:
    allowed = program.allowed.get(market)
    return allowed is None or item.category in allowed


def _is_status(program: Program, unit: str) -> bool:
    known = program.units.get(unit)
    return known is not None and known.kind == "status"
