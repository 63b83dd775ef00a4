"""Everything that the stand-in knows: browsers that subscribed, and what was pushed to them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from standins.suppliers.callbacks import Callbacks
from standins.suppliers.clock import Clock
from standins.suppliers.faults import Faults
from standins.suppliers.paces import Pace
from standins.suppliers.truth import Deliveries
from standins.webpush.documented import TABLE
from standins.webpush.reading import POINT, Keys, Unreadable, coded, decoded, read_pushed

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET_BYTES, PLACE_BYTES = 16, 18
# One less than the order of the curve P-256 (SEC 2, 2.4.2): what keys are drawn from.
KEYS = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550
MINUTE_MS = 60_000


class PushFaults(Faults):
    """The kinds of faults that a message can meet."""

    kinds = (
        "limited",  # 429
        "overloaded",  # 503, not taken
        "cut",  # taken, and the connection ends without a word
        "lost",  # no word, and never taken
        "slow",  # taken, and the reply takes its time
        "gone",  # 410: the browser goes away with this message
    )


@dataclass
class Pushed:
    """A message that the service took, and what its browser read."""

    name: str
    place: str
    at_ms: int
    state: str
    ttl_s: int
    urgency: str
    topic: str | None
    size: int
    # What the page's script was handed: the fields of JSON, if it is that.
    text: str | None = None
    said: dict[str, Any] | None = None
    trouble: str | None = None
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        """The row as the control door shows it."""
        return asdict(self)


@dataclass
class Browser:
    """A browser that let one sender push to it."""

    place: str
    keys: Keys
    # Of who may push, as the page named it (`applicationServerKey`).
    sender: bytes
    online: bool = True
    gone: bool = False
    waiting: list[tuple[Pushed, bytes]] = field(default_factory=list)

    def take(self, pushed: Pushed, body: bytes) -> None:
        """Show a message, or let it wait in the place of one that it replaces."""
        if self.online:
            self.show(pushed, body)
            return
        for other, _ in self.waiting:
            if pushed.topic is not None and other.topic == pushed.topic:
                other.state = "replaced"
        self.waiting = [one for one in self.waiting if one[0].state == "waiting"]
        if pushed.ttl_s == 0:
            pushed.state = "expired"
        else:
            self.waiting.append((pushed, body))

    def show(self, pushed: Pushed, body: bytes) -> None:
        """Open a message with the browser's own keys."""
        try:
            pushed.text = read_pushed(self.keys, body).decode()
            said = msgspec.json.decode(pushed.text)
        except (Unreadable, UnicodeDecodeError, msgspec.DecodeError) as fault:
            pushed.state, pushed.trouble = "unreadable", str(fault)
            return
        pushed.state, pushed.said = "shown", said if isinstance(said, dict) else None

    def come_back(self, now_ms: int) -> None:
        """Go online: what waited and has not ended is shown."""
        self.online = True
        for pushed, body in self.waiting:
            if pushed.at_ms + pushed.ttl_s * 1000 <= now_ms:
                pushed.state = "expired"
            else:
                self.show(pushed, body)
        self.waiting = []


@dataclass
class World:
    """One stand-in, whole; a test may start it anew."""

    seed: int
    clock: Clock = field(default_factory=Clock)
    origin: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    truth: Deliveries = field(default_factory=Deliveries)
    browsers: dict[str, Browser] = field(default_factory=dict)
    behaviour: dict[str, Any] = field(default_factory=lambda: {"retry_after_s": 30})
    pictures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.faults = PushFaults(self.seed)
        self.pace = Pace(TABLE.figure("messages_per_minute"), MINUTE_MS)
        # There is nobody to call back.
        self.callbacks = Callbacks(lambda *_: {}, (), 1.0)

    def keys(self) -> dict[str, Any]:
        """Where the service is."""
        return {"origin": self.origin}

    def tick(self) -> None:
        """Let happen whatever is due: nothing is, until somebody asks."""

    def control(self, name: str, asked: dict[str, Any]) -> Any:
        """Do what only this control door knows."""
        return DOORS[name](self, asked)

    def drawn(self, count: int) -> bytes:
        """Bytes that the seed decides: whoever starts again with it has the same browsers."""
        return self.random.randbytes(count)


def _subscribe(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Let a browser subscribe for whoever has this key; gives what its page gets (`PushSubscription`)."""
    sender = decoded(asked["applicationServerKey"])
    if len(sender) != POINT:
        raise ValueError("applicationServerKey is a point of the curve P-256")
    private = ec.derive_private_key(world.random.randrange(KEYS) + 1, ec.SECP256R1())
    browser = Browser(
        f"/push/{coded(world.drawn(PLACE_BYTES))}", Keys(private, world.drawn(SECRET_BYTES)), sender
    )
    world.browsers[browser.place] = browser
    return {
        "endpoint": world.origin + browser.place,
        "keys": {"p256dh": coded(browser.keys.point), "auth": coded(browser.keys.secret)},
    }


def _change(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Let a browser go away, go offline, or come back."""
    browser = world.browsers[str(asked["endpoint"]).removeprefix(world.origin)]
    browser.gone = bool(asked.get("gone", browser.gone))
    if asked.get("online") is True:
        browser.come_back(world.clock.now_ms())
    elif asked.get("online") is False:
        browser.online = False
    return {"gone": browser.gone, "online": browser.online, "waiting": len(browser.waiting)}


DOORS: dict[str, Callable[[World, dict[str, Any]], Any]] = {
    "POST subscriptions": _subscribe,
    "POST subscriptions/change": _change,
}
