"""The nouns of choosing and receiving: how the catalog may be used, who supplies it, how soon it comes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from guerdon.values.money import Money
from guerdon.values.texts import Text


@dataclass(frozen=True, slots=True)
class Kind:
    """A category of the catalog, and the name of its icon."""

    key: str
    name: Text
    icon: str


@dataclass(frozen=True, slots=True)
class ClaimLinks:
    """How the link to a reward opens.

    `open_days`: for how many days after it was sent it opens by itself; None: as long as there is something
    behind it. `one_time`: the first browser that uses it keeps it, and another gives a code by e-mail.
    """

    open_days: int | None = None
    one_time: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """How members may use the catalog.

    `split`: a reward of money may be used in parts. `combine`: several rewards of one unit may pay for one
    item. `pay_rest_with`: the points or credits that pay what rewards of money are short of. `worth`: how
    much of an item's face value, in a unit of money, one whole point or credit pays where the item has no
    price of its own. `second_factor_above`: from which value on a claim link alone is not enough, by unit.
    `gift_days`: for how long a link to give a reward away holds. `claim_links`: how the link to one opens.
    """

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    split: bool = False
    combine: bool = False
    pay_rest_with: str | None = None
    worth: Mapping[str, tuple[Decimal, str]] = field(default_factory=dict)
    second_factor_above: Mapping[str, Money] = field(default_factory=dict)
    gift_days: int = 14
    claim_links: ClaimLinks = ClaimLinks()


@dataclass(frozen=True, slots=True)
class SupplierAccount:
    """An account with a supplier: `kind` is the folder in `suppliers/`, secrets are names of settings.

    `prefer`: the lowest is asked first. `per_minute` or `per_second`: what was agreed, never both; None: what
    the supplier's papers say.
    """

    key: str
    kind: str
    secret: str
    hook_secret: str | None = None
    prefer: int = 100
    per_minute: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    per_second: int | None = None

    @property
    def agreed_per_minute(self) -> int | None:
        """What was agreed, as requests a minute."""
        return self.per_minute if self.per_second is None else self.per_second * 60


@dataclass(frozen=True, slots=True)
class Promise:
    """How soon a reward is with its member: as a rule `within`, and `at_most` before people are alarmed."""

    within: timedelta = timedelta(minutes=2)
    at_most: timedelta = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The promise for all rules, and for those that have their own."""

    promise: Promise = Promise()
    rules: Mapping[str, Promise] = field(default_factory=dict)

    def of(self, rule: str) -> Promise:
        """The promise of a rule."""
        return self.rules.get(rule, self.promise)


@dataclass(frozen=True, slots=True)
class Item:
    """A catalog entry: what buys it, and the markets that have it and allow its category, all written out.

    An amount of money is the reward that buys it, whole; an amount of points or credits is its price. With a
    range (least, most, step, in the smallest part of `currency`) it is had for any amount between.
    """

    key: str
    name: Text
    category: str
    values: tuple[Money, ...]
    markets: tuple[str, ...]
    about: Text
    use: Text
    range: tuple[int, int, int] | None = None
    currency: str | None = None

    def price_minor(self, unit: str) -> int | None:
        """What it costs in a unit that is spent from a balance; None when that does not buy it."""
        return next((value.amount_minor for value in self.values if value.unit == unit), None)
