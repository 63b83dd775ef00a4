"""Lanes: every event is some worker's, and of two workers never both's."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from uuid import UUID, uuid4

import psycopg
import pytest

from guerdon.store.database import Connection, connect
from guerdon.store.lanes import LEASE_S, Lease, holds_lanes, lease_lanes, let_go_lanes

ALL = list(range(16))


class Crew:
    """Workers by number, each with a connection of its own, and a way to let time pass."""

    def __init__(self, url: str, secret: str, stack: ExitStack) -> None:
        self.url, self.secret, self.stack = url, secret, stack
        self.ids: list[UUID] = []
        self.connections: list[Connection] = []

    def join(self) -> int:
        self.ids.append(uuid4())
        self.connections.append(self.stack.enter_context(connect(self.url, self.secret, "worker")))
        return len(self.ids) - 1

    def lease(self, n: int) -> Lease:
        with self.connections[n].transaction():
            return lease_lanes(self.connections[n], self.ids[n])

    def holds(self, lease: Lease) -> bool:
        db = self.connections[self.ids.index(lease.worker)]
        with db.transaction():
            return holds_lanes(db, lease)

    def leave(self, n: int) -> None:
        with self.connections[n].transaction():
            let_go_lanes(self.connections[n], self.ids[n])

    def pass_by(self, *sleeping: int) -> None:
        """A lease's length passes, in which these workers say nothing."""
        with psycopg.connect(self.url, options="-c search_path=guerdon") as superuser:
            for n in sleeping:
                superuser.execute(
                    "update lanes set lease_until = lease_until - make_interval(secs => %s)"
                    " where holder = %s",
                    (LEASE_S + 1, self.ids[n]),
                )
                superuser.execute(
                    "update workers set seen_at = seen_at - make_interval(secs => %s) where worker = %s",
                    (LEASE_S + 1, self.ids[n]),
                )


@pytest.fixture
def crew(database: str, secret: str) -> Iterator[Crew]:
    """Give a crew without workers."""
    with ExitStack() as stack:
        yield Crew(database, secret, stack)


def shared(leases: Sequence[Lease]) -> list[int]:
    return sorted(lane for lease in leases for lane in lease.lanes)


def test_one_worker_has_all_lanes(crew: Crew) -> None:
    lease = crew.lease(crew.join())
    assert lease.lanes == ALL
    assert crew.holds(lease)


def test_renewing_keeps_lanes_and_their_numbers(crew: Crew) -> None:
    one = crew.join()
    assert crew.lease(one) == crew.lease(one)


@pytest.mark.parametrize("workers", [2, 3, 5, 16, 20])
def test_workers_come_to_share_all_lanes_fairly_and_none_twice(crew: Crew, workers: int) -> None:
    everyone = [crew.join() for _ in range(workers)]
    for _ in range(3):
        leases = [crew.lease(n) for n in everyone]
    assert shared(leases) == ALL
    assert max(len(lease.lanes) for lease in leases) <= -(-16 // workers)


def test_who_gives_lanes_up_no_longer_holds_them_under_the_old_lease(crew: Crew) -> None:
    one, other = crew.join(), crew.join()
    before = crew.lease(one)
    crew.lease(other)
    after = crew.lease(one)
    assert len(after.lanes) == 8
    assert not crew.holds(before)
    assert crew.holds(after)


def test_what_a_dead_worker_held_goes_to_another_when_its_lease_ends(crew: Crew) -> None:
    one, other = crew.join(), crew.join()
    for _ in range(2):
        held = crew.lease(one)
        taken = crew.lease(other)
    assert len(taken.lanes) == 8
    assert crew.lease(other).lanes == taken.lanes
    crew.pass_by(one)
    after = crew.lease(other)
    assert after.lanes == ALL
    assert all(after.fences[lane] == held.fences[lane] + 1 for lane in held.lanes)
    assert all(after.fences[lane] == taken.fences[lane] for lane in taken.lanes)


def test_who_slept_through_its_lease_holds_nothing_though_nobody_else_came(crew: Crew) -> None:
    one = crew.join()
    lease = crew.lease(one)
    crew.pass_by(one)
    assert not crew.holds(lease)
    assert crew.holds(crew.lease(one))


def test_who_slept_and_was_replaced_and_came_back_does_not_hold_what_it_held_before(crew: Crew) -> None:
    one, other = crew.join(), crew.join()
    old = crew.lease(one)
    crew.pass_by(one)
    crew.lease(other)
    crew.leave(other)
    back = crew.lease(one)
    assert back.lanes == ALL
    assert not crew.holds(old)
    assert crew.holds(back)


def test_who_leaves_makes_room_at_once(crew: Crew) -> None:
    one, other = crew.join(), crew.join()
    crew.lease(one)
    crew.leave(one)
    assert crew.lease(other).lanes == ALL


def test_lanes_cannot_be_taken_from_under_a_transaction_that_works_on_them(crew: Crew) -> None:
    one, other = crew.join(), crew.join()
    lease = crew.lease(one)
    with crew.connections[one].transaction():
        assert holds_lanes(crew.connections[one], lease)
        crew.connections[other].execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            crew.lease(other)
    crew.pass_by(one)
    assert crew.lease(other).lanes == ALL
