"""The loop that works off orders: several questions under way at once, each answer settled as it comes.

The connection to the database belongs to the loop's own thread; threads only ask. A worker that is killed
anywhere leaves what it had written down, and another goes on when its claims end.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from guerdon.engine.orders.canceling import withdraw_orders
from guerdon.engine.orders.desk import LEASE, Desk
from guerdon.engine.orders.inquiring import AT_ONCE, Inquiries
from guerdon.engine.orders.lanes.turnstile import Aside
from guerdon.engine.orders.placing.asking import ask_one
from guerdon.engine.orders.placing.question import Question
from guerdon.engine.orders.placing.taking import take_due
from guerdon.engine.orders.port import Told
from guerdon.engine.orders.settling import settle, settle_faulty, settle_hopeless
from guerdon.engine.orders.watching import watch_orders
from guerdon.engine.turns import Turns
from guerdon.store.database import UNAVAILABLE, Connection, transaction, wait_for_news
from guerdon.store.orders.attempts import Claimed
from guerdon.store.orders.turns import renew_claims
from guerdon.store.programs import list_programs
from guerdon.values.ids import show

log = logging.getLogger(__name__)
IDLE_S = 0.5
BUSY_S = 0.02
BEAT_S = 2.0
WATCH_S = 60.0
ROUNDS_MAX = 1000

Asked = dict[Future[Told | None], Question]


@dataclass(slots=True)
class _Begun:
    """What is asked since it was looked; None: there was nothing. And when more may be asked."""

    asked: Asked | None
    more_at: datetime | None


def order_once(db: Connection, desk: Desk, now: datetime) -> int:
    """Work off all that is due at an instant, and wait for every answer; how many questions were asked.

    Time stands still meanwhile: what an account's pace does not allow now is left for later. What is asked
    about cases comes last.
    """
    asked = 0
    with ThreadPoolExecutor(desk.in_flight + AT_ONCE, "orders") as pool:
        inquiries = Inquiries(db, desk, pool)
        for program_id, _ in list_programs(db):
            for _ in range(ROUNDS_MAX):
                under_way = _begin(db, desk, pool, (program_id, now), desk.in_flight).asked
                if under_way is None:
                    break
                asked += len(under_way)
                while under_way:
                    _settle_done(db, desk, under_way, now, None)
            while cases := inquiries.begin(program_id, now):
                asked += cases
                _settle_cases(inquiries, now)
            with transaction(db, program_id) as tx:
                watch_orders(tx, program_id, now)
    return asked


def keep_ordering(
    db: Connection, desk: Desk, turns: Turns, connect: Callable[[], Connection] | None = None
) -> None:
    """Work off orders until told to stop; `connect` gives a connection by which it says that it lives."""
    db.execute("listen guerdon_orders")
    # What was asked when a loop before this one broke off is nobody's: it would be renewed for ever.
    desk.fence = uuid4()
    under_way: Asked = {}
    # Threads end first: until then they need their turns, and that what they ask for stays ours.
    with (
        _beating(desk, connect, turns),
        _aside(desk, connect) as wakes,
        ThreadPoolExecutor(desk.in_flight + AT_ONCE, "orders") as pool,
    ):
        inquiries = Inquiries(db, desk, pool)
        try:
            _keep(desk, turns, under_way, inquiries)
        finally:
            wakes()
        while under_way:
            _settle_done(db, desk, under_way, desk.clock(), None)
        _settle_cases(inquiries, desk.clock())


def _keep(desk: Desk, turns: Turns, under_way: Asked, inquiries: Inquiries) -> None:
    """Take, ask and settle until told to stop; what is `under_way` then is still to be settled."""
    db, pool, watched_at = inquiries.db, inquiries.pool, 0.0
    while not turns.stop.is_set():
        if not turns.agree(db):
            turns.stop.wait(IDLE_S)
            continue
        now, began = desk.clock(), len(under_way)
        programs, more_at = [program_id for program_id, _ in list_programs(db)], list[datetime]()
        for program_id in programs:
            room = desk.in_flight - len(under_way)
            if room > 0:
                begun = _begin(db, desk, pool, (program_id, now), room)
                under_way |= begun.asked or {}
                more_at += [begun.more_at] if begun.more_at is not None else []
        inquiries.look(programs, now)
        _settle_done(db, desk, under_way, desk.clock(), BUSY_S if under_way else 0.0)
        inquiries.settle_done(desk.clock(), 0.0)
        if not 0 <= now.timestamp() - watched_at < WATCH_S:
            watched_at = now.timestamp()
            for program_id in programs:
                with transaction(db, program_id) as tx:
                    watch_orders(tx, program_id, now)
        if len(under_way) <= began:
            busy = under_way or inquiries.under_way
            wait_for_news(db, BUSY_S if busy else _idle_s(more_at, desk.clock()))


def _idle_s(more_at: Sequence[datetime], now: datetime) -> float:
    """How long nothing needs to be looked at: until an account may be asked for what waits for it."""
    return min([IDLE_S, *(max((each - now).total_seconds(), BUSY_S) for each in more_at)])


def _begin(
    db: Connection, desk: Desk, pool: ThreadPoolExecutor, whose: tuple[int, datetime], room: int
) -> _Begun:
    """Take what is due and begin to ask."""
    program_id, now = whose
    withdrawn = withdraw_orders(db, program_id, now)
    taken = take_due(db, desk, program_id, now, room)
    for hopeless in taken.hopeless:
        with _alone(db, desk, program_id, hopeless[0], now):
            settle_hopeless(db, desk, program_id, hopeless, now)
    if not (taken.questions or taken.hopeless or taken.moved or withdrawn):
        return _Begun(None, taken.more_at)
    asked = {pool.submit(ask_one, desk, question): question for question in taken.questions}
    return _Begun(asked, taken.more_at)


def _settle_done(
    db: Connection, desk: Desk, under_way: Asked, now: datetime, timeout_s: float | None
) -> None:
    done, _ = wait(under_way, timeout_s, FIRST_COMPLETED)
    for future in done:
        question, told = under_way.pop(future), future.result()
        with _alone(db, desk, question.program_id, question.claimed, now):
            settle(db, desk, question, told, now)


def _settle_cases(inquiries: Inquiries, now: datetime) -> None:
    """Wait for all that is asked about cases."""
    while inquiries.under_way:
        inquiries.settle_done(now, None)


@contextmanager
def _alone(db: Connection, desk: Desk, program_id: int, claimed: Claimed, now: datetime) -> Iterator[None]:
    """Let a fault in one order stop no other: a person looks at it."""
    try:
        yield
    except UNAVAILABLE:
        raise
    except Exception:
        log.exception("order %s cannot be settled", show("ord", claimed.order_id))
        settle_faulty(db, desk, program_id, claimed, now)


@contextmanager
def _aside(desk: Desk, connect: Callable[[], Connection] | None) -> Iterator[Callable[[], object]]:
    """Let threads that ask take turns on a connection that is not the loop's; gives what ends their waiting.

    They have ended when it ends.
    """
    if connect is None:
        yield lambda: None
        return
    aside, slept = Aside(connect), desk.sleep
    desk.opens, desk.sleep = aside.opens, aside.sleep
    try:
        yield aside.wake
    finally:
        desk.opens, desk.sleep = None, slept
        aside.close()


def _beating(
    desk: Desk, connect: Callable[[], Connection] | None, turns: Turns
) -> AbstractContextManager[None]:
    """Say all the while that what is claimed is ours."""
    if connect is None:
        return nullcontext()
    return turns.beating(connect, partial(_renew, desk=desk), BEAT_S, "orders-beat")


def _renew(db: Connection, desk: Desk) -> None:
    began = desk.tick()
    for program_id, _ in list_programs(db):
        with transaction(db, program_id) as tx:
            renew_claims(tx, program_id, desk.fence, LEASE)
    desk.renewed = began
