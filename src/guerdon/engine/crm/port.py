"""What the engine needs of a CRM. It is asked with no transaction open, and answers with one of a closed set.

`Known`: it answered; `wrong` says of each thing that was not done, by the name it was asked under, why.
`NotNow`: the same again in so many seconds; it may have taken effect, so what is asked may be done twice.
`No`: never as it is. `Closed`: nobody may ask until a person does something on the connection's page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Generic, Literal, Protocol, TypeVar

from guerdon.engine.arrivals import Arrival, ErrandKind, Unusable
from guerdon.store.database import Connection

BATCH_MAX = 100
EVENTS_MAX = 500
# How many contacts or deals may be asked at once for what they were.
PAST_MAX = 50
# What a refusal is called where there is nothing of that name any more.
GONE = "OBJECT_NOT_FOUND"
Answered = TypeVar("Answered")
# other_portal: the token is of another account than the program says. scopes: it may not do what was asked.
# app: the installation does not name the app, or it is not known there. unreadable: sealed by another secret.
WhyClosed = Literal["not_connected", "revoked", "scopes", "other_portal", "app", "unreadable"]


@dataclass(frozen=True, slots=True)
class NotNow:
    """It may be asked again after so many seconds; `why`: limit, day, pace, trouble or unreachable.

    `perhaps`: it went out, and may be carried out all the same, be it later.
    """

    after_s: float
    why: str
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class No:
    """It refuses, in its own words, without anything secret; `properties` that it says are to blame."""

    category: str
    message: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known(Generic[Answered]):
    """It answered; `wrong` is what is wrong with each part that was not done."""

    answer: Answered
    wrong: Mapping[str, No] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is not open; a person has to connect it anew."""

    reason: WhyClosed


Told = Known[Answered] | NotNow | No | Closed


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it is now; `was` are the ids of those merged into it, as far as it says."""

    id: str
    properties: Mapping[str, str | None] = field(repr=False)
    was: frozenset[str] = frozenset()
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A contact of a deal; `kinds` are what this association is called: numbers of types, and labels."""

    contact: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as it is now, with its contacts."""

    id: str
    properties: Mapping[str, str | None] = field(repr=False)
    contacts: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactPage:
    """A page of contacts. Without `after` it is the last; one not `whole` had more than could be shown."""

    contacts: Sequence[Contact]
    after: str | None
    whole: bool = True


class Edge(Enum):
    """Why there is no next page of the journal."""

    NOTHING_NEWER = "nothing newer"
    OFFSET_GONE = "offset gone"


@dataclass(frozen=True, slots=True)
class Heard:
    """A body in the form of a webhook's, and what a door would keep of it."""

    body: bytes = field(repr=False)
    elements: Sequence[Arrival | Unusable]


@dataclass(frozen=True, slots=True)
class JournalPage:
    """What happened since an offset, as bodies no longer than a webhook's; go on from `offset`.

    `missed`: something of it could not be read, and never will be.
    """

    offset: str
    bodies: Sequence[Heard]
    missed: bool = False


@dataclass(frozen=True, slots=True)
class DealPage:
    """A page of all deals, and when each was changed last. Without `after` it is the last."""

    deals: Mapping[str, str]
    after: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """What a property of a contact or a deal became, and when; `by_app`: an app wrote it."""

    object: str
    property: str
    value: str = field(repr=False)
    at: datetime
    by_app: bool = False


@dataclass(frozen=True, slots=True)
class Histories:
    """What properties became one after another; of those in `full` (object, property) there may be more."""

    changes: Sequence[Past]
    full: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class ContactWrite:
    """What a contact is to be. `trace` names it in the answer; a value "" clears a property."""

    trace: str
    id: str
    properties: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CustomEvent:
    """Something that happened to a contact, for its timeline; the same `uuid` again is the same event."""

    uuid: str
    event: str
    contact: str
    occurred_at: datetime
    properties: Mapping[str, str] = field(repr=False)


class Crm(Protocol):
    """A connection that is open. Batches are of at most `BATCH_MAX`."""

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> Told[Mapping[str, Contact | None]]:
        """The contact behind each id, under the id that it has now; None where there is none any more."""
        ...

    def read_deals(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Mapping[str, Deal | None]]:
        """The deal behind each id, with its contacts; None where there is none any more."""
        ...

    def page_contacts(
        self, after: str | None, properties: Sequence[str], since: datetime | None
    ) -> Told[ContactPage]:
        """A page of all contacts by their ids, or of those changed `since`, oldest change first."""
        ...

    def page_deals(self, after: str | None) -> Told[DealPage]:
        """A page of all deals by their ids."""
        ...

    def read_past(self, kind: ErrandKind, ids: Sequence[str], properties: Sequence[str]) -> Told[Histories]:
        """What properties of at most `PAST_MAX` contacts or deals were; nothing of those that are gone."""
        ...

    def past_heard(self, kind: ErrandKind, changes: Sequence[Past]) -> Sequence[Heard]:
        """Changes as a journal would have told them, under the same ids; nobody is asked."""
        ...

    def next_journal(self, offset: str | None, since: datetime) -> Told[JournalPage | Edge]:
        """What happened after an offset, but not before `since`; without one, from the earliest kept."""
        ...

    def write_contacts(
        self, id_property: str | None, writes: Sequence[ContactWrite]
    ) -> Told[Mapping[str, str]]:
        """Write contacts by a property of unique values, or by their ids; by trace the id that each has now.

        What is neither there nor wrong may have been written.
        """
        ...

    def send_events(self, events: Sequence[CustomEvent]) -> Told[None]:
        """Put at most `EVENTS_MAX` events on timelines: all or none."""
        ...

    def complete_callback(self, callback_id: str, outputs: Mapping[str, str]) -> Told[None]:
        """Let a workflow go on that waits for us."""
        ...


# (db, program, connection's key) -> the connection, open; it may use tables in transactions of its own, and
# ask for a new token, so it is called with none open. NotNow: its token could not be made new just now.
Opened = Callable[[Connection, int, str], Crm | Closed | NotNow]
