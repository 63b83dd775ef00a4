"""Apps on devices: their tokens, what they show, what waits for them while they are offline."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

DAY_MS = 86_400_000
PLATFORMS = ("android", "ios", "web")
# An instance's id, a colon, and what FCM adds.
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}:APA91b[A-Za-z0-9_-]{134}")


@dataclass
class Pushed:
    """A message that FCM took, and what became of it at the device."""

    name: str
    token: str
    platform: str
    at_ms: int
    state: str
    title: str | None
    text: str | None
    data: dict[str, str]
    link: str | None
    collapse: str | None
    ends_ms: int
    # The message as it was asked for, spelled as in the table.
    asked: dict[str, Any]
    shown_ms: int | None = None
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        """The row as the control door shows it."""
        return asdict(self)


@dataclass
class Registration:
    """An app on a device."""

    token: str
    platform: str
    project: str
    package: str
    seen_ms: int
    online: bool = True
    gone: bool = False
    waiting: list[Pushed] = field(default_factory=list)

    def is_worthless(self, now_ms: int, stale_days: int) -> bool:
        """Whether the app went away, or its Android device was not seen for so long."""
        unseen_ms = 0 if self.online else now_ms - self.seen_ms
        return self.gone or (self.platform == "android" and unseen_ms > stale_days * DAY_MS)

    def take(self, pushed: Pushed, now_ms: int) -> None:
        """Show the message, or let it wait in the place of one that it replaces."""
        if self.online:
            _show(pushed, now_ms)
            return
        if pushed.ends_ms <= now_ms:
            pushed.state = "expired"
            return
        for other in self.waiting:
            if pushed.collapse is not None and other.collapse == pushed.collapse:
                other.state = "collapsed"
        self.waiting = [other for other in self.waiting if other.state == "waiting"]
        pushed.state = "waiting"
        self.waiting.append(pushed)

    def come_back(self, now_ms: int) -> None:
        """Go online: what waited and has not ended is shown."""
        self.online, self.seen_ms = True, now_ms
        for pushed in self.waiting:
            if pushed.ends_ms <= now_ms:
                pushed.state = "expired"
            else:
                _show(pushed, now_ms)
        self.waiting = []


def _show(pushed: Pushed, now_ms: int) -> None:
    pushed.state, pushed.shown_ms = "delivered", now_ms
