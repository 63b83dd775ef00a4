"""How fast HubSpot may be asked: its limits counted here, so that nobody runs into them.

The documented limit is a rolling window, so what is kept is when the last requests went out: a bucket that
fills again would let twice as many through in one window. What HubSpot tells in its headers corrects the
count, for others may use the same limit. All times are seconds of one clock that never goes back; nothing
here reads it. Threads share one `Pace` an app and account.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

# HubSpot counts a request when it arrives, and one may take longer on its way than the next.
MARGIN_S = 0.25
DAY_PAUSE_S = 900.0
BURST_MAX = 10_000
INTERVAL_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What an app may ask in an account: the documented figures, before HubSpot tells its own."""

    burst: int
    interval_s: float = 10.0
    search: int = 5
    search_s: float = 1.0


PRIVATE_APP = Limits(190)
OAUTH_APP = Limits(110)


class Pace:
    """Counts requests, and says how long the next one has to wait."""

    def __init__(self, limits: Limits) -> None:
        self._search = limits.search
        self._search_s = limits.search_s
        self._burst = limits.burst
        self._interval_s = limits.interval_s
        self._taken: deque[float] = deque()
        self._searched: deque[float] = deque()
        self._closed_until = 0.0
        self._search_closed_until = 0.0
        # Only private apps are told.
        self._day_left: int | None = None
        self._day_closed_until = 0.0
        self._lock = Lock()

    def take(self, now: float, *, search: bool = False) -> float:
        """Count a request that goes out now; if it may not, count nothing and say in how many seconds."""
        with self._lock:
            wait = self._wait(now, search=search)
            if wait <= 0:
                self._taken.append(now)
                if search:
                    self._searched.append(now)
                if self._day_left is not None:
                    self._day_is(self._day_left - 1, now)
            return max(wait, 0.0)

    def learn(self, now: float, headers: Mapping[str, str]) -> None:
        """Take what an answer's headers say of the limit; nonsense and silence change nothing."""
        burst = _number(headers, "x-hubspot-ratelimit-max")
        left = _number(headers, "x-hubspot-ratelimit-remaining")
        interval_ms = _number(headers, "x-hubspot-ratelimit-interval-milliseconds")
        day_left = _number(headers, "x-hubspot-ratelimit-daily-remaining")
        with self._lock:
            if burst is not None and 0 < burst <= BURST_MAX:
                self._burst = burst
            if interval_ms is not None and 0 < interval_ms <= INTERVAL_S_MAX * 1000:
                self._interval_s = interval_ms / 1000
            if left is not None:
                # What we did not send, somebody else did.
                _drop(self._taken, now - self._interval_s - MARGIN_S)
                others = min(self._burst, self._burst - left) - len(self._taken)
                self._taken.extend([now] * others)
            if day_left is not None:
                self._day_is(day_left, now)

    def hold(self, now: float, after_s: float, *, search: bool = False) -> None:
        """Send nothing for a while: HubSpot said that it was too much."""
        with self._lock:
            if search:
                self._search_closed_until = max(self._search_closed_until, now + after_s)
            else:
                self._closed_until = max(self._closed_until, now + after_s)

    def _day_is(self, left: int, now: float) -> None:
        # Nobody says when their day begins: one request after a pause finds out.
        self._day_left = max(left, 0)
        self._day_closed_until = now + DAY_PAUSE_S if left <= 0 else 0.0

    def _wait(self, now: float, *, search: bool) -> float:
        wait = max(self._closed_until, self._day_closed_until) - now
        wait = max(wait, _room(self._taken, self._burst, self._interval_s, now))
        if search:
            wait = max(wait, self._search_closed_until - now)
            wait = max(wait, _room(self._searched, self._search, self._search_s, now))
        return wait


def _room(taken: deque[float], most: int, interval_s: float, now: float) -> float:
    """In how many seconds one more fits a window."""
    _drop(taken, now - interval_s - MARGIN_S)
    if len(taken) < most:
        return 0.0
    return taken[len(taken) - most] + interval_s + MARGIN_S - now


def _drop(taken: deque[float], until: float) -> None:
    while taken and taken[0] <= until:
        taken.popleft()


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
