"""Everything that the stand-in knows: service accounts, access tokens, apps on devices and their news."""

import random
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standins.fcm.documented import TABLE
from standins.fcm.grants import Grant, ServiceAccount, made, read_public_key
from standins.fcm.refusals import fcm_error, refusal
from standins.fcm.registrations import PLATFORMS, Registration
from standins.suppliers.application import Refusal
from standins.suppliers.callbacks import Callbacks
from standins.suppliers.clock import Clock
from standins.suppliers.faults import Faults
from standins.suppliers.paces import Pace
from standins.suppliers.truth import Deliveries

LETTERS = string.ascii_letters + string.digits + "_-"
PROJECT, PACKAGE = "standin-project", "com.example.standin"
MINUTE_MS = 60_000


class FcmFaults(Faults):
    """The kinds of faults that a message can meet."""

    kinds = (
        "limited",  # 429 QUOTA_EXCEEDED
        "overloaded",  # 503 UNAVAILABLE
        "internal",  # 500 INTERNAL, not sent
        "after",  # 500 INTERNAL, and sent
        "cut",  # sent, and the connection ends without a word
        "lost",  # no word, and never sent
        "slow",  # sent, and the reply takes its time
        "auth",  # 401: the access token is worth nothing from now on
        "third_party",  # 401 THIRD_PARTY_AUTH_ERROR
        "unregistered",  # 404 UNREGISTERED: the app goes away with this message
    )


@dataclass
class World:
    """One stand-in, whole; a test may start it anew."""

    seed: int
    given: list[ServiceAccount]
    clock: Clock = field(default_factory=Clock)
    origin: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    truth: Deliveries = field(default_factory=Deliveries)
    grants: dict[str, Grant] = field(default_factory=dict)
    registrations: dict[str, Registration] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    behaviour: dict[str, Any] = field(
        default_factory=lambda: {
            "quota_tells": "header and info",
            "retry_after_s": 30,
            "unavailable_tells": True,
            "apns_key": True,
            "token_status": 0,
        }
    )

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.faults = FcmFaults(self.seed)
        self.pace = Pace(TABLE.figure("messages_per_minute"), MINUTE_MS)
        # There is nobody to call back.
        self.callbacks = Callbacks(lambda *_: {}, (), 1.0)
        self.service_accounts = {account.email: account for account in self.given}

    def letters(self, count: int) -> str:
        """Text that the seed decides."""
        return "".join(self.random.choices(LETTERS, k=count))

    def message_id(self, now_ms: int) -> str:
        """An id of a message."""
        return f"0:{now_ms * 1000}%{self.random.getrandbits(64):016x}"

    def keys(self) -> dict[str, Any]:
        """Where a token is given, and for which project."""
        return {
            "project": PROJECT,
            "package": PACKAGE,
            "token_uri": f"{self.origin}/token",
            "service_accounts": sorted(self.service_accounts),
        }

    def tick(self) -> None:
        """Let happen whatever is due: nothing is, until somebody asks."""

    def device_pace(self, token: str) -> Pace:
        """How fast one device may be written to."""
        pace = Pace(TABLE.figure("device_messages_per_minute"), MINUTE_MS)
        return self.paces.setdefault(token, pace)

    def overloaded(self) -> Refusal:
        """Too much is going on."""
        told = {"Retry-After": str(int(self.behaviour["retry_after_s"]))}
        headers = told if self.behaviour["unavailable_tells"] else None
        return refusal(
            503, "The service is currently unavailable.", fcm_error("UNAVAILABLE"), headers=headers
        )

    def control(self, name: str, asked: dict[str, Any]) -> Any:
        """Do what only this control door knows."""
        return DOORS[name](self, asked)


def _accounts(world: World, asked: dict[str, Any]) -> dict[str, str]:
    """Add a service account, by its public key or with a new one; then its file is handed out."""
    email = asked["client_email"]
    if "public_key" in asked:
        key = read_public_key(asked["public_key"])
        world.service_accounts[email] = ServiceAccount(email, asked.get("private_key_id"), key)
        return {"client_email": email, "project_id": PROJECT, "token_uri": f"{world.origin}/token"}
    account, told = made(email, PROJECT, f"{world.random.getrandbits(160):040x}", f"{world.origin}/token")
    world.service_accounts[email] = account
    return told


def _register(world: World, asked: dict[str, Any]) -> dict[str, str]:
    """Install an app on a device; gives its registration token."""
    platform = asked.get("platform", "android")
    if platform not in PLATFORMS:
        raise KeyError(platform)
    token = f"{world.letters(22)}:APA91b{world.letters(134)}"
    world.registrations[token] = Registration(
        token,
        platform,
        asked.get("project", PROJECT),
        asked.get("package", PACKAGE),
        world.clock.now_ms(),
    )
    return {"token": token, "platform": platform}


def _change(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Let an app go away, go offline, or come back."""
    registration = world.registrations[asked["token"]]
    registration.gone = bool(asked.get("gone", registration.gone))
    if asked.get("online") is True:
        registration.come_back(world.clock.now_ms())
    elif asked.get("online") is False:
        registration.online, registration.seen_ms = False, world.clock.now_ms()
    return {"gone": registration.gone, "online": registration.online, "waiting": len(registration.waiting)}


def _revoke(world: World, asked: dict[str, Any]) -> dict[str, int]:
    """Make every access token worthless."""
    del asked
    count = len(world.grants)
    world.grants.clear()
    return {"revoked": count}


DOORS: dict[str, Callable[[World, dict[str, Any]], Any]] = {
    "POST service_accounts": _accounts,
    "POST registrations": _register,
    "POST registrations/change": _change,
    "POST tokens/revoke": _revoke,
}
