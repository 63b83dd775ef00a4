"""The nouns of what is declared and known: who sends which facts, and what is remembered of a member.

A segment is a condition with a name, a derived attribute a value that is worked out from others, and a
holding something that a member has for a time: a vehicle, a contract, a subscription.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from guerdon.expressions import Condition
from guerdon.values.texts import Text

# These come with every member and need no declaration.
BUILT_IN_ATTRIBUTES = ("market", "language", "location")
# What stands encrypted in a table of its own: no condition may ask for it.
SEALED = ("name", "email", "phone")

FieldType = Literal["bool", "int", "string", "timestamp", "date", "money"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event or a holding, or an attribute of a member; `unit` only for money.

    `personal`: it says who somebody is, and no condition may read it unless the program allows that. Without
    a `name` it is called by its key.
    """

    key: str
    type: FieldType
    one_of: tuple[str, ...] = ()
    required: bool = False
    unit: str | None = None
    personal: bool = False
    name: Text | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of fact that may come in (`booking.confirmed`), with its declared fields."""

    key: str
    name: Text
    fields: Mapping[str, Field]
    # Whether the program says what it is called; otherwise it is called by its key, which members never read.
    named: bool = field(default=True, compare=False)


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
class Segment:
    """Members who meet a condition, by the name that rules and other conditions call them by.

    The condition reads the member only; it is None where the file's could not be read.
    """

    key: str
    name: Text
    condition_text: str
    # Compiled code has no equality of its own; the text beside it has.
    condition: Condition | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class Derived:
    """An attribute of a member that nobody tells us: it is what its text says, each time it is read."""

    key: str
    name: Text
    type: FieldType
    text: str


@dataclass(frozen=True, slots=True)
class HoldingStep:
    """An event that opens, changes or closes a holding: `key` is the event's field that names which one.

    `fields` says which field of the event fills each field of the holding.
    """

    event: str
    key: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HoldingKind:
    """Something that a member has for a time, with its typed fields and the events of its life.

    One that is opened again under the same key is the same one, with its fields filled anew. Without `closes`
    it is the member's for ever.
    """

    key: str
    name: Text
    fields: Mapping[str, Field]
    opens: tuple[HoldingStep, ...]
    changes: tuple[HoldingStep, ...] = ()
    closes: tuple[HoldingStep, ...] = ()
