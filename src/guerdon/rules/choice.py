"""The choice: a member takes one item, and what it costs leaves the purse for it.

A reward of money is taken whole: it buys what costs exactly that. Once part of it was used or taken back, it
buys the dearest of an item that the rest still covers, and what then remains stays ready. Points and credits
are a balance: an item has its price, and the lots that end first pay it. Whether a code of the item is left
is not asked here, because only taking one can tell; when the last one went, `sold_out` is the refusal.

Where the member says which amount of an item they want, that is what they get: of a reward of money a part,
if the program lets rewards be split; of points as many as the item's price says, or as its face is worth.

Where the program lets rewards be combined, other rewards of that money pay what one is short of: the one that
was opened first, then those that end first. That is done only as the member saw it, reward by reward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from guerdon.ledger.chart import PURSE, spent_account
from guerdon.ledger.effects import Draw, Hold, Post, Redeem, Refuse
from guerdon.ledger.lots import Lot, draw_earliest, earliest_first, free_in
from guerdon.program.model import Item, Program
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
class Claim:
    """What a choice depends on: the reward as it stands, whose market, and what the purse has to spend.

    `lots` may pay: of money the reward's own, of points all that the member has. `others`: of money the
    lots of their other rewards, which may help. `orders` were placed for it so far, the last one took
    `last_minor` of it; those that were not canceled are `standing`, of which `used` are delivered.
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
    used: int = 0
    # The gift that was made of it, and until when that can be taken; None: somebody has it.
    gift: int | None = None
    gift_until: datetime | None = None
    others: Sequence[Lot] = ()

    def gift_at(self, now: datetime) -> int | None:
        """The gift that it is now; None while it is its member's own."""
        return self.gift if self.gift_until is None or self.gift_until > now else None


# Which reward gives how much of what an order costs.
Parts = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What of the catalog a member asked for; without an item: there is none under that key any more.

    `face`: the amount that they chose; None: what the reward buys. `price_minor`: what their page said it
    costs. `barred`: why they may not have it, by what is known of them and of the hour. `later`: somebody
    else delivers it, so that what it costs is held until they have. `gift`: by which gift they choose; None:
    by their own link. `parts`: which rewards together pay for it, as their page said; none: the one alone.
    """

    key: str
    item: Item | None
    face: Money | None = None
    price_minor: int | None = None
    barred: Reason | None = None
    later: bool = False
    gift: int | None = None
    parts: Parts = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """What an item costs in the unit of a reward, and what the member gets for it where that is money."""

    price_minor: int
    face: Money | None


def decide_choice(
    program: Program, claim: Claim, item_key: str, left_minor: int, now: datetime
) -> tuple[Redeem | Hold | Post | Draw | Refuse, ...]:
    """Redeem for an item of the program's text; `left_minor` is what they saw there was to choose with."""
    return decide_wish(program, claim, Wish(item_key, program.items.get(item_key)), left_minor, now)


def decide_wish(
    program: Program, claim: Claim, wish: Wish, left_minor: int, now: datetime
) -> tuple[Redeem | Hold | Post | Draw | Refuse, ...]:
    """Redeem for an item, or hold what it costs while somebody else delivers it; or say why not."""
    reason = _objection(program, claim, wish, left_minor, now)
    if reason is not None:
        return (refused(claim, reason),)
    assert wish.item is not None
    unit = claim.value.unit
    quote = _quote(program, claim, wish, left_minor, now)
    assert quote is not None
    order = order_id(claim.reward_id, left_minor, claim.orders)
    if wish.later:
        return (Hold(order, claim.rule, HELD_FOR, unit, quote.price_minor, "", reserved=True),)
    redeem = Redeem(claim.reward_id, order, wish.key, unit, quote.price_minor)
    return redeemed(redeem, drawn_for(claim, quote.price_minor, now))


def drawn_for(claim: Claim, price_minor: int, now: datetime) -> list[tuple[Lot, int]]:
    """Which lots pay: its own before those of other rewards, each time those that end first; none that ended.

    The others are asked only for what its own are short of, which is nothing unless they were to help.
    """
    drawn = draw_earliest((lot for lot in claim.lots if not lot.lapsed(now)), price_minor)
    missing = price_minor - sum(part for _, part in drawn)
    return drawn + draw_earliest(_helping(claim, now), missing)


def payers_of(claim: Claim, now: datetime) -> list[Lot]:
    """The lots that may pay together, in the order in which they are asked."""
    own = [lot for lot in claim.lots if not lot.lapsed(now)]
    return [lot for lot in (*earliest_first(own), *earliest_first(_helping(claim, now))) if lot.free]


def _helping(claim: Claim, now: datetime) -> list[Lot]:
    return [lot for lot in claim.others if not lot.lapsed(now) and lot.reward_id != claim.reward_id]


def combined_for(
    program: Program, claim: Claim, item: Item, face: Money, now: datetime
) -> list[tuple[Lot, int]] | None:
    """Which rewards together pay for an amount that one alone does not; None when they cannot.

    Where rewards are used whole, they must come to it exactly.
    """
    unit, own = claim.value.unit, left_of(claim, now)
    if not _may_combine(program, claim) or face.unit != unit or own <= 0:
        return None
    if face.amount_minor <= own or not sold_as(item, face):
        return None
    drawn = drawn_for(claim, face.amount_minor, now)
    if sum(part for _, part in drawn) < face.amount_minor:
        return None
    whole = all(part == lot.remaining for lot, part in drawn)
    return drawn if program.catalog.split or whole else None


def combinable_in(program: Program, claim: Claim, now: datetime) -> int:
    """How much there is of a reward and of those that may help it."""
    others = claim.others if _may_combine(program, claim) else ()
    return left_of(claim, now) + free_in((lot for lot in others if lot.reward_id != claim.reward_id), now)


def parts_of(drawn: Sequence[tuple[Lot, int]]) -> Parts:
    """Which reward gives how much."""
    return tuple((lot.reward_id, part) for lot, part in drawn)


def redeemed(redeem: Redeem, drawn: Sequence[tuple[Lot, int]]) -> tuple[Redeem | Post | Draw, ...]:
    """What follows from an order that is paid by these lots."""
    effects: list[Redeem | Post | Draw] = [redeem]
    for number, payer in enumerate(dict.fromkeys(lot.payer for lot, _ in drawn)):
        post = derived_id(redeem.order, "post", payer) if number else redeem.order
        parts = [(lot, part) for lot, part in drawn if lot.payer == payer]
        effects.append(Post(post, PURSE, spent_account(payer), redeem.unit, sum(part for _, part in parts)))
        effects += [Draw(post, lot.reward_id, part) for lot, part in parts]
    return tuple(effects)


def quote_for(
    program: Program, item: Item, value: Money, left_minor: int, face: Money | None = None
) -> Quote | None:
    """What an item costs who has so much left of a reward; None when it cannot be had for it."""
    if is_whole(program, value.unit):
        usual = price_of(program, item, value, left_minor)
        if face is None:
            return Quote(usual, Money(usual, value.unit)) if usual is not None else None
        fits = face.unit == value.unit and 0 < face.amount_minor <= left_minor
        fits = fits and sold_as(item, face) and (program.catalog.split or face.amount_minor == usual)
        return Quote(face.amount_minor, face) if fits else None
    money = item.currency if item.currency is not None or face is None else face.unit
    faces = [price for price in item.values if price.unit == money]
    if face is None and len(faces) == 1 and item.range is None:
        face = faces[0]
    elif face is not None and not (is_whole(program, face.unit) and sold_as(item, face)):
        return None
    fixed = price_of(program, item, value, left_minor)
    if fixed is not None or item.price_minor(value.unit) is not None or face is None:
        # A price of its own is that of its one amount: of several it would buy the dearest for the same.
        own = item.range is None and len(faces) <= 1
        return Quote(fixed, face) if fixed is not None and own else None
    price_minor = worth_of(program, face, value.unit)
    return Quote(price_minor, face) if price_minor is not None and price_minor <= left_minor else None


def worth_of(program: Program, face: Money, unit: str) -> int | None:
    """How much of points or credits pays for a face value, rounded up; None: the program does not say."""
    worth, known = program.catalog.worth.get(unit), program.units.get(unit)
    money = program.units.get(face.unit)
    if worth is None or known is None or money is None or worth[1] != face.unit or worth[0] <= 0:
        return None
    whole = Decimal(face.amount_minor).scaleb(-money.digits) / worth[0]
    return int(whole.scaleb(known.digits).to_integral_value(ROUND_CEILING))


def price_of(program: Program, item: Item, value: Money, left_minor: int) -> int | None:
    """What an item costs who has so much left of a reward; None when it cannot be had for it."""
    if is_whole(program, value.unit) and left_minor == value.amount_minor:
        return left_minor if sold_as(item, value) else None
    prices = [price.amount_minor for price in item.values if price.unit == value.unit]
    if item.range is not None and item.currency == value.unit and left_minor >= item.range[0]:
        least, most, step = item.range
        prices.append(least + (min(left_minor, most) - least) // step * step)
    return max((price for price in prices if price <= left_minor), default=None)


def sold_as(item: Item, face: Money) -> bool:
    """Whether an item has this amount: one of its own, or one within its range and steps."""
    if face in item.values:
        return True
    if item.range is None or item.currency != face.unit:
        return False
    least, most, step = item.range
    return least <= face.amount_minor <= most and (face.amount_minor - least) % step == 0


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


def _objection(program: Program, claim: Claim, wish: Wish, left_minor: int, now: datetime) -> Reason | None:
    left = left_of(claim, now)
    clicked_again = claim.standing > 0 and left_minor == left + claim.last_minor
    about_item = _objection_to_item(program, claim, wish, left)
    # Rewards that were to help are used, ended or were joined by one that comes before them.
    otherwise = bool(wish.parts) and about_item is None and _parts(program, claim, wish, now) != wish.parts
    quote = _quote(program, claim, wish, left, now)
    price_minor = quote.price_minor if quote is not None else 0
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


def _objection_to_item(program: Program, claim: Claim, wish: Wish, left: int) -> Reason | None:
    item = wish.item
    if item is None:
        return "item:unknown"
    if not _allowed(program, item, claim.market):
        return "item:policy"
    if claim.market not in item.markets:
        return "item:market"
    if wish.barred is not None:
        return wish.barred
    if not wish.parts and quote_for(program, item, claim.value, left, wish.face) is None:
        return "item:value"
    return None


def _quote(program: Program, claim: Claim, wish: Wish, left_minor: int, now: datetime) -> Quote | None:
    if wish.item is None:
        return None
    if not wish.parts:
        return quote_for(program, wish.item, claim.value, left_minor, wish.face)
    if wish.face is None or _parts(program, claim, wish, now) is None:
        return None
    return Quote(wish.face.amount_minor, wish.face)


def _parts(program: Program, claim: Claim, wish: Wish, now: datetime) -> Parts | None:
    """What pays together for what is wished, as things stand."""
    if wish.item is None or wish.face is None:
        return None
    drawn = combined_for(program, claim, wish.item, wish.face, now)
    return None if drawn is None else parts_of(drawn)


def _allowed(program: Program, item: Item, market: str) -> bool:
    allowed = program.allowed.get(market)
    return allowed is None or item.category in allowed


def _may_combine(program: Program, claim: Claim) -> bool:
    # A gift is one reward: whoever took it has none of the giver's others.
    return program.catalog.combine and claim.gift is None and is_whole(program, claim.value.unit)


def _is_status(program: Program, unit: str) -> bool:
    known = program.units.get(unit)
    return known is not None and known.kind == "status"
