"""HubSpot as this installation may ask it: its addresses and its app, the pace of each account, its tokens.

What opens a connection is kept by `engine.crm.accounts`; here tokens are made, and whoever asks by them is
watched: one that HubSpot calls gone is noted before the next question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Protocol

from guerdon.connectors.hubspot.api import oauth
from guerdon.connectors.hubspot.api.account import account
from guerdon.connectors.hubspot.api.calls import Api, Asks, Question, Reader
from guerdon.connectors.hubspot.api.oauth import App, Tokens
from guerdon.connectors.hubspot.api.outcomes import (
    Answered,
    Done,
    Later,
    Outcome,
    Partial,
    Refused,
    TokenGone,
    Unsure,
)
from guerdon.connectors.hubspot.api.pace import OAUTH_APP, PRIVATE_APP, Pace
from guerdon.connectors.hubspot.api.versions import Place
from guerdon.connectors.hubspot.crm import HubSpotCrm
from guerdon.connectors.hubspot.listening import listen_for
from guerdon.engine.crm.accounts import Place as Whose
from guerdon.engine.crm.accounts import note_gone, open_access
from guerdon.engine.crm.port import Closed, Crm, No, NotNow
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.http import Client
from guerdon.program.model import Connection as Declared
from guerdon.program.model import Program
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import Connection, transaction
from guerdon.values.destinations import Network

TROUBLE_S = 5.0
# What is asked of a person at first, and what is taken where their account has it.
SCOPES = ("oauth", "crm.objects.contacts.read", "crm.objects.contacts.write")
OPTIONAL_SCOPES = (
    "crm.objects.deals.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.read",
    "behavioral_events.event_definitions.read_write",
    "analytics.behavioral_events.send",
    "automation",
)
# The app's own token is made new so long before it ends.
EARLY = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Office:
    """What an installation has of HubSpot; `secret` gives the value of a setting that a program names."""

    http: Asks = field(repr=False)
    api: str
    app: str
    client_id: str
    public_url: str
    secret: Callable[[str], str | None] = field(repr=False)
    clock: Callable[[], datetime]

    def place(self, declared: Declared) -> Place:
        """Where a connection asks."""
        return Place(declared.api, self.api, self.app)

    def bare(self, declared: Declared) -> Api:
        """Asking without an account."""
        return Api(self.http, place=self.place(declared))

    def app_of(self, program: str, declared: Declared) -> App | None:
        """The app of a connection; None where a setting is missing."""
        secret = self.secret(declared.secret)
        if not self.client_id or not secret:
            return None
        return App(self.client_id, secret, self.redirect_of(program))

    def redirect_of(self, program: str) -> str:
        """The address to which HubSpot sends people back."""
        return f"{self.public_url}/connect/{program}/hubspot"

    def whose(self, declared: Declared, token: str) -> int | NotNow | No | Closed:
        """The portal that a token opens."""
        found = account(Api(self.http, lambda: token, place=self.place(declared)))
        if isinstance(found, Done):
            return found.answer.portal_id
        return _otherwise(found)

    def granted(self, tokens: Tokens, portal: int, app_id: int | None = None) -> Granted:
        """Tokens of a consent, as they are kept."""
        ends = self.clock() + timedelta(seconds=tokens.expires_in)
        return Granted(
            "oauth", tokens.access_token, portal, tokens.refresh_token, ends, tokens.scopes, app_id
        )


class Ours(Protocol):
    """The settings of an installation, as far as HubSpot is concerned."""

    @property
    def hubspot_api(self) -> str:
        """Where HubSpot answers programs."""

    @property
    def hubspot_app(self) -> str:
        """Where HubSpot asks people."""

    @property
    def hubspot_client_id(self) -> str:
        """The app, or nothing."""

    @property
    def public_url(self) -> str:
        """The address by which the world reaches us."""

    @property
    def outbound_allow(self) -> Sequence[Network]:
        """Networks of our own that may be asked."""

    def connection_secret(self, name: str) -> str | None:
        """The value of a setting that a program names."""


def office_of(ours: Ours, clock: Callable[[], datetime]) -> Office:
    """What this installation has of HubSpot."""
    return Office(
        Client(ours.outbound_allow),
        ours.hubspot_api,
        ours.hubspot_app,
        ours.hubspot_client_id,
        ours.public_url,
        ours.connection_secret,
        clock,
    )


@dataclass(frozen=True, slots=True)
class Minting:
    """Makes tokens for one connection."""

    office: Office
    program: str
    declared: Declared

    def renew(self, refresh: str) -> Granted | NotNow | Closed:
        """A new token, with what the next one is made of."""
        app = self.office.app_of(self.program, self.declared)
        if app is None:
            return Closed("app")
        outcome = oauth.refresh(self.office.bare(self.declared), app, refresh)
        match outcome:
            case Done(tokens):
                kept = tokens if tokens.refresh_token else _with_refresh(tokens, refresh)
                return self.office.granted(kept, tokens.hub_id or self.declared.portal)
            case TokenGone():
                return Closed("revoked")
            case Refused():
                return Closed("app")
            case Later(after_s, why):
                return NotNow(after_s, why)
        return NotNow(TROUBLE_S, "unreachable")

    def portal_of(self, access: str) -> int | NotNow | Closed:
        """The account that a token opens."""
        found = self.office.whose(self.declared, access)
        if isinstance(found, No):
            return (
                Closed("revoked")
                if found.category == "INVALID_AUTHENTICATION"
                else NotNow(TROUBLE_S, "trouble")
            )
        return found


@dataclass(frozen=True, slots=True)
class Watched(Api):
    """Asking as a connection; that its token is gone is told by `gone`."""

    gone: Callable[[], None] = field(default=lambda: None, repr=False)

    def ask(self, question: Question, read: Reader[Answered]) -> Outcome[Answered]:
        """Send a request once, and note where its token opens nothing."""
        outcome = Api.ask(self, question, read)
        if isinstance(outcome, TokenGone):
            self.gone()
        return outcome


class HubSpot:
    """Opens connections; one a process, for its paces count what all of its threads ask."""

    def __init__(self, office: Office, library: Library) -> None:
        self.office = office
        self._library = library
        self._paces: dict[tuple[int, str], tuple[str, Pace]] = {}
        self._of_app: dict[tuple[int, str], tuple[str, datetime]] = {}
        self._lock, self._shelf = Lock(), Lock()

    def open(self, db: Connection, program_id: int, connection: str) -> Crm | Closed | NotNow:
        """A connection, open; called with no transaction open."""
        found = self._declared(db, program_id, connection)
        if found is None:
            return Closed("not_connected")
        program, declared = found
        whose = Whose(program_id, connection, declared.portal)
        minting = Minting(self.office, program.key, declared)
        access = open_access(db, self._library.vault, whose, minting, self.office.clock)
        if isinstance(access, NotNow | Closed):
            return access

        def gone() -> None:
            note_gone(db, self._library.vault, whose, access, self.office.clock())

        pace = self._pace(program_id, connection, access)
        api = Watched(self.office.http, lambda: access, pace, self.office.place(declared), gone=gone)
        listening = partial(self._listening, program_id, program, declared)
        return HubSpotCrm(api, listening, declared.portal)

    def _declared(self, db: Connection, program_id: int, connection: str) -> tuple[Program, Declared] | None:
        with self._shelf, transaction(db, program_id) as tx:
            try:
                program = self._library.playbook(tx, program_id, self.office.clock()).program
            except NoLiveVersion:
                return None
        declared = program.connections.get(connection)
        return None if declared is None else (program, declared)

    def _pace(self, program_id: int, connection: str, access: str) -> Pace:
        # A private app's token is known by how it begins; HubSpot's headers tell the rest.
        kind = "token" if access.startswith("pat-") else "oauth"
        with self._lock:
            known = self._paces.get((program_id, connection))
            if known is None or known[0] != kind:
                known = (kind, Pace(PRIVATE_APP if kind == "token" else OAUTH_APP))
                self._paces[program_id, connection] = known
            return known[1]

    def _listening(self, program_id: int, program: Program, declared: Declared) -> Api | NotNow | Closed:
        """Asking as the app itself, which the journal wants."""
        app, now = self.office.app_of(program.key, declared), self.office.clock()
        if app is None:
            return Closed("app")
        place = (program_id, declared.key)
        token, ends = self._of_app.get(place, ("", now))
        fresh = ends - now < EARLY
        if fresh:
            made = oauth.token_of_app(self.office.bare(declared), app)
            if isinstance(made, Later):
                return NotNow(made.after_s, made.why)
            if not isinstance(made, Done):
                return Closed("app") if isinstance(made, Refused) else NotNow(TROUBLE_S, "unreachable")
            token, ends = made.answer.access_token, now + timedelta(seconds=made.answer.expires_in)

        def gone() -> None:
            self._of_app.pop(place, None)

        api = Watched(self.office.http, lambda: token, None, self.office.place(declared), gone=gone)
        if fresh:
            # With each new token, for the program may care for more than it did.
            deaf = listen_for(api, declared)
            if deaf is not None:
                return NotNow(TROUBLE_S, "trouble") if isinstance(deaf, No) else deaf
            self._of_app[place] = (token, ends)
        return api


def _with_refresh(tokens: Tokens, refresh: str) -> Tokens:
    # Where none comes back, the one that was shown goes on being good.
    return Tokens(tokens.access_token, tokens.expires_in, refresh, tokens.hub_id, tokens.scopes)


def _otherwise(outcome: Outcome[Answered]) -> NotNow | No | Closed:
    match outcome:
        case Later(after_s, why):
            return NotNow(after_s, why)
        case TokenGone():
            return Closed("revoked")
        case Refused():
            return No(outcome.category, outcome.message)
        case Unsure() | Partial() | Done():
            return NotNow(TROUBLE_S, "unreachable")
