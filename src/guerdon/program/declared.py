"""The nouns of what is declared and known: who sends which facts, and what is remembered of a member.

A segment is a condition with a name, a derived attribute a value that is worked out from others, and a
holding something that a member has for a time: a vehicle, a contract, a subscription.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from guerdon.expressions import Condition
from guerdon.values.texts import Text

# These come with every member and need no declaration.
BUILT_IN_ATTRIBUTES = ("market", "language", "location")
# What stands encrypted in a table of its own: no condition may ask for it.
SEALED = ("name", "email", "phone")

ConfirmedAt = Literal["location"]
DropFormat = Literal["csv", "jsonl", "parquet"]
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
    # Where people may confirm by hand that it happened: in the app of a location, or nowhere.
    confirmed_at: ConfirmedAt | None = None


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
class Translated:
    """A vendor's property whose values are ours by `values`, or without any of them as they are."""

    property: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ContactMapping:
    """How a vendor's contact becomes a member: which of its properties says what."""

    market: Translated
    language: Translated | None
    location: Translated | None
    attributes: Mapping[str, str]
    name: tuple[str, ...]
    email: str
    phone: str

    @property
    def properties(self) -> tuple[str, ...]:
        """Every property that is read."""
        places = [each.property for each in (self.market, self.language, self.location) if each is not None]
        every = (*places, *self.attributes.values(), *self.name, self.email, self.phone)
        return tuple(dict.fromkeys(name for name in every if name))


@dataclass(frozen=True, slots=True)
class DealMapping:
    """When a deal's property takes this value (None: any other but empty), it is this event of its contact.

    `fields` says which property of the deal fills each field of the event; `contact` is the number or label
    of the association that counts, None: any.
    """

    property: str
    value: str | None
    event: str
    fields: Mapping[str, str]
    contact: str | None


@dataclass(frozen=True, slots=True)
class ActionMapping:
    """Which event a step of a workflow is; `fields` says which of its inputs fills each field of it."""

    event: str
    fields: Mapping[str, str]


# What a property can say beside a balance, and what an event tells of.
Written = Literal["last_reward", "last_reward_value", "last_reward_at", "reward_waiting", "referral_code"]
WRITTEN: tuple[Written, ...] = get_args(Written)
Noted = Literal["earned", "ready", "redeemed", "refused"]
NOTED: tuple[Noted, ...] = get_args(Noted)


@dataclass(frozen=True, slots=True)
class Writes:
    """What a vendor is told: balances by unit, other properties by what they say, events by what of."""

    balances: Mapping[str, str]
    properties: Mapping[Written, str]
    events: Mapping[Noted, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Every property that is written."""
        return (*self.balances.values(), *self.properties.values())


ApiVersion = Literal["2026-09", "2026-03"]
API_VERSIONS: tuple[ApiVersion, ...] = get_args(ApiVersion)


@dataclass(frozen=True, slots=True)
class Connection:
    """A vendor's account that sends us events; `secret` is the name of a setting, never a secret.

    `journal`: what webhooks tell is read there as well. `contacts`: contacts become members by being read.
    `writes`: what their contacts are told.
    """

    key: str
    vendor: Literal["hubspot"]
    portal: int
    secret: str
    subject: str
    mappings: tuple[PropertyMapping, ...]
    ignore: tuple[str, ...]
    api: ApiVersion = "2026-09"
    journal: bool = False
    contacts: ContactMapping | None = None
    deals: tuple[DealMapping, ...] = ()
    writes: Writes | None = None
    action: ActionMapping | None = None


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


@dataclass(frozen=True, slots=True)
class DropTime:
    """The column that says when a row happened; without a format as RFC 3339, without a zone in this one."""

    column: str
    format: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class DropColumn:
    """The column that fills a field; `format` says how a day or time is written in it."""

    column: str
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Files of one kind, each row of which is an event: `id` are the columns by which rows are told apart.

    With a `decimal` mark, money is written in whole units and their parts; without one, in minor units as
    everywhere. `encoding` and `delimiter` are a CSV's.
    """

    key: str
    format: DropFormat
    event: str
    id: tuple[str, ...]
    source: str
    subject: str
    time: DropTime
    fields: Mapping[str, DropColumn]
    decimal: str | None = None
    thousands: str | None = None
    encoding: str = "utf-8"
    delimiter: str = ","

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        filling = (each.column for each in self.fields.values())
        return tuple(dict.fromkeys((*self.id, self.subject, self.time.column, *filling)))
