"""One item as its own page shows it: what may be had of it, for what, and why not where it may not.

Every price here is a quote of the rules that decide the choice, so that what is shown is what is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from guerdon.engine.gifts.holding import list_beside
from guerdon.engine.orders.offers import Offered, load_offered
from guerdon.program.model import Item, Program
from guerdon.queries.catalog.keys import find_item_key
from guerdon.queries.claims import find_offers_in_stock
from guerdon.rules.choice.payment import PAYERS_MAX, Balance, Claim, balance_worth, payers_of, payment_for
from guerdon.rules.choice.prices import is_whole, quote_for, worth_of
from guerdon.rules.choice.wishes import offered
from guerdon.store.catalog.items import POOL, Slot
from guerdon.store.database import Transaction
from guerdon.store.orders.choices import load_helping
from guerdon.store.orders.waits import Wait, list_waits
from guerdon.store.wallet.purses import load_purse
from guerdon.values.ids import derived_id, show
from guerdon.values.money import Money
from guerdon.values.texts import FALLBACK_LANGUAGE, Text
from guerdon.web.member.buyers import Buyer
from guerdon.web.member.pages import Visit
from guerdon.web.member.shelf import Amount, Card, ItemShown, SlotShown, Span

# Of amounts the dearest that are covered are shown, and so many that are just not.
AMOUNTS_MAX, BEYOND_MAX, SLOTS_MAX = 24, 2, 40


@dataclass(frozen=True, slots=True)
class _Prices:
    """What may be had: amounts, or a range of them, in which unit."""

    amounts: Sequence[Amount] = ()
    span: Span | None = None
    unit: str = ""

    @property
    def least(self) -> Money | None:
        return min((each.price for each in self.amounts), key=lambda price: price.amount_minor, default=None)

    @property
    def covered(self) -> bool:
        return self.span is not None or any(each.short is None for each in self.amounts)


def item_number(program_id: int, key: str) -> int:
    """The public number of an item."""
    return derived_id(program_id, "item", key)


def find_item(
    tx: Transaction, visit: Visit, buyer: Buyer, number: int, face: Money | None = None
) -> ItemShown | None:
    """An item of the member's market; None where there is none of this number for them.

    `face`: an amount that they asked for. Where more than the one reward pays it, it stands there alone.
    """
    key = _key_of(tx, visit, number)
    if key is None:
        return None
    found = load_offered(tx, visit.program, (visit.program_id, visit.member_id), key, visit.now)
    if found.item is None or not offered(visit.program, found.item, buyer.market):
        return None
    if found.barred == "item:hidden":
        return None
    prices = _prices(visit.program, found.item, buyer)
    if visit.gift is None:
        prices = _with_helping(tx, visit, buyer, (found.item, face), prices)
    if not prices.amounts and prices.span is None:
        return None
    return _shown(tx, visit, buyer, found, prices)


def _shown(tx: Transaction, visit: Visit, buyer: Buyer, found: Offered, prices: _Prices) -> ItemShown:
    item, row = found.item, found.row
    assert item is not None
    slots = _slots(tx, visit, found, buyer.market)
    dated = [slot for slot in slots if slot.starts_at is not None]
    edition = next((slot for slot in slots if slot.starts_at is None), None) if not dated else None
    # A limit that was lifted is none; but what has dates, and none that is open, is not to be had.
    placed = any(slot.gone_at is None or slot.starts_at is not None for slot in found.slots)
    stocked = _stocked(tx, visit, found, prices) and (not placed or any(slot.left for slot in dated or slots))
    card = Card(
        itm=show("itm", row.id if row is not None else item_number(visit.program_id, item.key)),
        name=item.name,
        brand=row.brand if row is not None else "",
        image=row.image if row is not None else None,
        price=prices.least,
        missing=None if prices.covered else prices.amounts[0].short,
        in_stock=stocked,
        lead_minutes=row.lead_minutes if row is not None else 0,
    )
    bar = "locked" if found.barred else "sold_out" if not stocked else "" if prices.covered else "short"
    return ItemShown(
        key=item.key,
        card=card,
        about=_text(item.about),
        terms=_text(row.terms) if row is not None else None,
        use=_text(item.use),
        delivery=row.delivery if row is not None else "code",
        amounts=prices.amounts,
        span=prices.span,
        unit=prices.unit,
        slots=dated[:SLOTS_MAX],
        limited=edition,
        needs=_needs(found),
        bar=bar,
    )


def _key_of(tx: Transaction, visit: Visit, number: int) -> str | None:
    own = (key for key in visit.program.items if item_number(visit.program_id, key) == number)
    return next(own, None) or find_item_key(tx, visit.program_id, number)


def _prices(program: Program, item: Item, buyer: Buyer) -> _Prices:
    unit, left = buyer.value.unit, buyer.left.amount_minor
    if is_whole(program, unit):
        return _of_money(program, item, buyer)
    own = item.price_minor(unit)
    if own is not None:
        quote = quote_for(program, item, buyer.value, max(left, own))
        face = quote.face if quote is not None else None
        return _Prices([_amount(Money(own, unit), face, left)], unit=face.unit if face else "")
    currency = item.currency or ""
    faces = [price for price in item.values if price.unit == currency]
    priced = [(face, worth_of(program, face, unit)) for face in faces]
    amounts = _near([_amount(Money(price, unit), face, left) for face, price in priced if price is not None])
    if item.range is None or amounts:
        return _Prices(amounts, unit=currency)
    least, most, step = item.range
    # The most that is covered: by halves, as what is dearer is worth more.
    low, high = -1, (most - least) // step
    while low < high:
        middle = (low + high + 1) // 2
        price = worth_of(program, Money(least + middle * step, currency), unit)
        low, high = (middle, high) if price is not None and price <= left else (low, middle - 1)
    if low < 0:
        price = worth_of(program, Money(least, currency), unit)
        short = [_amount(Money(price, unit), Money(least, currency), left)] if price is not None else []
        return _Prices(short, unit=currency)
    price = worth_of(program, Money(least, currency), unit)
    rate, _ = program.catalog.worth[unit]
    assert price is not None
    return _span(currency, (least, least + low * step, step), Money(price, unit), f"{unit} {rate:f}")


def _of_money(program: Program, item: Item, buyer: Buyer) -> _Prices:
    unit, left = buyer.value.unit, buyer.left.amount_minor
    usual = quote_for(program, item, buyer.value, left)
    if not program.catalog.split:
        if usual is None:
            return _Prices()
        price = Money(usual.price_minor, unit)
        return _Prices([_amount(price, price, left)], unit=unit)
    faces = [price for price in item.values if price.unit == unit]
    if faces:
        return _Prices(_near([_amount(face, face, left) for face in faces]), unit=unit)
    if item.range is None or item.currency != unit:
        return _Prices()
    least, most, step = item.range
    if least > left:
        return _Prices([_amount(Money(least, unit), Money(least, unit), left)], unit=unit)
    return _span(unit, (least, least + (min(left, most) - least) // step * step, step))


def _with_helping(
    tx: Transaction, visit: Visit, buyer: Buyer, asked: tuple[Item, Money | None], prices: _Prices
) -> _Prices:
    """Amounts that the reward does not buy alone, but with what else its member has; (item, amount asked)."""
    unit, (item, wanted), catalog = buyer.value.unit, asked, visit.program.catalog
    claim = _helped(tx, visit, buyer)
    if claim is None:
        return prices
    faces = sorted(value.amount_minor for value in item.values if value.unit == unit)
    sums = list(accumulate(lot.free for lot in payers_of(claim, visit.now)[:PAYERS_MAX]))
    more = balance_worth(visit.program, claim, visit.now)
    if item.range is not None and item.currency == unit and not (catalog.split and faces):
        if wanted is not None:
            together = _together(visit, claim, item, wanted)
            if together is not None:
                return _Prices([together], unit=unit)
        if sums and (catalog.split or more):
            has = claim.balance if more else None
            balance = Money(has.free(visit.now), has.unit) if has is not None else None
            return _wider(item.range, prices, buyer, (sums[-1 if catalog.split else 0] + more, balance))
        # Used whole, they come to these amounts and to no other.
        faces = sorted({*faces, *sums})
    amounts = {each.minor: each for each in prices.amounts}
    for face in (Money(minor, unit) for minor in faces):
        if len(amounts) == AMOUNTS_MAX * 2:
            break
        together = _together(visit, claim, item, face)
        if together is not None:
            amounts[face.amount_minor] = together
    return _Prices([amounts[minor] for minor in sorted(amounts)], unit=unit)


def _helped(tx: Transaction, visit: Visit, buyer: Buyer) -> Claim | None:
    """A reward of money with what may pay beside it; None where nothing may."""
    unit, whose, catalog = buyer.value.unit, (visit.program_id, visit.member_id), visit.program.catalog
    if not is_whole(visit.program, unit) or not (catalog.combine or catalog.pay_rest_with):
        return None
    lots = load_helping(tx, *whose, unit, visit.now)
    if catalog.claim_links.one_time and visit.gift is None:
        beside = set(list_beside(tx, (*whose, visit.reward_id), [lot.reward_id for lot in lots]))
        lots = [lot for lot in lots if lot.reward_id in beside]
    own = [lot for lot in lots if lot.reward_id == visit.reward_id]
    balance = None
    if catalog.pay_rest_with is not None:
        purse = load_purse(tx, *whose, catalog.pay_rest_with)
        balance = Balance(purse.unit, purse.posted - purse.held, purse.lots)
    others = lots if catalog.combine else ()
    alone = (visit.reward_id, "", buyer.value, "ready", None, buyer.market, 0)
    return Claim(*alone, own, others=others, balance=balance)


def _together(visit: Visit, claim: Claim, item: Item, face: Money) -> Amount | None:
    """An amount that more than the reward pays, and how much each gives; None when they cannot."""
    paying = payment_for(visit.program, claim, item, face, visit.now)
    if paying is None:
        return None
    parts = [(show("rwd", lot.reward_id), Money(part, face.unit)) for lot, part in paying.drawn]
    return Amount(face.amount_minor, face, face, parts=parts, beside=paying.beside)


def _wider(
    bounds: tuple[int, int, int], prices: _Prices, buyer: Buyer, helped: tuple[int, Money | None]
) -> _Prices:
    """The range of an item up to what all that may pay comes to, where the reward alone covers less."""
    (least, most, step), (total, balance), left = bounds, helped, buyer.left
    if total <= left.amount_minor or total < least or left.amount_minor >= most:
        return prices
    most = least + (min(total, most) - least) // step * step
    if prices.span is None:
        # Used whole, it pays for nothing that costs less than all of it.
        least += max(0, -(-(left.amount_minor - least) // step)) * step
    span = _span(left.unit, (least, most, step)).span
    if span is None or least > most:
        return prices
    return _Prices((), replace(span, own=left, balance=balance), left.unit)


def _span(unit: str, bounds: tuple[int, int, int], price: Money | None = None, rate: str = "") -> _Prices:
    least, most, step = (Money(each, unit) for each in bounds)
    return _Prices((), Span(least, most, step, price, rate), unit)


def _near(amounts: Sequence[Amount]) -> list[Amount]:
    """What a page has room for: the dearest amounts that are covered, and the next ones that are not."""
    known = sorted(amounts, key=lambda each: each.minor)
    covered = [each for each in known if each.short is None]
    beyond = known[len(covered) :]
    room = max(AMOUNTS_MAX - len(beyond), AMOUNTS_MAX - BEYOND_MAX)
    shown = covered[-room:]
    return shown + beyond[: AMOUNTS_MAX - len(shown)]


def _amount(price: Money, face: Money | None, left: int) -> Amount:
    over = price.amount_minor - left
    return Amount((face or price).amount_minor, face, price, Money(over, price.unit) if over > 0 else None)


def _slots(tx: Transaction, visit: Visit, found: Offered, market: str) -> list[SlotShown]:
    here = [
        slot
        for slot in found.slots
        if slot.gone_at is None
        and slot.market in {None, market}
        and (slot.starts_at is None or slot.starts_at > visit.now)
    ]
    if not here:
        return []
    waits = list_waits(tx, visit.program_id, visit.member_id, here[0].item_id)
    mine = {wait.slot_id: wait for wait in waits}
    shown = [_slot_shown(slot, mine.get(slot.id), visit.now) for slot in here]
    # Open ones come first, then those that they wait for, each in their order.
    return sorted(shown, key=lambda slot: (slot.left == 0, not slot.wait))


def _slot_shown(slot: Slot, wait: Wait | None, now: datetime) -> SlotShown:
    shown = SlotShown(show("slt", slot.id), slot.starts_at, slot.venue or "", slot.left)
    if wait is None:
        # What came free is for whoever waits, and not for those who come by.
        return replace(shown, left=0) if slot.waiting else shown
    kept = wait.offered_until is not None and wait.offered_until > now
    return replace(shown, left=int(kept), wait=wait.state, until=wait.offered_until)


def _stocked(tx: Transaction, visit: Visit, found: Offered, prices: _Prices) -> bool:
    """Whether anybody can deliver it: a supplier that says so, or codes of our own of one of the amounts."""
    assert found.item is not None
    if any(offer.in_stock for offer in found.offers if offer.supplier != POOL):
        return True
    if not any(offer.supplier == POOL for offer in found.offers):
        return False
    asked = [(found.item.key, each.face or each.price) for each in prices.amounts]
    return prices.span is not None or bool(find_offers_in_stock(tx, visit.program_id, asked, visit.now))


def _needs(found: Offered) -> list[str]:
    """What the supplier must be told by whoever delivers it first."""
    first = next((offer for offer in found.offers if offer.in_stock), None)
    return list(first.needs) if first is not None else []


def _text(text: Text) -> Text | None:
    return text if text.get(FALLBACK_LANGUAGE) else None
