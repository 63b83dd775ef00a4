"""The nouns of a program after checking: frozen, complete, and in the order of the file.

Whoever holds a `Program` may rely on it: every name in it leads somewhere, every text has English, every
amount has a unit of the program. Mappings keep the file's order, because rules and limits are asked in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from guerdon.expressions import Condition
from guerdon.values.money import Money, Unit
from guerdon.values.texts import Text

FieldType = Literal["bool", "int", "string", "timestamp", "date", "money"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event, or an attribute of a member; `unit` only for money."""

    key: str
    type: FieldType
    one_of: tuple[str, ...] = ()
    required: bool = False
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of fact that may come in (`booking.confirmed`), with its declared fields."""

    key: str
    name: Text
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Market:
    """A country or region with a language and a time zone of its own."""

    key: str
    name: Text
    language: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Location:
    """A dealer, store or branch, by its proper name."""

    key: str
    name: str
    market: str


@dataclass(frozen=True, slots=True)
class PropertyMapping:
    """When a vendor's property takes this value (None: any other but empty), it is this event.

    `fields` says what fills the event's fields: today only `value`, the property's new value.
    """

    property: str
    value: str | None
    event: str
    fields: Mapping[str, Literal["value"]]


@dataclass(frozen=True, slots=True)
class Connection:
    """A vendor's account that sends us events; `secret` is the name of a setting, never a secret."""

    key: str
    vendor: Literal["hubspot"]
    portal: int
    secret: str
    subject: str
    mappings: tuple[PropertyMapping, ...]
    ignore: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """An account for each market, with what it holds at first, in minor units."""

    key: str
    name: Text
    per: Literal["market"]
    unit: str
    amounts_minor: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much, or how often, one member may earn in a calendar month; exactly one of the two is set.

    `rules` are the rules it counts, all written out. A limit of an amount counts rewards of its unit only.
    """

    key: str
    name: Text
    per: Literal["member"]
    period: Literal["month"]
    amount: Money | None
    times: int | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reward:
    """The step of a rule that gives value, from a budget, to be used within some days."""

    value: Money
    pay_from: str
    valid_days: int


@dataclass(frozen=True, slots=True)
class Send:
    """The step of a rule that writes to the member."""

    message: str


Step = Reward | Send


@dataclass(frozen=True, slots=True)
class Rule:
    """When an event of this kind meets the condition, these steps follow: one reward at most."""

    key: str
    name: Text
    when: str
    condition_text: str | None
    # Compiled code has no equality of its own; the text beside it has.
    condition: Condition | None = field(compare=False)
    promise: Literal["public", "campaign"]
    then: tuple[Step, ...]

    @property
    def reward(self) -> Reward | None:
        """The one step that gives value, if there is one."""
        return next((step for step in self.then if isinstance(step, Reward)), None)

    @property
    def messages(self) -> tuple[str, ...]:
        """Keys of the messages that follow, in order."""
        return tuple(step.message for step in self.then if isinstance(step, Send))


@dataclass(frozen=True, slots=True)
class Message:
    """Something written to a member when a rule says so."""

    key: str
    channel: Literal["email"]
    topic: Literal["service", "marketing"]


@dataclass(frozen=True, slots=True)
class Item:
    """A catalog entry: the reward values that buy it, and the markets that have it, all written out."""

    key: str
    name: Text
    category: str
    values: tuple[Money, ...]
    markets: tuple[str, ...]
    about: Text
    use: Text


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
    text: str
    sha: str

    def choices(self, value: Money, market: str) -> list[Item]:
        """Items that a reward of this value buys in this market."""
        return [item for item in self.items.values() if value in item.values and market in item.markets]
