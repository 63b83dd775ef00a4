"""The couriers: a thread per lane, each with a line of its own; a lane's parcels go one after the other."""

import time
from collections.abc import Callable, Iterable
from queue import Empty, Full, Queue
from random import Random
from threading import Event as Flag
from threading import Thread

from .parcels import Parcel
from .record import Record
from .wire import Address, Line, deliver

LANES = 4
PARCELS_AHEAD = 4
LISTEN_SECONDS = 0.2
BURST_SECONDS_MAX = 1.0
SUMMARY_SECONDS = 1.0


class Couriers:
    """Carry parcels until they end or somebody stops the run."""

    def __init__(self, address: Address, record: Record, stopping: Flag) -> None:
        self.record = record
        self._address = address
        self._stopping = stopping
        self._queues: list[Queue[Parcel | None]] = [Queue(PARCELS_AHEAD) for _ in range(LANES)]
        self._threads = [Thread(target=self._work, args=(queue,)) for queue in self._queues]
        for thread in self._threads:
            thread.start()

    def carry(self, parcels: Iterable[Parcel], per_second: Callable[[], float]) -> None:
        """Hand parcels to their lanes at a pace; 0 a second means as fast as they go."""
        due = written = time.monotonic()
        for parcel in parcels:
            self._put(self._queues[parcel.lane], parcel)
            now = time.monotonic()
            if now - written > SUMMARY_SECONDS:
                written = now
                self.record.summarize()
            rate = per_second()
            due = max(due + len(parcel.items) / rate, now - BURST_SECONDS_MAX) if rate else now
            if self._stopping.wait(max(0.0, due - now)):
                return

    def finish(self) -> None:
        """Let every lane end what it has begun, and unless stopped what lies before it."""
        for queue in self._queues:
            self._put(queue, None)
        for thread in self._threads:
            thread.join()

    def _put(self, queue: Queue[Parcel | None], parcel: Parcel | None) -> None:
        while not self._stopping.is_set():
            try:
                queue.put(parcel, timeout=LISTEN_SECONDS)
            except Full:
                continue
            return

    def _next(self, queue: Queue[Parcel | None]) -> Parcel | None:
        while not self._stopping.is_set():
            try:
                return queue.get(timeout=LISTEN_SECONDS)
            except Empty:
                continue
        return None

    def _work(self, queue: Queue[Parcel | None]) -> None:
        line, chance = Line(self._address), Random()
        portal = self._address.portal
        while parcel := self._next(queue):
            if self.record.can_follow(parcel, portal):
                self.record.before(parcel)
                self.record.after(parcel, portal, deliver(line, parcel, self._stopping, chance))
        line.close()
