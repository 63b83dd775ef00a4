"""Turns: when a loop of the worker may do its work: never by a clock that the database does not share.

What is written is dated by the worker and guarded by the database's own clock: leases, claims, what ends. So
every loop asks here before it does anything, and one that is told no does nothing until the two agree again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread

from guerdon.engine.library import Clock
from guerdon.store.database import UNAVAILABLE, Connection
from guerdon.store.lanes import CLOCK_GAP_MAX, find_clock_gap

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turns:
    """The worker's clock, and what tells its loops to stop."""

    clock: Clock
    stop: Event

    def agree(self, db: Connection) -> bool:
        """Whether our clock is the database's, to within two seconds."""
        gap = find_clock_gap(db, self.clock)
        if gap > CLOCK_GAP_MAX:
            log.error(
                "this clock is %.1f s away from the database's: nothing is done until they agree",
                gap.total_seconds(),
            )
        return gap <= CLOCK_GAP_MAX

    def every(self, db: Connection, pause_s: float) -> Iterator[datetime]:
        """The time of each turn, a pause after each, until told to stop; none while the clocks differ."""
        while not self.stop.is_set():
            if self.agree(db):
                yield self.clock()
            self.stop.wait(pause_s)

    @contextmanager
    def beating(
        self, connect: Callable[[], Connection], beat: Callable[[Connection], None], pause_s: float, name: str
    ) -> Iterator[None]:
        """Say all the while that we live, by a connection of its own; not by a wrong clock."""
        stop = Event()

        def keep_beating() -> None:
            while not stop.wait(pause_s):
                try:
                    with closing(connect()) as db:
                        while self.agree(db):
                            beat(db)
                            if stop.wait(pause_s):
                                return
                except UNAVAILABLE as fault:
                    log.warning("%s: nothing is renewed: %s", name, str(fault).strip())
                except Exception:
                    log.exception("%s: nothing is renewed", name)

        thread = Thread(target=keep_beating, name=name)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
