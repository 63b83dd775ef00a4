"""Holding lanes: whoever sends says every two seconds that it lives, and is believed for eight.

So another takes over within ten seconds from one that was killed, stopped, or cut off from the database.
Before each question the holder makes sure that the lane is still its own: by when it was last renewed, or by
asking. What was under way when a lane was taken away may be carried out all the same, after what was sent
since: it is read back like every write whose answer was lost (`checking`), for nobody outside knows fences.
"""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from uuid import UUID

from guerdon.engine.turns import Turns
from guerdon.store.crm.writeback_lanes import Lease, renew_lanes
from guerdon.store.database import Connection, transaction
from guerdon.store.lanes import CLOCK_GAP_MAX

LEASE = timedelta(seconds=8)
BEAT_S = 2.0
# Two clocks that each agree with the database's: for so long nobody else can have taken it.
SURE_S = (LEASE - 2 * CLOCK_GAP_MAX).total_seconds() - 0.5
# Longer than a token and three requests take: who is not done by then hangs, and is let go of.
HELD_S_MAX = 180.0

log = logging.getLogger(__name__)


def uptime() -> float:
    """Seconds that pass while the machine sleeps, too, where it can tell; never set back."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass
class _Held:
    lease: Lease
    since: float
    renewed: float


@dataclass(frozen=True, slots=True)
class Holding:
    """The lanes that are ours just now; asked by all threads."""

    tick: Callable[[], float] = uptime
    _held: dict[UUID, _Held] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, lease: Lease, began: float) -> None:
        """It is ours; `began` is from before that was written down."""
        with self._lock:
            self._held[lease.fence] = _Held(lease, began, began)

    def let_go(self, lease: Lease) -> None:
        """It need not be renewed any more."""
        with self._lock:
            self._held.pop(lease.fence, None)

    def is_sure(self, lease: Lease) -> bool:
        """Whether nobody else can have taken it."""
        with self._lock:
            held = self._held.get(lease.fence)
            return held is not None and self.tick() - held.renewed < SURE_S

    def beat(self, db: Connection) -> None:
        """Say that we live: renew all that is ours."""
        began = self.tick()
        with self._lock:
            alive = [one.lease for one in self._held.values() if began - one.since < HELD_S_MAX]
        for program_id in sorted({lease.program_id for lease in alive}):
            fences = [lease.fence for lease in alive if lease.program_id == program_id]
            self._renewed(_renew(db, program_id, fences), began)

    def is_ours(self, db: Connection, lease: Lease) -> bool:
        """Whether it is still ours; asked before anything is sent."""
        if self.is_sure(lease):
            return True
        began = self.tick()
        ours = _renew(db, lease.program_id, [lease.fence])
        self._renewed(ours, began)
        return bool(ours)

    def _renewed(self, fences: list[UUID], began: float) -> None:
        with self._lock:
            for fence in fences:
                if fence in self._held:
                    self._held[fence].renewed = began


def _renew(db: Connection, program_id: int, fences: list[UUID]) -> list[UUID]:
    with transaction(db, program_id) as tx:
        return renew_lanes(tx, program_id, fences, LEASE)


def beating(
    holding: Holding, connect: Callable[[], Connection], turns: Turns
) -> AbstractContextManager[None]:
    """Say all the while that the lanes which are ours are held."""
    return turns.beating(connect, holding.beat, BEAT_S, "writeback-beat")
