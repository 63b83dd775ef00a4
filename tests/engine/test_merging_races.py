"""Contacts become one while what they did is decided: each event once, each limit kept, books in order."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from tests.engine.house import NOW, House, Worker, booked, drove
from tests.engine.test_process import shared_lanes
from tests.races import RACED, Race

from guerdon.engine.crm.following import Group, join_ids, lock_members_of
from guerdon.queries.controls.run import run_controls
from guerdon.store.database import Connection, Role, connect, transaction

Pair = tuple[int, int]
PAIRS_EACH = 4
# As many as a member is rewarded for in a month.
DRIVES = 2


@RACED
def test_who_is_merged_while_their_events_are_decided_earns_once_for_each(house: House, race: Race) -> None:
    """A booking counts for each contact; test drives twice a member, whoever of both they were told of."""
    house.publish()
    half = race.connections // 2
    pairs: list[Pair] = [(1 + 2 * n, 2 + 2 * n) for n in range(half * PAIRS_EACH)]
    contacts = [contact for pair in pairs for contact in pair]
    house.enroll(contacts)
    house.tell([booked(contact) for contact in contacts])
    house.tell([drove(contact) for contact in contacts * DRIVES])

    def merging(ours: Sequence[Pair]) -> Callable[[Connection], int]:
        def merged(db: Connection) -> int:
            for first, second in ours:
                race.dawdle(0.05)
                with transaction(db, house.program_id) as tx:
                    lock_members_of(tx, house.program_id)
                    join_ids(tx, house.program_id, "hubspot", [Group((str(first), str(second)))], NOW)
            return len(ours)

        return merged

    def deciding(worker: Worker) -> Callable[[Connection], int]:
        def decided(_: Connection) -> int:
            worker.work(at_most=2)
            return 0

        return decided

    with ExitStack() as stack:
        workers = [stack.enter_context(house.worker()) for _ in range(race.connections - half)]
        shared_lanes(*workers)
        doings: list[tuple[Role, Callable[[Connection], int]]] = [
            ("worker", merging(pairs[n::half])) for n in range(half)
        ]
        doings += [("worker", deciding(worker)) for worker in workers]
        assert sum(race.run(house, doings)) == len(pairs)
    with house.worker() as worker:
        worker.work()
    led = house.rows("select count(distinct member_id), count(*) from member_ids where source = 'hubspot'")
    assert led == [(len(pairs), len(contacts))]
    told = (1 + DRIVES) * len(contacts)
    assert house.count("select count(*) from events where source like 'hubspot%'") == told
    assert house.count("select count(*) from rewards where rule = 'booking'") == len(contacts)
    # Two rewards a member: four of a pair only as far as the second was decided before it became the first.
    rows = house.rows("select member_id, count(*) from rewards where rule = 'test_drive' group by member_id")
    driven = {member: count for member, count in rows if isinstance(count, int)}
    survivors = {row[0] for row in house.rows("select member_id from member_ids where source = 'hubspot'")}
    assert {driven[member] for member in survivors} == {DRIVES}
    assert max(driven.values()) == DRIVES
    former = len({*driven} - survivors)
    race.figures.update(merged=len(pairs), decided_before=former)
    assert house.count("select count(*) from waiting") == house.count("select count(*) from inbox") == 0
    house.check()
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        assert [str(each) for one in run_controls(tx, NOW).breached for each in one.breaches] == []
