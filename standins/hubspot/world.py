"""Everything that the stand-in knows: accounts, apps, tokens, who is told what, and how it misbehaves."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from standins.hubspot.clock import Clock
from standins.hubspot.faults import Faults
from standins.hubspot.hooks import Hooks
from standins.hubspot.journal import Journal
from standins.hubspot.limits import Limits
from standins.hubspot.records import Happening, Record, Shelf
from standins.hubspot.workflows import Workflows

FIRST_PORTAL = 4242
TOKEN_LIFE_S = 1800
CODE_LIFE_MS = 60_000
SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
    "behavioral_events.event_definitions.read_write",
    "analytics.behavioral_events.send",
    "automation",
    "developer.webhooks_journal.read",
    "developer.webhooks_journal.subscriptions.read",
    "developer.webhooks_journal.subscriptions.write",
    "developer.webhooks_journal.snapshots.read",
    "developer.webhooks_journal.snapshots.write",
)

Link = dict[str, list[dict[str, Any]]]


@dataclass
class App:
    """An app: public ones are installed by OAuth, private ones belong to one account."""

    id: int
    client_id: str
    client_secret: str
    private: bool


@dataclass
class Token:
    """A token and what it opens."""

    text: str
    app: App
    portal: int | None
    scopes: set[str]
    ends_ms: int | None = None
    revoked: bool = False
    refresh: bool = False


@dataclass
class Consent:
    """A code that a person's consent gave an app, good once."""

    app: App
    portal: int
    redirect_uri: str
    scopes: set[str]
    ends_ms: int
    challenge: str = ""


@dataclass
class Portal:
    """An account of HubSpot's."""

    id: int
    shelves: dict[str, Shelf]
    time_zone: str = "Europe/Berlin"
    currency: str = "EUR"
    links: dict[tuple[str, str], dict[str, Link]] = field(default_factory=dict)
    event_types: dict[str, dict[str, Any]] = field(default_factory=dict)
    completions: list[dict[str, Any]] = field(default_factory=list)
    known_uuids: set[str] = field(default_factory=set)
    dropped_completions: int = 0

    def link(self, one: tuple[str, str], other: tuple[str, str], spec: dict[str, Any]) -> None:
        """Associate two records one way; the caller says the other way too."""
        specs = self.links.setdefault(one, {}).setdefault(other[0], {}).setdefault(other[1], [])
        if spec not in specs:
            specs.append(spec)

    def linked(self, object_type: str, record_id: str, other_type: str) -> Link:
        """The records of another kind that a record is associated with, that are there."""
        shelf = self.shelves[other_type]
        found = self.links.get((object_type, record_id), {}).get(other_type, {})
        return {one: specs for one, specs in found.items() if shelf.find(one) is not None}

    def move_links(self, object_type: str, old: Record, new: Record) -> None:
        """Give a merged record's associations to the one it became."""
        if old.id == new.id:
            return
        for other_type, others in self.links.pop((object_type, old.id), {}).items():
            for other_id, specs in others.items():
                back = self.links.get((other_type, other_id), {}).get(object_type, {})
                for spec in specs:
                    self.link((object_type, new.id), (other_type, other_id), spec)
                for spec in back.pop(old.id, []):
                    self.link((other_type, other_id), (object_type, new.id), spec)


class World:
    """One stand-in, whole; a test may start it anew."""

    def __init__(self, seed: int, fail: float) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.clock = Clock()
        self.faults = Faults(seed, fail)
        self.limits = Limits()
        self.counts: Counter[str] = Counter()
        self.origin = ""
        self.app = App(1_160_452, self.uuid(), self.uuid(), private=False)
        self.private_apps: dict[int, App] = {}
        self.portals: dict[int, Portal] = {}
        self.tokens: dict[str, Token] = {}
        self.consents: dict[str, Consent] = {}
        self.consenting: int | None = FIRST_PORTAL
        self.merge_new_id = True
        self.hooks = Hooks(self.chance, self.clock)
        self.journal = Journal(self.uuid, self.clock)
        self.workflows = Workflows(self.clock)
        self.add_portal(FIRST_PORTAL)

    def uuid(self) -> str:
        """A UUID that the seed decides."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def add_portal(self, portal_id: int) -> Portal:
        """Open an account, with a private app in it."""
        shelves = {name: Shelf(portal_id, name, self.clock, self.tell) for name in ("contacts", "deals")}
        portal = self.portals[portal_id] = Portal(portal_id, shelves)
        app = App(2_000_000 + len(self.portals), self.uuid(), self.uuid(), private=True)
        self.private_apps[portal_id] = app
        self.new_token(app, portal_id, set(SCOPES), prefix="pat-na1-")
        return portal

    def new_token(
        self, app: App, portal: int | None, scopes: set[str], *, prefix: str = "", life_s: int | None = None
    ) -> Token:
        """Issue a token."""
        ends = None if life_s is None else self.clock.now_ms() + life_s * 1000
        token = Token(prefix + self.uuid(), app, portal, set(scopes), ends)
        self.tokens[token.text] = token
        return token

    def tell(self, happening: Happening) -> None:
        """Pass on what happened to webhooks and to the journal."""
        self.counts["happenings"] += 1
        self.hooks.tell(happening)
        self.journal.tell(happening)

    def private_token(self, portal_id: int) -> Token:
        """The newest token of an account's private app."""
        app = self.private_apps[portal_id]
        return [token for token in self.tokens.values() if token.app is app][-1]
