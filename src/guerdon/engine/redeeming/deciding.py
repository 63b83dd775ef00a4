"""Deciding: what a choice comes to, of which offer, at which place, for how much. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from guerdon.engine.orders.choosing import ranked
from guerdon.engine.orders.offers import Offered, load_offered, slot_of
from guerdon.engine.redeeming.choice import Choice
from guerdon.ledger.effects import Effect, Redeem, Refuse
from guerdon.program.model import Program
from guerdon.queries.claims import find_offers_in_stock
from guerdon.rules.choice.payment import Balance, Claim, Parts, left_of, payers_of
from guerdon.rules.choice.prices import is_whole
from guerdon.rules.choice.wishes import Bargain, Wish, bargain_for, decide_bargain, refused
from guerdon.store.catalog.items import POOL, Offer, Slot
from guerdon.store.database import Transaction
from guerdon.store.orders.choices import Origin, load_claim, load_helping
from guerdon.store.wallet.purses import load_purse, lock_member
from guerdon.values.money import Money


@dataclass(frozen=True, slots=True)
class Order:
    """What is about to be placed: by which claim, of which offer, at which place, for how much."""

    item: str
    claim: Claim
    offered: Offered
    offer: Offer
    others: bool
    slot: Slot | None
    bargain: Bargain
    whole: bool

    @property
    def parts(self) -> Parts:
        """Which rewards pay together; nothing where one pays alone, or a balance does."""
        paying = self.bargain.payment
        return paying.parts if self.whole and len(paying.drawn) > 1 else ()

    def worth(self, redeem: Redeem) -> Money:
        """What its code is worth: what was chosen."""
        # What that costs in points changes, and two may cost the same.
        return self.bargain.quote.face or Money(redeem.value, redeem.unit)


def foresee(tx: Transaction, program: Program, choice: Choice, now: datetime) -> Choice | Refuse | None:
    """The choice as a page would say it this minute, or why it would be refused; nothing is written.

    Its rewards and its balance stay those that it names; what there is to choose with, and by which gift, is
    as it stands in this transaction. None when the member has no such reward.
    """
    found = load_chosen(tx, choice)
    if found is None:
        return None
    claim = payable(tx, program, choice, found[0], now)
    places = {lot.reward_id: place for place, lot in enumerate(payers_of(claim, now))}
    parts = sorted(choice.parts, key=lambda part: places.get(part[0], len(places)))
    seen = replace(choice, left_minor=left_of(claim, now), gift=claim.gift_at(now), parts=tuple(parts))
    decided = order_for(tx, program, seen, claim, now, ())
    if isinstance(decided, Refuse):
        return decided
    order, (first, *_) = decided
    if isinstance(first, Redeem) and not order.others:
        wanted = (order.item, order.worth(first))
        if not find_offers_in_stock(tx, choice.program_id, [wanted], now):
            return refused(claim, "sold_out")
    return seen


def load_chosen(tx: Transaction, choice: Choice) -> tuple[Claim, Origin] | None:
    """The reward of a choice, with its member locked; None when the member has no such reward."""
    whose = (choice.program_id, choice.member_id)
    return load_claim(tx, *whose, choice.reward_id) if lock_member(tx, *whose) is not None else None


def payable(tx: Transaction, program: Program, choice: Choice, claim: Claim, now: datetime) -> Claim:
    """A claim with all that may pay for the choice: of money what their page showed beside the reward."""
    ids, unit = (choice.program_id, choice.member_id), claim.value.unit
    if not is_whole(program, unit):
        return replace(claim, lots=load_purse(tx, *ids, unit).lots)
    if choice.parts:
        named = {reward for reward, _ in choice.parts}
        others = load_helping(tx, *ids, unit, now)
        kept = [lot for lot in others if lot.reward_id in named] if choice.fixed else others
        claim = replace(claim, others=kept)
    if choice.beside is not None and program.catalog.pay_rest_with is not None:
        purse = load_purse(tx, *ids, program.catalog.pay_rest_with)
        balance = Balance(purse.unit, purse.posted - purse.held, purse.lots)
        claim = replace(claim, balance=balance)
    return claim


def order_for(
    tx: Transaction, program: Program, choice: Choice, claim: Claim, now: datetime, empty: Sequence[str]
) -> tuple[Order, Sequence[Effect]] | Refuse:
    """What a choice comes to, of the offers that are not `empty`; or why it is refused."""
    left_minor = claim.value.amount_minor if choice.left_minor is None else choice.left_minor
    offered = load_offered(tx, program, (choice.program_id, choice.member_id), choice.item, now)
    slot = slot_of(offered.slots, choice.slot_id, claim.market)
    wish = Wish(
        choice.item,
        offered.item,
        choice.face,
        choice.price_minor,
        offered.barred if isinstance(slot, Slot) or slot is None else slot,
        gift=choice.gift,
        parts=choice.parts,
        beside=choice.beside,
    )
    bargain = bargain_for(program, claim, wish, now)
    # An amount that nobody said is what the reward buys: of that, too, whoever takes least goes first.
    face = choice.face if bargain is None else bargain.quote.face
    order = ranked(offered.offers, program.suppliers, 0 if face is None else face.amount_minor)
    offers = [each for each in order if each.supplier not in empty]
    wish = replace(wish, later=bool(offers) and offers[0].supplier != POOL)
    effects = decide_bargain(program, claim, wish, bargain, left_minor, now)
    if isinstance(effects[0], Refuse):
        return effects[0]
    if not offers:
        return refused(claim, "sold_out")
    assert not isinstance(slot, str)
    assert bargain is not None
    whole = is_whole(program, claim.value.unit)
    return Order(choice.item, claim, offered, offers[0], len(offers) > 1, slot, bargain, whole), effects
