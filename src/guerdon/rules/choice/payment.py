"""Payment: which lots pay for an order, and how much each gives.

One reward pays alone; or others of its member help, first the one that was opened, then those that end first;
or a balance of points or credits pays, at its worth, what rewards of money are short of. Rewards come before
the balance, and each of them that helps beside it is used as far as it goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import PURSE, spent_account
from guerdon.ledger.effects import Draw, Post, Redeem
from guerdon.ledger.lots import Lot, draw_earliest, earliest_first, free_in
from guerdon.program.model import Item, Program
from guerdon.rules.choice.prices import face_worth, is_whole, sold_as, worth_of
from guerdon.values.ids import derived_id
from guerdon.values.money import Money

# Which reward gives how much of what an order costs.
Parts = tuple[tuple[int, int], ...]
# More rewards than that do not pay together: nobody could follow it on a page.
PAYERS_MAX = 12


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has of a unit of points or credits; what lapsed is in the lots and does not count."""

    unit: str
    spendable_minor: int
    lots: Sequence[Lot]

    def free(self, now: datetime) -> int:
        """What of it may be spent."""
        return min(self.spendable_minor, free_in(self.lots, now))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a choice depends on: the reward as it stands, whose market, and what the purse has to spend.

    `lots` may pay: of money the reward's own, of points all that the member has. `others`: of money the
    lots of their other rewards, which may help; `balance`: what of points or credits may. `orders` were
    placed for it so far, the last one took `last_minor` of it; those that were not canceled are `standing`,
    of which `used` are delivered.
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
    balance: Balance | None = None

    def gift_at(self, now: datetime) -> int | None:
        """The gift that it is now; None while it is its member's own."""
        return self.gift if self.gift_until is None or self.gift_until > now else None


@dataclass(frozen=True, slots=True)
class Payment:
    """What pays for an order: lots of the reward's unit with their parts, and those of a balance beside them.

    `beside` says how much of the balance that is, in its unit; None: nothing.
    """

    drawn: Sequence[tuple[Lot, int]]
    beside: Money | None = None
    beside_drawn: Sequence[tuple[Lot, int]] = ()

    @property
    def minor(self) -> int:
        """What rewards of its unit pay."""
        return sum(part for _, part in self.drawn)

    @property
    def parts(self) -> Parts:
        """Which reward gives how much."""
        return tuple((lot.reward_id, part) for lot, part in self.drawn)


def left_of(claim: Claim, now: datetime) -> int:
    """What there is to choose with."""
    return free_in(claim.lots, now)


def drawn_for(claim: Claim, price_minor: int, now: datetime) -> list[tuple[Lot, int]]:
    """Which lots pay: its own before those of other rewards, each time those that end first; none that ended.

    The others are asked only for what its own are short of, which is nothing unless they were to help.
    """
    drawn = draw_earliest((lot for lot in claim.lots if not lot.lapsed(now)), price_minor)
    missing = price_minor - sum(part for _, part in drawn)
    return drawn + draw_earliest(_helping(claim, now), missing)


def payers_of(claim: Claim, now: datetime) -> list[Lot]:
    """The lots of its unit that may pay together, in the order in which they are asked."""
    own = [lot for lot in claim.lots if not lot.lapsed(now)]
    return [lot for lot in (*earliest_first(own), *earliest_first(_helping(claim, now))) if lot.free]


def payment_for(program: Program, claim: Claim, item: Item, face: Money, now: datetime) -> Payment | None:
    """What pays for an amount that the reward alone does not buy; None when nothing that may does."""
    unit, own = claim.value.unit, left_of(claim, now)
    # A gift is one reward: whoever took it has nothing else of the giver's.
    if claim.gift_at(now) is not None or not is_whole(program, unit) or face.unit != unit:
        return None
    if not 0 < own < face.amount_minor or not sold_as(item, face):
        return None
    drawn = _combined(program, claim, face, now)
    return Payment(drawn) if drawn is not None else _with_balance(program, claim, face, now)


def balance_worth(program: Program, claim: Claim, now: datetime) -> int:
    """How much money, in its smallest part, the balance pays at most; 0 where it may pay nothing."""
    unit, balance = claim.value.unit, claim.balance
    if balance is None or claim.gift_at(now) is not None or not is_whole(program, unit):
        return 0
    worth = face_worth(program, Money(balance.free(now), balance.unit))
    return worth.amount_minor if worth is not None and worth.unit == unit else 0


def redeemed(redeem: Redeem, payment: Payment) -> tuple[Redeem | Post | Draw, ...]:
    """What follows from an order that is paid so."""
    effects: list[Redeem | Post | Draw] = [redeem]
    for number, (payer, parts) in enumerate(_by_payer(payment.drawn)):
        post = derived_id(redeem.order, "post", payer) if number else redeem.order
        effects += _spent(post, payer, redeem.unit, parts)
    if payment.beside is not None:
        unit = payment.beside.unit
        for payer, parts in _by_payer(payment.beside_drawn):
            effects += _spent(derived_id(redeem.order, "beside", unit, payer), payer, unit, parts)
    return tuple(effects)


def beside_hold(order: int, unit: str) -> int:
    """The hold of what a balance pays beside the rewards of an order, whose own hold has its number."""
    return derived_id(order, "beside", unit)


def _helping(claim: Claim, now: datetime) -> list[Lot]:
    return [lot for lot in claim.others if not lot.lapsed(now) and lot.reward_id != claim.reward_id]


def _combined(program: Program, claim: Claim, face: Money, now: datetime) -> list[tuple[Lot, int]] | None:
    """Which rewards together come to an amount; where rewards are used whole, they must do so exactly."""
    if not program.catalog.combine:
        return None
    drawn = drawn_for(claim, face.amount_minor, now)
    if sum(part for _, part in drawn) < face.amount_minor:
        return None
    if len(drawn) > PAYERS_MAX:
        return None
    whole = all(part == lot.remaining for lot, part in drawn)
    return drawn if program.catalog.split or whole else None


def _with_balance(program: Program, claim: Claim, face: Money, now: datetime) -> Payment | None:
    """Rewards as far as they go, and the rest out of the balance."""
    if claim.balance is None:
        return None
    missing, drawn = face.amount_minor, list[tuple[Lot, int]]()
    for number, lot in enumerate(payers_of(claim, now)[:PAYERS_MAX]):
        helps = lot.reward_id != claim.reward_id
        usable = (program.catalog.combine or not helps) and (program.catalog.split or not lot.held)
        if usable and lot.free <= missing:
            drawn.append((lot, lot.free))
            missing -= lot.free
        elif number == 0:
            return None
    if not missing:
        return Payment(drawn)
    price = worth_of(program, Money(missing, face.unit), claim.balance.unit)
    if price is None or price > claim.balance.free(now):
        return None
    lots = (lot for lot in claim.balance.lots if not lot.lapsed(now))
    beside = Money(price, claim.balance.unit)
    return Payment(drawn, beside, draw_earliest(lots, beside.amount_minor))


def _by_payer(drawn: Sequence[tuple[Lot, int]]) -> list[tuple[str, list[tuple[Lot, int]]]]:
    payers = dict.fromkeys(lot.payer for lot, _ in drawn)
    return [(payer, [(lot, part) for lot, part in drawn if lot.payer == payer]) for payer in payers]


def _spent(post: int, payer: str, unit: str, parts: Sequence[tuple[Lot, int]]) -> list[Redeem | Post | Draw]:
    moved = Post(post, PURSE, spent_account(payer), unit, sum(part for _, part in parts))
    return [moved, *(Draw(post, lot.reward_id, part) for lot, part in parts)]
