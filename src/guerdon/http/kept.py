"""Connections kept open for whoever asks the same host often: to open one takes longer than to ask.

One is used again for the same name at the same address, over the same TLS, and only while nothing came in on
it: a server that hangs up is noticed before it is asked. It is kept for a short while and for so many uses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from urllib3.connection import HTTPConnection

# Shorter than servers keep a connection that nobody uses.
IDLE_S = 15.0
USES_MAX = 1_000

# Scheme, host, port, and the address that was judged.
There = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class _Idle:
    connection: HTTPConnection
    uses: int
    since: float


class Kept:
    """At most so many open connections that nobody uses now; asked from any thread."""

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._clock = clock
        self._idle: dict[There, list[_Idle]] = {}
        self._uses: dict[HTTPConnection, int] = {}
        self._lock = Lock()

    def taken(self, there: There) -> HTTPConnection | None:
        """An open connection to somebody, nobody else's from now on; None: there is none."""
        while True:
            with self._lock:
                idle = self._idle.get(there)
                if not idle:
                    return None
                found = idle.pop()
                if not idle:
                    del self._idle[there]
            if self._clock() - found.since < IDLE_S and found.connection.is_connected:
                with self._lock:
                    self._uses[found.connection] = found.uses
                return found.connection
            found.connection.close()

    def put_back(self, there: There, connection: HTTPConnection) -> bool:
        """Keep one whose answer was read to its end; False: there is no room, or it was used enough."""
        now = self._clock()
        with self._lock:
            uses = self._uses.pop(connection, 0) + 1
            over = self._outdated(now)
            room = uses < USES_MAX and sum(map(len, self._idle.values())) < self._most
            if room:
                self._idle.setdefault(there, []).append(_Idle(connection, uses, now))
        for each in over:
            each.close()
        return room

    def let_go(self, connection: HTTPConnection) -> None:
        """Forget one that was taken and that is not kept any more."""
        with self._lock:
            self._uses.pop(connection, None)

    def close(self) -> None:
        """Hang up on everybody."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for each in idle.values():
            for one in each:
                one.connection.close()

    def _outdated(self, now: float) -> list[HTTPConnection]:
        over: list[HTTPConnection] = []
        for there in list(self._idle):
            # The oldest are first.
            idle = self._idle[there]
            while idle and now - idle[0].since >= IDLE_S:
                over.append(idle.pop(0).connection)
            if not idle:
                del self._idle[there]
        return over
