"""Guesses that were wrong: so many in a while from one network, or by one key, and then one has to wait.

One process counts for itself, as it does for the pace of keys: there is no table to fill, and what is guarded
(160 bits of a key, 80 of a code) is not found by so many tries in a hundred processes either.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from math import ceil
from threading import Lock
from time import monotonic

REMEMBERED_MAX = 10_000
# One reader has a whole /64 of IPv6 addresses to ask from.
_OF_ONE_READER = 64


class Guesses:
    """Wrong guesses by whoever makes them, at most so many within a window that the first of them begins."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.most = most
        self.seconds = seconds
        self._clock = clock
        self._lock = Lock()
        # When the window began, and how many there were since.
        self._wrong: dict[str, tuple[float, int]] = {}

    def wait(self, *whos: str) -> int:
        """For how many seconds all of these have to wait; 0 for not at all."""
        with self._lock:
            now = self._clock()
            return max(ceil(self._left(who, now)) for who in whos)

    def wrong(self, *whos: str) -> None:
        """Count one more for each of these."""
        with self._lock:
            now = self._clock()
            for who in whos:
                began, count = self._wrong.get(who, (now, 0))
                fresh = now - began >= self.seconds
                self._make_room(now)
                self._wrong[who] = (now, 1) if fresh else (began, count + 1)

    def _left(self, who: str, now: float) -> float:
        began, count = self._wrong.get(who, (now, 0))
        return max(began + self.seconds - now, 0.0) if count >= self.most else 0.0

    def _make_room(self, now: float) -> None:
        if len(self._wrong) < REMEMBERED_MAX:
            return
        self._wrong = {who: each for who, each in self._wrong.items() if now - each[0] < self.seconds}
        # Whoever asks from everywhere at once makes the oldest forgotten, and memory stays what it is.
        for who in sorted(self._wrong, key=lambda each: self._wrong[each][0])[: -REMEMBERED_MAX // 2]:
            del self._wrong[who]


def network_of(address: str) -> str:
    """The network that an address stands for: itself, or the /64 of an IPv6 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> _OF_ONE_READER << _OF_ONE_READER)}/{_OF_ONE_READER}"
