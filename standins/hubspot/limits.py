"""Rate limits: rolling windows of ten seconds, one second for search, and the day."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from standins.hubspot.refusals import Refusal

DAY_MS = 86_400_000
SEARCH_MS = 1000


@dataclass
class Limits:
    """The figures, which a test may change, and what was used of them."""

    on: bool = True
    burst: int = 190
    oauth_burst: int = 110
    interval_ms: int = 10_000
    daily: int = 650_000
    search_per_s: int = 5
    windows: dict[tuple[object, ...], deque[int]] = field(default_factory=dict)
    days: dict[tuple[int, int], int] = field(default_factory=dict)

    def pass_one(
        self, app_id: int, portal: int | None, now_ms: int, *, private: bool, search: bool
    ) -> dict[str, str]:
        """Count a request and return the headers that say what is left; raises the 429."""
        if not self.on:
            return {}
        # Windows are of the machine's time, which nobody moves forward.
        tick = time.monotonic_ns() // 1_000_000
        if search:
            self._take(("search", app_id, portal), self.search_per_s, SEARCH_MS, tick, "SECONDLY")
        most = self.burst if private else self.oauth_burst
        left = self._take(("burst", app_id, portal), most, self.interval_ms, tick, "TEN_SECONDLY_ROLLING")
        headers = {
            "X-HubSpot-RateLimit-Max": str(most),
            "X-HubSpot-RateLimit-Remaining": str(left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(self.interval_ms),
        }
        if private and portal is not None:
            headers |= self._day(portal, now_ms)
        return {} if search else headers

    def used_today(self, portal: int, now_ms: int) -> int:
        """How many requests of an account counted today."""
        return self.days.get((portal, now_ms // DAY_MS), 0)

    def _day(self, portal: int, now_ms: int) -> dict[str, str]:
        used = self.used_today(portal, now_ms)
        if used >= self.daily:
            raise too_many("DAILY", "daily", (DAY_MS - now_ms % DAY_MS) // 1000 + 1)
        self.days[portal, now_ms // DAY_MS] = used + 1
        return {
            "X-HubSpot-RateLimit-Daily": str(self.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily - used - 1),
        }

    def _take(self, key: tuple[object, ...], most: int, window_ms: int, tick: int, policy: str) -> int:
        taken = self.windows.setdefault(key, deque())
        while taken and taken[0] <= tick - window_ms:
            taken.popleft()
        if len(taken) >= most:
            first = taken[0] if taken else tick
            wait_ms = max(first + window_ms - tick, 1)
            raise too_many(policy, policy.lower(), -(-wait_ms // 1000))
        taken.append(tick)
        return most - len(taken)


def too_many(policy: str, said: str, after_s: int) -> Refusal:
    """The 429 of a policy."""
    more: dict[str, Any] = {"errorType": "RATE_LIMIT", "policyName": policy}
    refusal = Refusal(429, "RATE_LIMITS", f"You have reached your {said} limit.", **more)
    refusal.more["correlationId"] = str(uuid4())
    refusal.headers["Retry-After"] = str(after_s)
    return refusal
