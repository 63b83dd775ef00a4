"""Things that end each other, at the same moment: whichever is first, all controls are green after it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from tests.approvals.house import NOW, House
from tests.approvals.test_granting import work
from tests.budgets.house import GERMANY, KIEL, ULM, tree_program
from tests.engine.harbor_house import HarborHouse, deed
from tests.races import RACED, Race
from tests.rules.harbor import HARBOR

from guerdon.connectors.cloudevents.sample import sample_delivery
from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.approvals.asking import edit, withdraw
from guerdon.engine.approvals.deadlines import expire_requests
from guerdon.engine.approvals.signing import Verdict, Word
from guerdon.engine.budgets import turn_budgets
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.publish import publish
from guerdon.engine.timers import Clockwork, run_timers
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.ledger.contents import Move, MoveBudgets
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import Connection, Role, connect, transaction

POOLS = "select sum(posted)::bigint from accounts where starts_with(name, 'budget:') and unit = 'EUR'"
Doing = Callable[[Connection], object]


@pytest.fixture
def harbor(database: str, secret: str) -> Iterator[HarborHouse]:
    """Give the harbor's house, and run all controls at the end."""
    made = HarborHouse(database, secret)
    yield made
    with connect(made.url, made.secret, "web") as db, transaction(db, made.program_id) as tx:
        assert check_invariants(tx) == []


def saying(house: House, name: str, request: int, verdict: Verdict) -> Doing:
    def said(db: Connection) -> object:
        with transaction(db, house.program_id) as tx:
            return house.said(tx, name, Word(request, 1, verdict, "because"), NOW)

    return said


def taking_back(house: House, request: int) -> Doing:
    def back(db: Connection) -> object:
        with transaction(db, house.program_id) as tx:
            told = withdraw(tx, house.acting(tx, "lea"), request)
            return f"no:{told.reason}" if isinstance(told, Refused) else told.state

    return back


def ending(db: Connection) -> object:
    return expire_requests(db, NOW + timedelta(hours=336))


def working(house: House) -> Doing:
    def worked(_: Connection) -> object:
        return work(house)

    return worked


@RACED
def test_approved_declined_taken_back_over_and_carried_out_end_once(house: House, race: Race) -> None:
    posted, _ = house.pool()
    requests = [house.asked("lea", house.reward(1_000)) for _ in range((race.connections - 2) // 3)]
    doings: list[tuple[Role, Doing]] = [("worker", ending), ("worker", working(house))]
    for request in requests:
        doings += [
            ("web", saying(house, "kim", request, "approve")),
            ("web", saying(house, "karl", request, "reject")),
            ("web", taking_back(house, request)),
        ]
    race.run(house, doings)
    work(house)
    states = [house.state(request) for request in requests]
    assert set(states) <= {"done", "rejected", "withdrawn", "expired"}
    given = 1_000 * states.count("done")
    assert house.pool() == (posted - given, 0)
    assert house.purse() == (given, 0)
    # Each ended by one word, and no more was said after it.
    for request, state in zip(requests, states, strict=True):
        ends = {"request.done", "request.rejected", "request.withdrawn", "request.expired"}
        assert [told for told in house.audit(request) if told in ends] == [f"request.{state}"]


@RACED
def test_what_is_edited_while_it_is_signed_is_done_as_signed_or_not_at_all(house: House, race: Race) -> None:
    among = (race.connections - 1) // 2
    requests = [house.asked("lea", house.reward(1_000, reward_id=100 + n)) for n in range(among)]
    doings: list[tuple[Role, Doing]] = [("worker", working(house))]
    for number, request in enumerate(requests):
        # The same wish, but for its amount.
        content = house.reward(24_000, reward_id=100 + number)

        def edited(db: Connection, request: int = request, content: object = content) -> object:
            with transaction(db, house.program_id) as tx:
                told = edit(tx, house.acting(tx, "lea"), (request, 1), content, "because")  # type: ignore[arg-type]
                return f"no:{told.reason}" if isinstance(told, Refused) else told.state

        doings += [("web", edited), ("web", saying(house, "kim", request, "approve"))]
    race.run(house, doings)
    work(house)
    done = sum(house.state(request) == "done" for request in requests)
    assert house.purse() == (1_000 * done, 0)
    assert house.rows("select state, revision, count(*) from requests group by 1, 2 order by 1") in (
        [("done", 1, among)],
        [("open", 2, among)],
        [("done", 1, done), ("open", 2, among - done)],
    )
    assert house.pool()[1] == 24_000 * (among - done)


@RACED
def test_spent_over_and_taken_back_never_take_the_same_twice(harbor: HarborHouse, race: Race) -> None:
    harbor.open("harbor", ("amounts: { DE: 1000.00", "amounts: { DE: 90000.00"))
    names = [f"m{n}" for n in range((race.connections - 3) // 2)]
    harbor.join(*names)
    harbor.tell_and_work(*(deed(name, "order.placed", order_no="1", amount=10_000) for name in names))
    points = "select sum(posted) from accounts where unit = 'PTS' and member_id > 0"
    assert harbor.rows(points) == [(500 * len(names),)]
    for name in names:
        harbor.call([deed(name, "order.returned", 1, order_no="1", refunded=1, total=2)], 1)
    over = harbor.now + timedelta(days=800)

    def spending(name: str, amount: int, number: int) -> Doing:
        member = harbor.member(name)

        def spent(db: Connection) -> object:
            asked = Spend(harbor.program_id, member, f"{name} {number}", "PTS", amount, "race", "test")
            with transaction(db, harbor.program_id) as tx:
                done = spend(tx, harbor.program, asked, harbor.now)
            return amount if isinstance(done, Done) else 0

        return spent

    def passing(db: Connection) -> object:
        run_timers(db, Clockwork(harbor.program_id, harbor.program, over, 2))
        return 0

    def drained(_: Connection) -> object:
        with harbor.worker() as worker:
            harbor.drain(worker, 1)
        return 0

    doings: list[tuple[Role, Doing]] = [("worker", passing), ("worker", passing), ("worker", drained)]
    doings += [("web", spending(name, 300, n)) for name in names for n in range(2)]
    told = [done for done in race.run(harbor, doings) if isinstance(done, int)]
    harbor.work()
    with connect(harbor.url, harbor.secret, "worker") as db:
        passing(db)
    # A member had 500: at most once 300 of it, whatever else happened.
    assert sum(told) in {300 * n for n in range(len(names) + 1)}
    sums = harbor.rows(
        "select sum(posted), sum(held), bool_and(debt <= 250) from accounts"
        " where unit = 'PTS' and member_id > 0"
    )
    assert sums == [(0, 0, True)]


@pytest.fixture
def dealers(database: str, secret: str) -> Iterator[House]:
    """Give a house whose dealers' budgets are topped up, and run all controls at the end."""
    made = House(database, secret)
    made.open(tree_program())
    with made.opened("worker") as tx:
        turn_budgets(tx, made.program_id, made.program, NOW)
        for member in range(100, 130):
            made.enroll(tx, member)
    yield made
    with made.opened() as tx:
        assert check_invariants(tx) == []


@RACED
def test_topped_up_and_moved_never_spend_what_the_parent_has_not(dealers: House, race: Race) -> None:
    visits = [
        {
            "specversion": "1.0",
            "id": f"visit-{member}",
            "source": "/shop",
            "type": "visit.confirmed",
            "subject": f"crm:c{member}",
            "time": NOW.isoformat(),
            "data": {"no": "1"},
        }
        for member in range(100, 130)
    ]
    delivery = sample_delivery(dealers.program, visits)
    assert isinstance(delivery, Delivery), delivery
    ((had,),) = dealers.rows(POOLS)
    moves = [(GERMANY, ULM, 10_000), (GERMANY, ULM, 20_000), (KIEL, GERMANY, 4_000), (ULM, GERMANY, 5_000)]
    asked = [dealers.ask("fay", MoveBudgets([Move(a, b, "EUR", n)])) for a, b, n in moves * 2]
    requests = [told.request_id for told in asked if isinstance(told, Stood)]

    def telling(db: Connection) -> object:
        return keep_deliveries(db, dealers.vault, dealers.program_id, [delivery], NOW)

    doings: list[tuple[Role, Doing]] = [("worker", working(dealers)), ("worker", working(dealers))]
    doings += [
        ("web", telling),
        *(("web", saying(dealers, "finn", number, "approve")) for number in requests),
    ]
    race.run(dealers, doings)
    work(dealers)
    assert {dealers.state(number) for number in requests} == {"done"}
    ((given,),) = dealers.rows("select count(*) from rewards")
    assert isinstance(given, int)
    assert 3 <= given <= 20
    assert dealers.rows(POOLS) == [(int(str(had)) - 1_000 * given,)]
    assert dealers.rows("select min(posted - held) >= 0, sum(held) from accounts where bounded") == [
        (True, 0)
    ]
    topped = dealers.rows("select count(*) from top_ups where name = %s", KIEL)
    assert topped in ([(0,)], [(1,)])


@RACED
def test_published_while_it_is_issued_each_reward_is_its_versions(harbor: HarborHouse, race: Race) -> None:
    harbor.open("harbor", ("amounts: { DE: 1000.00", "amounts: { DE: 90000.00"))
    names = [f"m{n}" for n in range(40)]
    harbor.join(*names)
    # A tenth of a second apart, each in the time of some version: those become live a second apart, or after
    # what was decided already.
    tenth = 1 / 36_000
    harbor.now = NOW + timedelta(seconds=5)
    placed = [
        deed(name, "order.placed", n * tenth, order_no="1", amount=2_000) for n, name in enumerate(names)
    ]
    harbor.call(placed, 4)
    texts = []
    for value, pot in ((150, 80_000), (120, 95_000), (200, 70_000)):
        text = HARBOR.read_text(encoding="utf-8").replace("program: harbor", f"program: {harbor.program.key}")
        text = text.replace("DE: 200.00 EUR", f"DE: {value}.00 EUR").replace("DE: 1000.00", f"DE: {pot}.00")
        text = text.replace("values: [200.00 EUR", "values: [200.00 EUR, 150.00 EUR, 120.00 EUR")
        read = read_program(text, None, harbor.program.key)
        assert isinstance(read, Program), read
        assert read.sha != harbor.program.sha
        texts.append(read)

    def publishing(db: Connection) -> object:
        times = (NOW + timedelta(seconds=n) for n in (1, 2, 3))
        return [publish(db, read, "test", at).version for read, at in zip(texts, times, strict=True)]

    def drained(_: Connection) -> object:
        with harbor.worker() as worker:
            harbor.drain(worker, 3)
        return None

    race.run(harbor, [("owner", publishing), ("worker", drained), ("worker", drained)])
    harbor.work()
    values = {1: 20_000, 2: 15_000, 3: 12_000, 4: 20_000}
    found = harbor.rows(
        "select e.version, r.value, count(*) from rewards r join events e on e.id = r.event_id"
        " where r.rule = 'order' group by 1, 2"
    )
    assert sum(int(str(count)) for _, _, count in found) == len(names)
    assert {(version, value) for version, value, _ in found} <= set(values.items())
    free, given = harbor.rows(
        "select (select posted from accounts where name = 'budget:main:DE'),"
        " (select sum(value) from rewards where rule = 'order')"
    )[0]
    assert int(str(free)) + int(str(given)) == 7_000_000
