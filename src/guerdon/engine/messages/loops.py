"""Loops of the outbox: one for each channel, so that a slow provider holds up no other."""

import logging
from collections.abc import Callable
from contextlib import closing
from time import monotonic

from guerdon.engine.turns import Turns
from guerdon.store.database import UNAVAILABLE, Connection, wait_for_news
from guerdon.store.messages.outbox import listen_for_outbox
from guerdon.store.programs import list_programs

POLL_S = 1.0
# Small rounds cost two commits each; waiting this long gathers a few letters and nobody notices.
ROUND_S_MIN = 0.05
PAUSE_FIRST_S, PAUSE_LONGEST_S = 0.1, 10.0

log = logging.getLogger(__name__)

Take = Callable[[Connection, int], int]


def _nothing() -> None:
    """Nothing is kept open."""


class OutboxLoop:
    """Takes what is due for one channel for as long as the worker runs.

    It is woken by new rows, and by the clock for what waits. `take` gives how many rows of a program it took;
    `full` are as many as it takes at once, so that it goes on without a pause.
    """

    def __init__(
        self, connect: Callable[[], Connection], take: Take, full: int, close: Callable[[], None] = _nothing
    ) -> None:
        self._connect = connect
        self._take = take
        self._full = full
        self._close = close

    def run(self, turns: Turns) -> None:
        """Deliver until told to stop; a database that goes away is waited for."""
        pause_s, stop = PAUSE_FIRST_S, turns.stop
        while not stop.is_set():
            try:
                with closing(self._connect()) as connection:
                    pause_s = PAUSE_FIRST_S
                    listen_for_outbox(connection)
                    self._deliver_until(turns, connection)
            except UNAVAILABLE as fault:
                log.warning("the outbox waits %.1f s for the database: %s", pause_s, str(fault).strip())
            except Exception:
                # One of the worker's loops: whatever happened, the outbox is still there.
                log.exception("delivering failed; it goes on in %.1f s", pause_s)
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, PAUSE_LONGEST_S)
        self._close()

    def _deliver_until(self, turns: Turns, connection: Connection) -> None:
        while not turns.stop.is_set():
            if not turns.agree(connection):
                turns.stop.wait(POLL_S)
                continue
            began_s = monotonic()
            taken = [self._take(connection, program_id) for program_id, _ in list_programs(connection)]
            if not any(taken):
                wait_for_news(connection, POLL_S)
            elif max(taken) < self._full:
                turns.stop.wait(max(0.0, ROUND_S_MIN - (monotonic() - began_s)))
