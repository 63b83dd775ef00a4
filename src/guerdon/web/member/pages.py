"""A claim page as its template reads it: stored rows with the program's names, in the member's time zone.

A later version of a program may have dropped a rule, an item, a market or a location that a reward still
names; then the key stands where the name was, and the page goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.program.model import Item, Program
from guerdon.queries.claims import (
    AskedFor,
    ClaimedReward,
    OtherReward,
    PlacedOrder,
    Purse,
    Receipt,
    find_offers_in_stock,
    list_asked_for,
    list_orders,
    list_pending,
    list_ready,
    list_used,
    load_receipt,
    load_reward,
)
from guerdon.rules.choice import is_whole, offered, price_of
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault
from guerdon.text.qr import Symbol, draw_qr
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

# The categories that we have a name and a mark for; any other is shown by its key.
CATEGORIES = {
    "gift_card": ("Gift cards", "gift"),
    "experience": ("Experiences", "ticket"),
    "charging": ("Charging", "zap"),
    "product": ("Products", "shopping-bag"),
    "accessory": ("Accessories", "car"),
    "donation": ("Donations", "leaf"),
}
_OTHER_MARK = "gift"


@dataclass(frozen=True, slots=True)
class ItemOffered:
    """An item of the member's market that the reward buys, or what is left of it."""

    key: str
    name: Text
    about: Text
    price: Money
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Category:
    """Items of one kind, in the program's order."""

    name: str
    icon: str
    items: Sequence[ItemOffered]


@dataclass(frozen=True, slots=True)
class ChosenItem:
    """What was chosen, and its code ready to be shown."""

    name: Text
    use: Text | None
    placed_at: datetime
    code: str
    qr: Symbol


@dataclass(frozen=True, slots=True)
class OtherShown:
    """Another reward of the member's, with the link that opens it."""

    token: str
    number: str
    rule_name: Text
    value: Money
    state: str
    # None: when an event says so.
    available_at: datetime | None
    expires_at: datetime | None
    redeemed_at: datetime | None
    item_name: Text


@dataclass(frozen=True, slots=True)
class AskedShown:
    """A reward that people still have to agree to."""

    rule_name: Text
    value: Money
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Everything on the page."""

    number: str
    rule_name: Text
    value: Money
    # What there is to choose with: of money what is left of this reward, of points the balance.
    left: Money
    partly_taken_back: bool
    # Nothing of it is left, and it is not what was taken back: it went to what the member owed.
    paid_debt: bool
    # Items show what they cost where it is not the reward itself.
    priced: bool
    state: str
    available_at: datetime | None
    expires_at: datetime | None
    receipt: Receipt
    place: str | None
    orders: Sequence[ChosenItem]
    categories: Sequence[Category]
    ready: Sequence[OtherShown]
    pending: Sequence[OtherShown]
    asked_for: Sequence[AskedShown]
    used: Sequence[OtherShown]
    purse: Purse | None
    locale: str
    time_zone: str
    units: Mapping[str, int]

    @property
    def short_number(self) -> str:
        """The end of the reward's number, in two groups, as a banknote has it."""
        return f"{self.number[-8:-4]} {self.number[-4:]}"

    def digits(self, unit: str) -> int:
        """How many digits of a unit stand after the point."""
        return self.units.get(unit, 2)

    def local(self, instant: datetime) -> date:
        """The member's calendar day of an instant."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()

    def last_day(self, expires_at: datetime) -> date:
        """The last day on which a reward can be used: its end is the first moment at which it is too late."""
        return self.local(expires_at - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Visit:
    """Who opens what, and when: the member and reward that the link names."""

    program_id: int
    program: Program
    member_id: int
    reward_id: int
    now: datetime
    token_of: Callable[[int], str]


def load_claim_page(tx: Transaction, vault: Vault, visit: Visit) -> ClaimPage | None:
    """Read what a claim link shows; None when the member has no such reward."""
    ids = (visit.program_id, visit.member_id, visit.reward_id)
    reward = load_reward(tx, *ids, visit.now)
    receipt = load_receipt(tx, *ids)
    if reward is None or receipt is None:
        return None
    program = visit.program
    whole = is_whole(program, reward.value.unit)
    left = reward.left if whole or reward.purse is None else reward.purse.spendable
    market = program.markets.get(reward.market)
    location = program.locations.get(receipt.location or "")
    ended = reward.expires_at is not None and reward.expires_at <= visit.now
    state = "expired" if reward.state == "ready" and ended else reward.state
    return ClaimPage(
        number=show("rwd", reward.id),
        rule_name=_rule_name(program, reward.rule),
        value=reward.value,
        left=left,
        partly_taken_back=state == "ready" and reward.reversed.amount_minor > 0,
        paid_debt=state in {"redeemed", "reversed"} and not reward.reversed.amount_minor,
        priced=not whole or reward.left != reward.value,
        state=state,
        available_at=reward.available_at,
        expires_at=reward.expires_at,
        receipt=receipt,
        place=location.name if location else None,
        orders=[_chosen(program, order) for order in list_orders(tx, vault, *ids)],
        categories=_categories(tx, visit, reward, left) if state == "ready" else (),
        ready=[_other(visit, each) for each in list_ready(tx, *ids, visit.now)],
        pending=[_other(visit, each) for each in list_pending(tx, *ids)],
        asked_for=[_asked(program, each) for each in list_asked_for(tx, *ids[:2])],
        used=[_other(visit, each) for each in list_used(tx, *ids, visit.now)],
        purse=reward.purse,
        locale=f"{reward.language}-{reward.market}",
        time_zone=market.time_zone if market else program.time_zone,
        units={unit.key: unit.digits for unit in program.units.values()},
    )


def _categories(tx: Transaction, visit: Visit, reward: ClaimedReward, left: Money) -> list[Category]:
    program, unit = visit.program, reward.value.unit
    offers: list[tuple[Item, Money]] = []
    for item in program.items.values():
        price_minor = price_of(program, item, reward.value, left.amount_minor)
        if price_minor is not None and offered(program, item, reward.market):
            offers.append((item, Money(price_minor, unit)))
    in_stock = find_offers_in_stock(tx, visit.program_id, [(item.key, price) for item, price in offers])
    grouped: dict[str, list[ItemOffered]] = {}
    for item, price in offers:
        shown = ItemOffered(item.key, item.name, item.about, price, (item.key, price) in in_stock)
        grouped.setdefault(item.category, []).append(shown)
    return [
        Category(*CATEGORIES.get(category, (_spelled(category), _OTHER_MARK)), of_it)
        for category, of_it in grouped.items()
    ]


def _chosen(program: Program, order: PlacedOrder) -> ChosenItem:
    item = program.items.get(order.item)
    return ChosenItem(
        name=_item_name(program, order.item),
        use=item.use if item and item.use[FALLBACK_LANGUAGE] else None,
        placed_at=order.placed_at,
        code=order.code,
        qr=draw_qr(order.code),
    )


def _other(visit: Visit, other: OtherReward) -> OtherShown:
    return OtherShown(
        token=visit.token_of(other.id),
        number=show("rwd", other.id),
        rule_name=_rule_name(visit.program, other.rule),
        value=other.value,
        state=other.state,
        available_at=other.available_at,
        expires_at=other.expires_at,
        redeemed_at=other.redeemed_at,
        item_name=_item_name(visit.program, other.item or ""),
    )


def _asked(program: Program, asked: AskedFor) -> AskedShown:
    return AskedShown(_rule_name(program, asked.rule), asked.value, asked.asked_at)


def _rule_name(program: Program, key: str) -> Text:
    rule = program.rules.get(key)
    return rule.name if rule else {FALLBACK_LANGUAGE: _spelled(key)}


def _item_name(program: Program, key: str) -> Text:
    item = program.items.get(key)
    return item.name if item else {FALLBACK_LANGUAGE: _spelled(key)}


def _spelled(key: str) -> str:
    return key.replace("_", " ").capitalize()
