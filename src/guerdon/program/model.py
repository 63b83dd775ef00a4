"""The nouns of a program after checking: frozen, complete, and in the order of the file.

Whoever holds a `Program` may rely on it: every name in it leads somewhere, every text has English, every
amount has a unit of the program. Mappings keep the file's order, because rules and limits are asked in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from guerdon.expressions import Condition
from guerdon.program.brand.nouns import Branding
from guerdon.program.catalog.nouns import Catalog, Deliveries, Item, SupplierAccount
from guerdon.program.declared import (
    ActionMapping,
    Connection,
    ContactMapping,
    DealMapping,
    Derived,
    Drop,
    Event,
    Field,
    FieldType,
    HoldingKind,
    HoldingStep,
    Location,
    Market,
    Noted,
    PropertyMapping,
    Segment,
    Translated,
    Writes,
    Written,
)
from guerdon.program.experiments.holdouts import Holdout
from guerdon.program.messages.accounts import ChannelAccounts
from guerdon.program.messages.nouns import Contact, Message, Topic
from guerdon.program.policies import (
    ApprovalTimes,
    Beyond,
    Budget,
    BudgetNode,
    BudgetPer,
    BudgetPeriod,
    Campaign,
    Limit,
    LimitPer,
    LimitPeriod,
    RequestKind,
    Rung,
    TopUp,
)
from guerdon.program.schemes import Scheme
from guerdon.values.money import Money, Unit
from guerdon.values.texts import Text

__all__ = [
    "ActionMapping",
    "ApprovalTimes",
    "Beyond",
    "Budget",
    "BudgetNode",
    "BudgetPer",
    "BudgetPeriod",
    "Campaign",
    "Connection",
    "ContactMapping",
    "DealMapping",
    "Derived",
    "Drop",
    "Event",
    "Expiry",
    "Field",
    "FieldType",
    "Group",
    "HoldingKind",
    "HoldingStep",
    "Item",
    "Life",
    "Limit",
    "LimitPer",
    "LimitPeriod",
    "Location",
    "Market",
    "Mature",
    "Message",
    "Noted",
    "Pending",
    "Program",
    "PropertyMapping",
    "Rate",
    "RequestKind",
    "Reverse",
    "Reward",
    "Row",
    "Rule",
    "Rung",
    "Scheme",
    "Segment",
    "Send",
    "Step",
    "Table",
    "TopUp",
    "Translated",
    "Writes",
    "Written",
]


@dataclass(frozen=True, slots=True)
class Expiry:
    """When value of a unit ends, always at the end of a day in the program's time zone.

    rolling: so many months or days after it became available. inactivity: after so long without earning or
    spending. date: on the first such day of a year that is at least so many months after. anniversary: on
    the day of the year on which the member joined, the first one after for 12 months, the second for 24.
    """

    kind: Literal["never", "rolling", "inactivity", "date", "anniversary"] = "never"
    months: int = 0
    days: int = 0
    month: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """When what was earned may be spent: at once, some days after it happened, or when an event comes."""

    kind: Literal["at_once", "days", "until"] = "at_once"
    days: int = 0
    event: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """How value of a unit lives; `cap_minor` is the most of it that one member may have."""

    unit: str
    expiry: Expiry = Expiry()
    pending: Pending = Pending()
    rounding: Literal["down", "half_up", "half_even"] = "down"
    cap_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A reward that depends on the event: a field's whole number (minor units for money) times the rate.

    The product is in minor units of `unit`, rounded as the unit says, and never more than `at_most_minor`.
    """

    field: str
    rate: Decimal
    unit: str
    at_most_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells as they were written, and the condition that they come to.

    Without a condition it takes whatever comes; without a value it gives nothing.
    """

    cells: tuple[str, ...]
    value: Money | None
    condition_text: str | None
    # Compiled code has no equality of its own; the text beside it has.
    condition: Condition | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    """What a rule gives, by the row that fits: the only one (`unique`), or the first one.

    `values` is what it may give in each market of its rule, in the order of its rows.
    """

    key: str
    name: Text
    hit: Literal["unique", "first"]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    values: Mapping[str, tuple[Money, ...]]


@dataclass(frozen=True, slots=True)
class Reward:
    """The step of a rule that gives value: an amount for each market, by a rate, or by a table.

    `pay_from` is a budget; None: the program itself, for units that are not money. `valid_days` and `pending`
    stand in place of the unit's when they are set. `reference` is the event's field that names the thing.
    """

    amounts: Mapping[str, Money]
    rate: Rate | None = None
    pay_from: str | None = None
    valid_days: int | None = None
    pending: Pending | None = None
    reference: str | None = None
    table: Table | None = None

    def value_in(self, market: str) -> Money | None:
        """What a member of this market is given, when it does not depend on the event."""
        return self.amounts.get(market)

    def values_in(self, market: str) -> tuple[Money, ...]:
        """Every certain amount that a member of this market may be given."""
        if self.table is not None:
            return self.table.values.get(market, ())
        return (self.amounts[market],) if market in self.amounts else ()

    def unit_in(self, market: str) -> str | None:
        """The unit in which a member of this market is rewarded: one for all rows of a table."""
        if self.rate is not None:
            return self.rate.unit
        return next((value.unit for value in self.values_in(market)), None)

    @property
    def units(self) -> frozenset[str]:
        """Every unit that it gives in some market."""
        if self.rate is not None:
            return frozenset({self.rate.unit})
        markets = self.amounts if self.table is None else self.table.values
        return frozenset(value.unit for market in markets for value in self.values_in(market))

    @property
    def value(self) -> Money:
        """The one amount for all markets; only where there is just one."""
        values = set(self.amounts.values())
        assert len(values) == 1, "this reward has no single value: ask for a market's"
        return next(iter(values))


@dataclass(frozen=True, slots=True)
class Reverse:
    """The step of a rule that takes back the member's latest reward of another rule, not yet taken back.

    With `reference` (a field of this event) it is the one with the same reference. `part` of `whole` (fields
    of this event) is taken back; without them, all. What is spent is owed by the member, by the location, or
    by nobody.
    """

    rule: str
    reference: str | None = None
    part: str | None = None
    whole: str | None = None
    if_spent: Literal["debt", "location", "forgive"] = "debt"


@dataclass(frozen=True, slots=True)
class Mature:
    """The step of a rule (`release`) by which pending value of another rule becomes available."""

    rule: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """The step of a rule that writes to the member."""

    message: str


Step = Reward | Send | Reverse | Mature


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of which one gives, for each event: the first that can, or the one that gives the most."""

    key: str
    name: Text
    pick: Literal["first", "best"] = "first"


@dataclass(frozen=True, slots=True)
class Rule:
    """When an event of this kind meets the condition, these steps follow: one reward at most.

    It holds in its markets, while its campaign lasts, on its valid days (both of them belong to it, None is
    open), and for members of one of its segments. Higher priority is asked first. `because` is what members
    are told when its condition was not met.
    """

    key: str
    name: Text
    when: str
    condition_text: str | None
    # Compiled code has no equality of its own; the text beside it has.
    condition: Condition | None = field(compare=False)
    promise: Literal["public", "campaign"]
    then: tuple[Step, ...]
    # All of them where the file names none.
    markets: tuple[str, ...] = ()
    campaign: str | None = None
    priority: int = 0
    group: str | None = None
    valid: tuple[date | None, date | None] = (None, None)
    # Empty: for all members.
    segments: tuple[str, ...] = ()
    because: Text | None = None

    @property
    def reward(self) -> Reward | None:
        """The one step that gives value, if there is one."""
        return next((step for step in self.then if isinstance(step, Reward)), None)

    @property
    def table(self) -> Table | None:
        """The table by which it gives, if there is one."""
        return self.reward.table if self.reward is not None else None

    @property
    def messages(self) -> tuple[str, ...]:
        """Keys of the messages that follow, in order."""
        return tuple(step.message for step in self.then if isinstance(step, Send))

    @property
    def reversals(self) -> tuple[Reverse, ...]:
        """Steps that take a reward back, in order."""
        return tuple(step for step in self.then if isinstance(step, Reverse))

    @property
    def releases(self) -> tuple[Mature, ...]:
        """Steps that make pending value available, in order."""
        return tuple(step for step in self.then if isinstance(step, Mature))


@dataclass(frozen=True, slots=True)
class Program:
    """Everything one brand wrote; `text` is the stored document, whole in itself, `sha` its SHA-256."""

    key: str
    name: Text
    time_zone: str
    units: Mapping[str, Unit]
    markets: Mapping[str, Market]
    locations: Mapping[str, Location]
    location_word: Text
    sources: tuple[str, ...]
    attributes: Mapping[str, Field]
    events: Mapping[str, Event]
    connections: Mapping[str, Connection]
    budgets: Mapping[str, Budget]
    limits: Mapping[str, Limit]
    rules: Mapping[str, Rule]
    messages: Mapping[str, Message]
    items: Mapping[str, Item]
    # One for each unit, in its order.
    lives: Mapping[str, Life]
    campaigns: Mapping[str, Campaign]
    # Categories of items that a market allows; a market that is not in here allows all.
    allowed: Mapping[str, frozenset[str]]
    # One for each kind of request, from the lowest rung up.
    ladders: Mapping[RequestKind, tuple[Rung, ...]]
    approval: ApprovalTimes
    text: str
    sha: str
    segments: Mapping[str, Segment] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    holdings: Mapping[str, HoldingKind] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    referrals: Mapping[str, Scheme] = field(default_factory=dict)
    drops: Mapping[str, Drop] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)
    suppliers: Mapping[str, SupplierAccount] = field(default_factory=dict)
    deliveries: Deliveries = field(default_factory=Deliveries)
    # Those of its messages, and the one about service that is always there.
    topics: Mapping[str, Topic] = field(default_factory=dict)
    contact: Contact = field(default_factory=Contact)
    # Hosts to which messages may lead.
    links: tuple[str, ...] = ()
    channels: ChannelAccounts = field(default_factory=ChannelAccounts)
    brand: Branding = field(default_factory=Branding)
    holdout: Holdout | None = None

    def choices(self, value: Money, market: str) -> list[Item]:
        """Items that a reward of this value buys in this market."""
        return [item for item in self.items.values() if value in item.values and market in item.markets]
