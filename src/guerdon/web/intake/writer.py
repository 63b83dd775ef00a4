"""The one that writes what the doors let in: whatever came while the last commit ran goes into the next.

So a single event is committed at once, a flood in large sets, and a request's answer always waits for
its commit. Small requests and large ones take turns, so that nobody with one event waits for a whole flood.
"""

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from guerdon.engine.arrivals import Unusable
from guerdon.engine.intake import Delivery, Kept, count_rejected, keep_deliveries
from guerdon.store.database import BAD_DATA, UNAVAILABLE, Connection, connect, hung_up, transaction
from guerdon.values.clock import utc_now
from guerdon.web.rooms import Room

log = logging.getLogger(__name__)
REQUESTS_MAX = 20
WAITING_MAX = 500
# So many events in one commit, and so many in a request that is small.
EVENTS_MAX, SMALL_MAX = 500, 10
RETRY_S = 0.2
# What one request can do to the statement that keeps it together with others.
SPOILING = (*BAD_DATA, ValueError, TypeError, LookupError, AssertionError)


class Busy(Exception):  # noqa: N818  an answer: come again
    """More waits than can be written soon, or the database does not answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request waiting for its commit."""

    program_id: int
    delivery: Delivery
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Kept]"

    @property
    def events(self) -> int:
        """How many there are in it."""
        return len(self.delivery.elements)


class Writer:
    """A thread with a connection of its own that keeps deliveries."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        # Of the writer's own thread.
        self._small: deque[Asked] = deque()
        self._large: deque[Asked] = deque()
        self._large_is_next = self._closing = False
        self._rejected: dict[tuple[int, str, str], int] = {}
        self._lock = threading.Lock()
        self._again_at = 0.0
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)
        self._thread.start()

    async def keep(self, program_id: int, delivery: Delivery) -> Kept:
        """Keep a request; returns after its commit. Raises `Busy` when it was not kept."""
        if self._asked.qsize() + len(self._small) + len(self._large) > WAITING_MAX:
            raise Busy
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Kept] = loop.create_future()
        self._asked.put(Asked(program_id, delivery, loop, answer))
        return await answer

    def count_rejected(self, program_id: int, connection: str, reason: str) -> None:
        """Count a request that was not believed; written with the next commit, or within a second."""
        with self._lock:
            key = (program_id, connection, reason)
            self._rejected[key] = self._rejected.get(key, 0) + 1

    def close(self) -> None:
        """Write what is still waiting, and stop."""
        self._asked.put(None)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        connection: Connection | None = None
        going = True
        while going:
            batch, going = self._next_batch()
            try:
                if connection is None or hung_up(connection):
                    connection = self._connected()
                if connection is None:
                    _fail(batch, Busy())
                    continue
                for program_id in {asked.program_id for asked in batch}:
                    self._keep(connection, program_id, [a for a in batch if a.program_id == program_id])
                self._write_rejected(connection)
            except Exception:
                # Were this thread to end, nobody would answer the doors any more.
                log.exception("%d requests were not kept", len(batch))
                _fail(batch, Busy())
        if connection is not None:
            connection.close()

    def _next_batch(self) -> tuple[list[Asked], bool]:
        """What goes into the next commit, and whether there is another one after it."""
        self._let_in()
        large = bool(self._large) and (self._large_is_next or not self._small)
        self._large_is_next = not large
        waiting = self._large if large else self._small
        batch, events = list[Asked](), 0
        while (
            waiting and len(batch) < REQUESTS_MAX and (not batch or events + waiting[0].events <= EVENTS_MAX)
        ):
            events += waiting[0].events
            batch.append(waiting.popleft())
        return batch, not self._closing or bool(self._small or self._large)

    def _let_in(self) -> None:
        """Sort what came meanwhile; wait for something where nothing waits."""
        idle = not (self._small or self._large or self._closing)
        with suppress(queue.Empty):
            asked = self._asked.get(timeout=1.0) if idle else self._asked.get_nowait()
            while asked is not None:
                (self._small if asked.events <= SMALL_MAX else self._large).append(asked)
                asked = self._asked.get_nowait()
            self._closing = True

    def _connected(self) -> Connection | None:
        # A flood of requests is no reason to knock at a closed door, or to write as many lines about it.
        if time.monotonic() < self._again_at:
            return None
        settings = self._room.settings
        try:
            return connect(settings.database_url, settings.secret, "web")
        except UNAVAILABLE as fault:
            log.warning("the database does not answer: %s", str(fault).partition("\n")[0])
            self._again_at = time.monotonic() + RETRY_S
            return None

    def _keep(self, connection: Connection, program_id: int, batch: Sequence[Asked]) -> None:
        if not batch:
            return
        try:
            kept = keep_deliveries(
                connection, self._room.vault, program_id, [a.delivery for a in batch], utc_now()
            )
        except SPOILING as fault:
            # One request spoils the statement: each on its own, so that the others stand.
            if len(batch) == 1:
                self._set_apart(connection, batch[0], fault)
                return
            for asked in batch:
                self._keep(connection, program_id, [asked])
        except UNAVAILABLE as fault:
            log.warning("%d requests were not kept: %s", len(batch), fault)
            _fail(batch, Busy())
        else:
            _tell(batch, kept)

    def _set_apart(self, connection: Connection, asked: Asked, fault: BaseException) -> None:
        log.error("a request could not be kept as it is: %s", fault)
        detail = f"It could not be kept: {type(fault).__name__}: {fault}"[:500]
        whole = Delivery(asked.delivery.connection, asked.delivery.body, [Unusable(-1, "not_kept", detail)])
        try:
            kept = keep_deliveries(connection, self._room.vault, asked.program_id, [whole], utc_now())
        except (*SPOILING, *UNAVAILABLE):
            log.exception("nor could it be set apart")
            _fail([asked], Busy())
        else:
            _tell([asked], kept)

    def _write_rejected(self, connection: Connection) -> None:
        with self._lock:
            rejected, self._rejected = self._rejected, {}
        for program_id in {key[0] for key in rejected}:
            counts = {
                (c, f"rejected_{reason}"): n for (p, c, reason), n in rejected.items() if p == program_id
            }
            try:
                with transaction(connection, program_id) as tx:
                    count_rejected(tx, program_id, counts, utc_now())
            except UNAVAILABLE as fault:
                log.warning("a count of rejected requests was lost: %s", fault)


def _tell(batch: Sequence[Asked], kept: Sequence[Kept]) -> None:
    def tell_all() -> None:
        for asked, k in zip(batch, kept, strict=True):
            if not asked.answer.done():
                asked.answer.set_result(k)

    # One wake-up of the loop for the whole batch.
    _call(batch, tell_all)


def _fail(batch: Sequence[Asked], fault: Exception) -> None:
    def fail_all() -> None:
        for asked in batch:
            if not asked.answer.done():
                asked.answer.set_exception(fault)

    _call(batch, fail_all)


def _call(batch: Sequence[Asked], what: Callable[[], None]) -> None:
    # A loop that has ended has nobody left who waits.
    if batch:
        with suppress(RuntimeError):
            batch[0].loop.call_soon_threadsafe(what)
