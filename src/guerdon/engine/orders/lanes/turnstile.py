"""Turns: each request to an account takes one of its lane, whoever asks and whatever for.

Whoever asks says by `by_turns` how its requests have theirs; the wire, where every request passes, waits for
each. A turn that is to come is promised in the lane's row, and waited for with no transaction open. Orders go
first: whoever yields lets those pass that are due, for a while.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import TypeVar

from guerdon.engine.orders.lanes import breaker, paces
from guerdon.engine.orders.port import Later, Pace, Supplier
from guerdon.store.database import UNAVAILABLE, Connection, NoConnection, Transaction, transaction
from guerdon.store.orders.lanes import lock_lane, orders_wait, settle_lane, spend_turns

# 0.0: the request may go out now; else nothing was taken, and one may be had after so many seconds.
Turn = Callable[[], float]
Opens = Callable[[], AbstractContextManager[Transaction]]
Page = TypeVar("Page")
# How often whoever lets orders pass looks again; for how long, and how long such a one waits for its turn.
LOOK_S, YIELDS_S, UNHURRIED_S = 0.25, 15.0, 120.0
# Where nobody can say whose turn it is.
BLIND_S = 1.0

_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def by_turns(turn: Turn) -> Iterator[None]:
    """Whatever is asked of a supplier in here waits for its turn."""
    before = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(before)


def next_turn() -> float:
    """Wait for the turn of the next request; more than 0.0: there is none, for so many seconds."""
    turn = _turn.get()
    return 0.0 if turn is None else turn()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the first turn is waited for, and how much of that is left to orders that are due.

    What has begun is waited for longer, by its pace. `sleep` takes seconds; so do the figures. It says True
    where it was told to end before they were over.
    """

    clock: Callable[[], datetime]
    waits_s: float
    yields_s: float = 0.0
    sleep: Callable[[float], object] = time.sleep


@dataclass(slots=True)
class Turnstile:
    """The turns of an account for one thing that is asked of it, of however many requests."""

    opens: Opens
    place: tuple[int, str]
    pace: Pace
    patience: Patience
    # By then a turn is had, or there is none.
    until: datetime = field(init=False)
    begun: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._wait_for(self.patience.waits_s)

    def __call__(self) -> float:
        """Wait for a turn and take it."""
        if self.begun:
            # Cut off before its end it would begin anew, and never come to it.
            self._wait_for(max(self.patience.waits_s, paces.further_s(self.pace)))
        return self._had(1)

    def had_before(self) -> float:
        """A turn that was taken a while ago counts as taken now."""
        return self._had(0)

    def _had(self, turns: int) -> float:
        try:
            self._let_orders_pass()
            promised, wait_s = self._promised(turns)
        except UNAVAILABLE:
            return BLIND_S
        if not promised or (wait_s > 0 and self.patience.sleep(wait_s) is True):
            return wait_s
        self.begun = True
        return 0.0

    def _wait_for(self, seconds: float) -> None:
        self.until = self.patience.clock() + timedelta(seconds=seconds)

    def _let_orders_pass(self) -> None:
        left_s = self.patience.yields_s
        while left_s > 0:
            with self.opens() as tx:
                if not orders_wait(tx, *self.place, self.patience.clock()):
                    return
            if self.patience.sleep(LOOK_S) is True:
                return
            left_s -= LOOK_S

    def _promised(self, turns: int) -> tuple[bool, float]:
        """In how many seconds the turn comes, and whether it is ours: not where nobody waits for so long."""
        program_id, _ = self.place
        with self.opens() as tx:
            row = lock_lane(tx, *self.place)
            now = self.patience.clock()
            lane = paces.filled(row, self.pace, now)
            comes_at = paces.next_at(lane, self.pace, float(turns))
            ours = comes_at <= max(self.until, now)
            if ours:
                spend_turns(tx, program_id, paces.late(paces.spent(lane, turns), self.pace))
        return ours, max((comes_at - now).total_seconds(), 0.0)


def turns_of(
    opens: Callable[[int], AbstractContextManager[Transaction]],
    program_id: int,
    supplier: Supplier,
    patience: Patience,
) -> Turnstile:
    """The turns of an account for one thing that is asked of it; `opens` opens short transactions."""
    place = (program_id, supplier.account.key)
    return Turnstile(lambda: opens(program_id), place, paces.pace_of(supplier), patience)


@dataclass(frozen=True, slots=True)
class Unhurried:
    """Whoever asks an account for things that are in no hurry, page by page; `db` has no transaction open."""

    db: Connection
    program_id: int
    supplier: Supplier
    clock: Callable[[], datetime]

    def ask(self, question: Callable[[], Page]) -> Page:
        """What one question is answered; where that asks for less of us, orders wait as well."""
        patience = Patience(self.clock, waits_s=UNHURRIED_S, yields_s=YIELDS_S)
        turns = turns_of(lambda each: transaction(self.db, each), self.program_id, self.supplier, patience)
        with by_turns(turns):
            told = question()
        if isinstance(told, Later) and told.why == "limit":
            self._rest(told.after_s)
        return told

    def _rest(self, for_s: float) -> None:
        with transaction(self.db, self.program_id) as tx:
            lane = lock_lane(tx, self.program_id, self.supplier.account.key)
            until = self.clock() + timedelta(seconds=for_s)
            settle_lane(tx, self.program_id, breaker.resting(lane, until))


class Aside:
    """Short transactions for threads that only ask: one connection for all, opened when it is needed.

    They sleep by `sleep`, which `wake` ends.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._lock = Lock()
        self._db: Connection | None = None
        self._shut = False
        self._over = Event()

    def sleep(self, seconds: float) -> bool:
        """Wait for so long; True at once when there is nothing to be waited for any more."""
        return self._over.wait(seconds)

    def wake(self) -> None:
        """Nobody waits for turns any more."""
        self._over.set()

    @contextmanager
    def opens(self, program_id: int) -> Iterator[Transaction]:
        """A transaction, alone; raises what `UNAVAILABLE` names."""
        with self._lock:
            if self._shut:
                raise NoConnection("who asks for turns here is late: nobody closes what it would open")
            if self._db is None or self._db.closed:
                self._db = self._connect()
            with transaction(self._db, program_id) as tx:
                yield tx

    def close(self) -> None:
        """No more is asked: whoever still would has no turn."""
        self.wake()
        with self._lock:
            self._shut = True
            if self._db is not None:
                self._db.close()
