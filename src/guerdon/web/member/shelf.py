"""What a member may choose, as their pages show it: a card an item, and all of an item on its own page.

Prices are in the unit of the reward that pays; what is not covered says by how much.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from guerdon.values.money import Money
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

Afford = Literal["", "enough", "almost", "favorites"]
Sort = Literal["best", "price", "price_down", "new", "soonest", "name"]
# What narrows a catalog, beside what is typed: fields of an address, each with one value at most.
NARROWING = ("category", "kind", "brand", "delivery", "price", "afford")
INITIALS_MAX = 2
MINUTES_OF_HOUR, MINUTES_OF_DAY = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member looks for. `price`: a band from its least to its most, as `1000-2499` or `25000-`."""

    text: str = ""
    category: str = ""
    kind: str = ""
    brand: str = ""
    delivery: str = ""
    price: str = ""
    afford: Afford = ""
    sort: Sort = "best"
    page: int = 1

    @property
    def is_all(self) -> bool:
        """Whether nothing narrows it."""
        return not (self.text or self.narrowed)

    @property
    def narrowed(self) -> Mapping[str, str]:
        """What narrows it, by the field of the address that says so."""
        return {name: getattr(self, name) for name in NARROWING if getattr(self, name)}

    @property
    def kept(self) -> Mapping[str, str]:
        """What stays as it is while somebody types: what narrows it, and the order."""
        return {**self.narrowed, **({"sort": self.sort} if self.sort != "best" else {})}

    @property
    def bounds(self) -> tuple[int, int | None]:
        """The least and the most that it may cost; None: there is no most."""
        least, _, most = self.price.partition("-")
        return int(least or 0), int(most) if most else None


@dataclass(frozen=True, slots=True)
class Card:
    """An item in a list. `price`: the least it is had for; `missing`: what there is too little for that."""

    itm: str
    name: Text
    brand: str
    image: str | None
    price: Money | None
    several: bool = False
    missing: Money | None = None
    in_stock: bool = True
    favorite: bool = False
    lead_minutes: int = 0

    @property
    def initials(self) -> str:
        """The letters of its mark: the first ones of its brand, or of its name."""
        spoken = (self.brand or self.name[FALLBACK_LANGUAGE]).split()
        return "".join(word[0] for word in spoken if word[0].isalnum())[:INITIALS_MAX].upper()


@dataclass(frozen=True, slots=True)
class Choosable:
    """One of the values of a facet, and how many items have it."""

    key: str
    name: str
    icon: str
    count: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What one may narrow by: a field of the address, what it is called, and its values."""

    field: str
    name: str
    values: Sequence[Choosable]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was found. `least`: the least that anything costs; `meant`: words that were read for others.

    `counted`: counts are of what their links find. `chosen`: what narrows it, each a field of the address,
    its value, and what that is called.
    """

    cards: Sequence[Card]
    total: int
    exact: bool = True
    counted: bool = True
    categories: Sequence[Choosable] = ()
    filters: Sequence[Filter] = ()
    chosen: Sequence[tuple[str, str, str]] = ()
    enough: int | None = None
    almost: int | None = None
    favorites: bool = False
    meant: str | None = None
    least: Money | None = None
    # Other pages, by number; 0 for none.
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Amount:
    """A value that an item is had at, and what it costs; `short`: what there is too little for it.

    `face`: what the member gets; None where the item says all of it. `parts`: which rewards pay for it
    together, by their numbers, and how much each; none: the one alone. `beside`: what a balance pays with
    them.
    """

    minor: int
    face: Money | None
    price: Money
    short: Money | None = None
    parts: Sequence[tuple[str, Money]] = ()
    beside: Money | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Any amount from one to another, by steps, as a number field has it.

    `price`: what the least costs where it is paid in another unit, by a `rate` that the form sends along.
    `own`: what the reward that was opened pays of it by itself, where others of its member pay the rest, or
    the `balance` that they have does.
    """

    least: Money
    most: Money
    step: Money
    price: Money | None = None
    rate: str = ""
    own: Money | None = None
    balance: Money | None = None

    @property
    def chosen(self) -> Money:
        """What stands there chosen: all that a reward of money covers alone, of a balance the least."""
        if self.own is not None:
            least, step = self.least.amount_minor, self.step.amount_minor
            steps = max(0, self.own.amount_minor - least) // step
            return Money(least + steps * step, self.least.unit)
        return self.most if self.price is None else self.least


@dataclass(frozen=True, slots=True)
class SlotShown:
    """A date and a place, with the places that are left for this member."""

    slt: str
    starts_at: datetime | None
    venue: str
    left: int
    # waiting: they are on its list. offered: a place is kept for them until then.
    wait: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item's own page. `bar`: why it cannot be chosen now: sold_out, locked, short; nothing if it can."""

    key: str
    card: Card
    about: Text | None
    terms: Text | None
    use: Text | None
    delivery: str = "code"
    amounts: Sequence[Amount] = ()
    span: Span | None = None
    # In which unit amounts are said; empty: there is nothing to say.
    unit: str = ""
    slots: Sequence[SlotShown] = ()
    # How many there are of a limited edition, and the slot that it is.
    limited: SlotShown | None = None
    needs: Sequence[str] = ()
    bar: str = ""

    @property
    def chosen(self) -> int | None:
        """The amount that stands there chosen already: the most that the reward covers, or little more."""
        alone = (each.minor for each in self.amounts if each.short is None and not each.parts)
        helped = (each.minor for each in self.amounts if each.parts)
        return max(alone, default=min(helped, default=None))


def lead_of(minutes: int) -> tuple[str, int]:
    """How long it takes, as it is said: at once, or so many minutes, hours or days."""
    if minutes <= 0:
        return "now", 0
    if minutes < MINUTES_OF_HOUR * 2:
        return "minutes", minutes
    if minutes < MINUTES_OF_DAY * 2:
        return "hours", -(-minutes // MINUTES_OF_HOUR)
    return "days", -(-minutes // MINUTES_OF_DAY)


def link_maker(token: str, wanted: Wanted) -> Callable[..., str]:
    """What makes the address of a catalog that is narrowed otherwise; what is chosen already is let go of."""

    def link_of(**changes: Any) -> str:
        if not changes:
            return f"/r/{token}/catalog"
        for name in NARROWING:
            if name in changes and getattr(wanted, name) == changes[name]:
                changes[name] = ""
        new = replace(wanted, **{"page": 1, **changes})
        said = {"q": new.text, **new.kept, "page": str(new.page) if new.page > 1 else ""}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/r/{token}/catalog" + (f"?{query}" if query else "")

    return link_of
