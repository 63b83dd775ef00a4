"""Accounts with who carries messages as this installation may use them: addresses and secrets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Protocol

from guerdon.channels.push.either import EitherPush
from guerdon.channels.push.fcm.account import Bearer, ServiceAccount, read_account
from guerdon.channels.push.fcm.wire import ADDRESS as FCM_ADDRESS
from guerdon.channels.push.fcm.wire import Fcm
from guerdon.channels.push.vapid import Vapid, vapid_key
from guerdon.channels.push.web import WebPush
from guerdon.channels.sms.twilio.account import ADDRESS as TWILIO_ADDRESS
from guerdon.channels.sms.twilio.account import TwilioAccount
from guerdon.channels.sms.twilio.callbacks import TwilioListener
from guerdon.channels.sms.twilio.wire import TwilioSms
from guerdon.engine.messages.port import Channel, ChannelKind, Listener
from guerdon.http import Client
from guerdon.program.messages.accounts import FcmAccount
from guerdon.program.model import Program
from guerdon.store.sealing import Vault
from guerdon.values.destinations import Network, with_own
from guerdon.values.problems import Problem, did_you_mean

TWILIO, FCM, WEB_PUSH = "twilio", "fcm", "webpush"
# Where each answers; browsers name their push services themselves.
ADDRESSES: Mapping[str, str] = {TWILIO: TWILIO_ADDRESS, FCM: FCM_ADDRESS, WEB_PUSH: ""}
PREVIOUS = "_PREVIOUS"
HOOKS = "/hooks/messages/"
KEY_PURPOSE = "web push"
# Connections to push services that stay open: there are few services, and a worker's eight at once.
KEPT = 16

Clock = Callable[[], datetime]


class Ours(Protocol):
    """The settings of an installation, as far as channels are concerned."""

    @property
    def channels(self) -> Mapping[str, str]:
        """Where providers answer, if not where they usually do."""

    @property
    def outbound_allow(self) -> Sequence[Network]:
        """Networks of our own that may be asked."""

    @property
    def public_url(self) -> str:
        """The address by which the world reaches us."""

    @property
    def secret(self) -> str:
        """The installation's secret."""

    def connection_secret(self, name: str) -> str | None:
        """The value of a setting that a program names."""


class Channels:
    """Opens accounts, and may be asked from any thread; it keeps tokens that were given for a time."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._lines = {
            # A text message must not be asked for twice; a push replaces itself.
            name: Client(with_own(address_of(ours, name), ours.outbound_allow), kept=kept)
            for name, kept in ((TWILIO, 0), (FCM, KEPT))
        }
        # Where a browser is pushed to, whoever has the browser says: what the operator allows of inner
        # networks is not for them, unless a push service of one's own was set.
        home = ours.channels.get(WEB_PUSH)
        self._browsers_allow = tuple(with_own(home, ours.outbound_allow)) if home else ()
        self._browsers = Client(self._browsers_allow, kept=KEPT)
        self._key = vapid_key(Vault(ours.secret).key(KEY_PURPOSE))
        self._pushers: dict[str, Vapid] = {}
        self._accounts: dict[FcmAccount, ServiceAccount | None] = {}
        self._bearers: dict[FcmAccount, Bearer] = {}
        self._lock = Lock()

    @property
    def browsers_allow(self) -> tuple[Network, ...]:
        """Networks that are not outside in which a browser's push service may be."""
        return self._browsers_allow

    def open(self, program: Program, kind: ChannelKind, connections: int, clock: Clock) -> list[Channel]:
        """So many connections of a program's account; none where it has none, or its secret is not here."""
        if kind == "sms":
            return self._texting(program, connections, clock)
        return self._pushing(program, connections, clock) if kind == "push" else []

    def listener(self, program: Program, provider: str) -> Listener | None:
        """Who reads what a provider calls a program with; None where it has no such account that is open."""
        declared = program.channels.sms
        if declared is None or declared.provider != provider:
            return None
        secrets = (self._secret(declared.secret), self._secret(declared.secret + PREVIOUS))
        return TwilioListener(declared.account, secrets) if secrets[0] else None

    def callback_url(self, program: Program, kind: ChannelKind) -> str:
        """Where a program's provider tells how messages went; empty: it does not tell."""
        declared = program.channels.sms if kind == "sms" else None
        return "" if declared is None else callback_url(self._ours, program, declared.provider)

    def browser_key(self, program: Program) -> str | None:
        """The public key by which browsers subscribe (`applicationServerKey`); None: they do not."""
        declared = program.channels.push.web
        return None if declared is None else self._vapid(declared.contact).public

    def takes_apps(self, program: Program) -> bool:
        """Whether apps are pushed to."""
        return self._account(program.channels.push.fcm) is not None

    def _texting(self, program: Program, connections: int, clock: Clock) -> list[Channel]:
        declared = program.channels.sms
        secret = self._secret(declared.secret) if declared else ""
        if declared is None or not secret:
            return []
        account = TwilioAccount(
            declared.account, secret, declared.senders, address_of(self._ours, TWILIO), declared.pace
        )
        return [TwilioSms(self._lines[TWILIO], account, clock) for _ in range(connections)]

    def _pushing(self, program: Program, connections: int, clock: Clock) -> list[Channel]:
        web, account = program.channels.push.web, self._account(program.channels.push.fcm)
        if web is None and account is None:
            return []
        vapid = self._vapid(web.contact) if web else None
        fcm = program.channels.push.fcm
        bearer = self._bearer(fcm, account, clock) if fcm and account else None
        address = address_of(self._ours, FCM)
        return [
            EitherPush(
                WebPush(self._browsers, vapid, clock) if vapid else None,
                Fcm(self._lines[FCM], bearer, clock, address) if bearer else None,
            )
            for _ in range(connections)
        ]

    def _vapid(self, contact: str) -> Vapid:
        with self._lock:
            return self._pushers.setdefault(contact, Vapid(self._key, contact))

    def _bearer(self, declared: FcmAccount, account: ServiceAccount, clock: Clock) -> Bearer:
        with self._lock:
            return self._bearers.setdefault(declared, Bearer(self._lines[FCM], account, clock))

    def _account(self, declared: FcmAccount | None) -> ServiceAccount | None:
        if declared is None:
            return None
        with self._lock:
            if declared not in self._accounts:
                self._accounts[declared] = service_account(self._ours, declared)
            return self._accounts[declared]

    def _secret(self, name: str) -> str:
        return self._ours.connection_secret(name) or ""


def address_of(ours: Ours, provider: str) -> str:
    """Where a provider answers."""
    return ours.channels.get(provider, ADDRESSES[provider])


def callback_url(ours: Ours, program: Program, provider: str) -> str:
    """Where a provider calls a program, as it was told and as it signs it."""
    return f"{ours.public_url}{HOOKS}{program.key}/{provider}"


def service_account(ours: Ours, declared: FcmAccount) -> ServiceAccount | None:
    """Who asks Firebase for a program; None where the setting is not here, or holds none."""
    try:
        found = read_account(ours.connection_secret(declared.secret) or "")
    except ValueError:
        return None
    # An account of one project may be let into another.
    return replace(found, project=declared.project)


def missing_of(program: Program, ours: Ours) -> list[str]:
    """The settings that its channels name and that the environment does not hold, or not rightly."""
    found = []
    sms, fcm = program.channels.sms, program.channels.push.fcm
    if sms is not None and not ours.connection_secret(sms.secret):
        found.append(f"{sms.secret}, which channel sms of {program.key} names")
    if fcm is not None and not ours.connection_secret(fcm.secret):
        found.append(f"{fcm.secret}, which channel push of {program.key} names")
    elif fcm is not None and service_account(ours, fcm) is None:
        found.append(f"{fcm.secret} of {program.key} is no service account's key as JSON")
    return found


def wrong_addresses(ours: Ours) -> list[Problem]:
    """Addresses that are set for providers that there are not."""
    return [
        Problem(
            "GUERDON_CHANNELS", None, f"{name!r} carries no messages", did_you_mean(name, list(ADDRESSES))
        )
        for name in ours.channels
        if name not in ADDRESSES
    ]
