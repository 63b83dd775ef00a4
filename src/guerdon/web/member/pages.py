"""A claim page as its template reads it: stored rows with the program's names, in the member's time zone.

A later version of a program may have dropped a rule, an item, a market or a location that a reward still
names; then the key stands where the name was, and the page goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.program.model import Program
from guerdon.queries.claims import (
    AskedFor,
    OtherReward,
    Purse,
    Receipt,
    list_asked_for,
    list_pending,
    list_ready,
    list_used,
    load_receipt,
    load_reward,
)
from guerdon.queries.orders.orders import MemberOrder, list_orders
from guerdon.rules.choice.prices import is_whole
from guerdon.store.catalog.items import load_items
from guerdon.store.database import Transaction
from guerdon.store.gifts.gifts import Gift, load_gift
from guerdon.store.sealing import Vault
from guerdon.values.claims import has_ended
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
OTHER_MARK = "gift"
# An order of these is not settled yet.
MOVING = frozenset({"reserved", "ordered", "unknown"})


@dataclass(frozen=True, slots=True)
class OrderStub:
    """Something that was chosen for the reward, and where it stands; its own page shows the code."""

    ord: str
    name: Text
    state: str
    moving: bool
    value: Money
    beside: Money | None
    placed_at: datetime

    @property
    def given_back(self) -> bool:
        """Whether the member has again what it cost."""
        return self.state in {"failed", "canceled", "returned"}


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
    # What stands, and what is on its way or came to nothing.
    orders: Sequence[OrderStub]
    # That its member gave it away: they see no more of it.
    given: Gift | None
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
    """Who opens what, and when: the member and reward that the link names.

    `gift`: whoever took it looks, since `since`, in the language `locale` of their browser; they see of the
    member this one reward, and what they chose for it themselves. `issued_on`: the day on which
    the link was sent, where it tells.
    """

    program_id: int
    program: Program
    member_id: int
    reward_id: int
    now: datetime
    token_of: Callable[[int], str]
    gift: int | None = None
    since: datetime | None = None
    locale: str = ""
    issued_on: date | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the link opens by itself no more."""
        return has_ended(self.issued_on, self.program.catalog.claim_links.open_days, self.now)

    def shows(self, order: MemberOrder) -> bool:
        """Whether this reward paid for an order, alone or with others, and whoever looks placed it."""
        return self.reward_id in order.paid_by and (self.since is None or order.chosen_at >= self.since)


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
    gift = load_gift(tx, *ids) if visit.gift is None else None
    given = gift if gift is not None and gift.stands(visit.now) else None
    alone = visit.gift is not None
    orders = [] if given is not None else list_orders(tx, vault, *ids[:2])
    used = [] if alone else list_used(tx, *ids, visit.now)
    items = item_names(tx, visit, [*(order.item for order in orders), *(each.item or "" for each in used)])
    return ClaimPage(
        number=show("rwd", reward.id),
        rule_name=_rule_name(program, reward.rule),
        value=reward.value,
        left=left,
        partly_taken_back=state == "ready" and reward.reversed.amount_minor > 0,
        paid_debt=not given and state in {"redeemed", "reversed"} and not reward.reversed.amount_minor,
        priced=not whole or reward.left != reward.value,
        state=state,
        available_at=reward.available_at,
        expires_at=reward.expires_at,
        receipt=receipt,
        place=location.name if location else None,
        orders=[_stub(items, order) for order in orders if visit.shows(order)],
        given=given,
        ready=[] if alone else [_other(visit, each, items) for each in list_ready(tx, *ids, visit.now)],
        pending=[] if alone else [_other(visit, each, items) for each in list_pending(tx, *ids)],
        asked_for=[] if alone else [_asked(program, each) for each in list_asked_for(tx, *ids[:2])],
        used=[_other(visit, each, items) for each in used],
        purse=None if alone else reward.purse,
        locale=visit.locale or f"{reward.language}-{reward.market}",
        time_zone=market.time_zone if market else program.time_zone,
        units={unit.key: unit.digits for unit in program.units.values()},
    )


def is_givable(program: Program, claim: ClaimPage) -> bool:
    """Whether it can be given to somebody else: all of it is there, and it was not given yet."""
    untouched = claim.left == claim.value and all(order.given_back for order in claim.orders)
    return is_whole(program, claim.value.unit) and claim.state == "ready" and not claim.given and untouched


def item_names(tx: Transaction, visit: Visit, keys: Sequence[str]) -> dict[str, Text]:
    """What items are called, by the catalog or by the program's text; gone ones too."""
    there = load_items(tx, visit.program_id, sorted({key for key in keys if key}))
    return {key: there[key].names if key in there else item_name(visit.program, key) for key in keys}


def _stub(items: Mapping[str, Text], order: MemberOrder) -> OrderStub:
    name, moving = items[order.item], order.state in MOVING
    value, beside = order.value, order.beside
    return OrderStub(show("ord", order.id), name, order.state, moving, value, beside, order.chosen_at)


def _other(visit: Visit, other: OtherReward, items: Mapping[str, Text]) -> OtherShown:
    return OtherShown(
        token=visit.token_of(other.id),
        number=show("rwd", other.id),
        rule_name=_rule_name(visit.program, other.rule),
        value=other.value,
        state=other.state,
        available_at=other.available_at,
        expires_at=other.expires_at,
        redeemed_at=other.redeemed_at,
        item_name=items.get(other.item or "", {FALLBACK_LANGUAGE: ""}),
    )


def _asked(program: Program, asked: AskedFor) -> AskedShown:
    return AskedShown(_rule_name(program, asked.rule), asked.value, asked.asked_at)


def _rule_name(program: Program, key: str) -> Text:
    rule = program.rules.get(key)
    return rule.name if rule else {FALLBACK_LANGUAGE: spelled(key)}


def item_name(program: Program, key: str) -> Text:
    """What an item is called, as far as the program's text knows."""
    item = program.items.get(key)
    return item.name if item else {FALLBACK_LANGUAGE: spelled(key)}


def spelled(key: str) -> str:
    """A key as a word."""
    return key.replace("_", " ").capitalize()
