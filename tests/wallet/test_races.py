"""T-03: value that ends by silence, and who is active at that very moment: one of the two is first."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from tests.engine.house import Worker
from tests.engine.test_process import shared_lanes
from tests.races import RACED, Race
from tests.wallet.house import House

from guerdon.engine.library import Library
from guerdon.engine.process import process
from guerdon.engine.timers import Clockwork, run_timers
from guerdon.store.database import Connection, Role, Transaction
from guerdon.store.wallet import due
from guerdon.store.wallet.purses import MemberHere
from guerdon.worker import MAPPERS

WORKERS = 8
# Three months after May 4th, at the end of August 4th in Berlin.
SILENT = datetime(2026, 8, 4, 22, tzinfo=UTC)


@RACED
def test_who_earns_as_silence_ends_all_keeps_it_or_begins_anew(house: House, race: Race) -> None:
    contacts = [str(n) for n in range(64)]
    members = house.enroll(*contacts)
    for contact in contacts:
        house.keep(contact, "walk.taken", amount=100)
    house.work()
    house.now = SILENT - timedelta(microseconds=1)
    for contact in contacts:
        house.keep(contact, "walk.taken", amount=10)

    def ending(db: Connection) -> int:
        return run_timers(db, Clockwork(house.program_id, house.program, SILENT, 3)).expired

    def earning(worker: Worker) -> Callable[[Connection], int]:
        def earned(_: Connection) -> int:
            lease = worker.lease()
            while process(worker.db, worker.library, lease, lambda: house.now, 1):
                pass
            return 0

        return earned

    with ExitStack() as stack:
        workers = [
            Worker(stack.enter_context(house.worker()), Library(house.vault, MAPPERS)) for _ in range(WORKERS)
        ]
        shared_lanes(*workers)
        doings: list[tuple[Role, Callable[[Connection], int]]] = [
            ("worker", earning(worker)) for worker in workers
        ]
        doings += [("worker", ending)] * (race.connections - WORKERS)
        ended = sum(race.run(house, doings))
    purses = [house.purse(member, "MILES") for member in members]
    race.figures.update(ended=ended, kept=len(members) - ended)
    assert set(purses) <= {(110, 0, 0, 0), (10, 0, 0, 0)}
    assert purses.count((10, 0, 0, 0)) == ended
    house.now = SILENT
    # Nobody who earned at the last moment loses anything by being asked once more.
    assert house.run_timers().expired == 0


def test_who_earns_between_the_question_and_the_lock_is_not_silent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "walk.taken", amount=100)
    house.now = SILENT - timedelta(microseconds=1)
    lock = due._lock  # noqa: SLF001  the moment that is meant

    def earn_before(tx: Transaction, program_id: int, members: Sequence[int]) -> list[MemberHere]:
        if members:
            house.tell("1", "walk.taken", number="last", amount=10)
        return lock(tx, program_id, members)

    monkeypatch.setattr(due, "_lock", earn_before)
    with house.worker() as db:
        assert run_timers(db, Clockwork(house.program_id, house.program, SILENT)).expired == 0
    assert house.purse(member, "MILES") == (110, 0, 0, 0)
    assert house.rows("select count(*) from events where external_id = 'last'") == [(1,)]
