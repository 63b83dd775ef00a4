"""A scenario as read: who is there, what arrives, what must follow, what must never.

Everything that can follow is a `Happening`: a kind and its facts as texts, so that a page, a database and a
person are compared in the same words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from guerdon.access.roles import Role
from guerdon.engine.arrivals import Mapper
from guerdon.engine.intake import Delivery
from guerdon.program.document import Node
from guerdon.program.model import Connection, Program
from guerdon.values.money import Unit, plain_amount


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of the scenario, by the id that the CRM knows them by."""

    name: str
    source: str
    external_id: str

    @property
    def subject(self) -> str:
        """The id with its source: `hubspot:1001`."""
        return f"{self.source}:{self.external_id}"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What is told of a contact when it becomes a member, as cells of a members file."""

    contact: Contact
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Inviter:
    """By whose code a friend comes, and of which scheme it is."""

    name: str
    scheme: str


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A vendor tells that a contact's property took a value: the code of who invited them, if so."""

    external_id: str
    property: str
    value: str
    at: datetime
    id: int
    invited_by: Inviter | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One request of a connection, sent so many times."""

    connection: str
    changes: tuple[PropertyChange, ...]
    times: int


@dataclass(frozen=True, slots=True)
class Called:
    """One request to our own API with CloudEvents, sent so many times.

    `inviters` says by number which of them carry whose code, in which field.
    """

    events: tuple[Mapping[str, object], ...]
    times: int
    inviters: Mapping[int, tuple[Inviter, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invited:
    """A friend says on our own page by whose code they came; from where, if it matters."""

    name: str
    inviter: Inviter
    device: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A person releases or refuses a friend's pair that is held."""

    name: str
    verdict: Literal["release", "refuse"]


@dataclass(frozen=True, slots=True)
class Joined:
    """Contacts arrive, or change."""

    members: tuple[Enrolled, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A member takes an item for the oldest reward of a rule that is theirs to choose with."""

    name: str
    rule: str
    item: str


@dataclass(frozen=True, slots=True)
class Used:
    """A member uses the code of an item where it is worth something: the oldest one that is not used yet."""

    name: str
    item: str


@dataclass(frozen=True, slots=True)
class Spent:
    """A member spends of a unit."""

    name: str
    unit: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Time passes: what is due by then is done."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """The program gets a next version: its text with a change laid over it, live at once or from later on."""

    change: Node
    live_from: datetime | None


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody of a role says something to what was held for a member."""

    name: str
    rule: str
    role: Role
    verdict: Literal["approve", "reject"]


Step = Told | Called | Invited | Settled | Joined | Chosen | Used | Spent | Waited | Published | Signed


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that followed: its kind and its facts."""

    kind: str
    facts: Mapping[str, str]

    def __str__(self) -> str:
        if not self.facts:
            return self.kind
        return f"{self.kind}: {{ {', '.join(f'{key}: {value}' for key, value in self.facts.items())} }}"


@dataclass(frozen=True, slots=True)
class Expected:
    """A line of `then` or `never`; a fact it does not name may be anything."""

    line: int
    happening: Happening


@dataclass(frozen=True, slots=True)
class Scenario:
    """A page without mistakes; `contacts` are all people of it, `given` those enrolled before it begins.

    `about` names the rules whose doings it tells; empty: all.
    """

    file: Path
    it: str
    program: Program
    now: datetime
    contacts: Mapping[str, Contact]
    given: tuple[Enrolled, ...]
    budgets_minor: Mapping[str, Mapping[str, int]]
    when: tuple[Step, ...]
    then: tuple[Expected, ...]
    never: tuple[Expected, ...]
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Doors:
    """How requests are made and read; the API may answer with the fields that are wrong instead."""

    mappers: Mapping[str, Mapper]
    webhooks: Mapping[str, Callable[[Connection, Sequence[PropertyChange]], Delivery]]
    api: Callable[[Program, Sequence[Mapping[str, object]]], Delivery | list[str]]


def shown_amount(amount_minor: int, unit: Unit) -> str:
    """An amount as pages and happenings write it: `200.00 EUR`."""
    return f"{plain_amount(amount_minor, unit)} {unit.key}"
