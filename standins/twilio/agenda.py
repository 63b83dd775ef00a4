"""What is still to happen, in the stand-in's own time: at its moment and in order, however far time jumps."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from standins.suppliers.clock import Clock


class Agenda:
    """Acts by the moment when they are due; an act may put others on it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.due: list[tuple[int, int, Callable[[], None]]] = []
        self.numbers = count()
        self.moment_ms: int | None = None
        self.timer: asyncio.TimerHandle | None = None

    def now_ms(self) -> int:
        """The moment of the act under way, else the time now."""
        return self.clock.now_ms() if self.moment_ms is None else self.moment_ms

    def later(self, wait_ms: float, act: Callable[[], None]) -> None:
        """Let an act happen some time from now."""
        heapq.heappush(self.due, (self.now_ms() + round(wait_ms), next(self.numbers), act))
        if self.moment_ms is None:
            self._wake()

    def tick(self) -> None:
        """Let happen whatever is due, and see to it that the next is not forgotten while nobody asks."""
        now_ms = self.clock.now_ms()
        while self.due and self.due[0][0] <= now_ms:
            self.moment_ms, _, act = heapq.heappop(self.due)
            try:
                act()
            finally:
                self.moment_ms = None
        self._wake()

    def _wake(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.due and self.clock.stopped_ms is None:
            wait_s = max(0, self.due[0][0] - self.clock.now_ms()) / 1000 + 0.001
            self.timer = asyncio.get_running_loop().call_later(wait_s, self.tick)
