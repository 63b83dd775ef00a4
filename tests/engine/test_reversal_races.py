"""Taking back while the member spends, and while workers die: one of the two is first, never both."""

import random
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, current_thread

import pytest
from tests.engine.harbor_house import HarborHouse, deed, everything
from tests.engine.house import Worker
from tests.engine.test_killed_worker import SEEN_OR_DONE, let_the_lease_end, started
from tests.engine.test_process import shared_lanes
from tests.races import RACED, Race

from guerdon.engine.arrivals import LANES
from guerdon.engine.codes import add_codes
from guerdon.engine.library import Library
from guerdon.engine.process import Batch, process_batch
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.ledger.effects import Redeem
from guerdon.store.codes import Code
from guerdon.store.database import Connection, Role, Transaction, connect, transaction
from guerdon.store.decided import FigureKey, record_figures
from guerdon.store.inbox import InboxRow, find_inbox
from guerdon.values.money import Money
from guerdon.worker import MAPPERS

RICH = ("amounts: { DE: 1000.00, NO: 100.00 }", "amounts: { DE: 100000.00, NO: 100.00 }")
STAGES = (
    "%from rewards r%",
    "%from reversals_waiting%",
    "%debt > 0%",
    "%copy draws%",
    "%update rewards%",
    "%into accounts%",
    "%into reversals_waiting%",
    "%delete from reversals_waiting%",
    "%update accounts%",
    "%into audit%",
)


@pytest.fixture
def house(database: str, secret: str) -> Iterator[HarborHouse]:
    """Give the harbor's house, and check its books at the end."""
    made = HarborHouse(database, secret)
    yield made
    if made.program_id:
        made.check()


@RACED
def test_a_reward_is_redeemed_or_taken_back_first_and_the_books_hold(house: HarborHouse, race: Race) -> None:
    house.open("harbor", RICH)
    among = race.connections // 4
    names = [f"m{n}" for n in range(race.connections - among)]
    house.join(*names)
    house.tell_and_work(*[deed(name, "order.placed", order_no="1", amount=2_000) for name in names])
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        codes = [Code("cake", Money(20_000, "EUR"), f"code {n}") for n in range(len(names))]
        assert all(add_codes(tx, house.vault, house.program_id, codes))
    rewards = {row[0]: row[1] for row in house.rows("select member_id, id from rewards where rule = 'order'")}
    house.call([deed(name, "order.returned", 1, order_no="1", refunded=1, total=1) for name in names], 1)

    def choosing(member_id: int) -> Callable[[Connection], bool]:
        reward_id = rewards[member_id]
        assert isinstance(reward_id, int)
        choice = Choice(house.program_id, member_id, reward_id, "cake", "phone")

        def chosen(db: Connection) -> bool:
            race.dawdle(0.4)
            answer = redeem(
                lambda: transaction(db, house.program_id, member_id), house.program, choice, house.now
            )
            return isinstance(answer, Redeem)

        return chosen

    def taking_back(worker: Worker) -> Callable[[Connection], bool]:
        def drained(_: Connection) -> bool:
            house.drain(worker, 1)
            return False

        return drained

    with ExitStack() as stack:
        workers = [stack.enter_context(house.worker()) for _ in range(among)]
        shared_lanes(*workers)
        doings: list[tuple[Role, Callable[[Connection], bool]]] = [
            ("worker", taking_back(worker)) for worker in workers
        ]
        doings += [("web", choosing(house.member(name))) for name in names]
        chosen = sum(race.run(house, doings))
    race.figures.update(members=len(names), redeemed_first=chosen)
    # Who chose first has an order whose code is void by now; nobody owes, nobody has anything.
    assert house.count("select count(*) from orders where canceled_at is not null") == chosen
    assert house.count("select count(*) from codes where state = 'void'") == chosen
    in_euro = "select sum(posted), sum(debt) from accounts where member_id > 0 and unit = 'EUR'"
    assert house.rows(in_euro) == [(0, 0)]
    assert house.rows("select distinct reversed from rewards where rule = 'order'") == [(20_000,)]


def test_who_cancels_an_order_and_who_counts_its_day_do_not_wait_for_each_other(
    house: HarborHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.open("harbor", ("amounts: { DE: 1000.00, NO: 100.00 }", "amounts: { DE: 100.00, NO: 100.00 }"))
    house.join("ann", "bob", "cy", "dee")
    house.tell_and_work(deed("ann", "gift.given", -2, contract="a"))
    house.redeem("ann", "gift")
    # One takes back today's gift, whose code nobody used, and gives yesterday's; the other counts both days.
    house.call([deed("ann", "gift.undone", -1, contract="a"), deed("bob", "gift.given", -30, contract="b")])
    house.call([deed("cy", "gift.given", -30, contract="c"), deed("dee", "gift.given", -1, contract="d")])
    with connect(house.url, house.secret, "worker") as db:
        told = find_inbox(db, range(LANES), 4)
    canceled, counting = Event(), record_figures

    def count_late(tx: Transaction, program_id: int, figures: Mapping[FigureKey, Sequence[int]]) -> None:
        if current_thread().name == "cancels":
            canceled.set()
            house.await_true(
                "select count(*) > 0 from pg_stat_activity"
                " where wait_event_type = 'Lock' and query like '%into rollups%'"
            )
        counting(tx, program_id, figures)

    monkeypatch.setattr("guerdon.store.decided.record_figures", count_late)

    def decide(name: str, rows: Sequence[InboxRow]) -> None:
        current_thread().name = name
        if name == "counts":
            assert canceled.wait(60)
        with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
            library = Library(house.vault, MAPPERS)
            process_batch(tx, library, Batch(rows, house.program_id), house.now)

    with ThreadPoolExecutor(2) as two:
        for task in [two.submit(decide, "cancels", told[:2]), two.submit(decide, "counts", told[2:])]:
            task.result()
    figures = "select issued, redeemed, refused from rollups where rule = 'gift' order by day"
    assert house.rows(figures) == [(1, 0, 1), (1, 0, 1)]


def test_a_worker_killed_while_it_takes_back_loses_nothing_and_takes_nothing_twice(
    house: HarborHouse, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311  seeded, not secret
    people, ends = ("ann", "bob", "cy", "dee"), []
    deeds = chance.sample(whole := everything(chance), len(whole))
    for key in ("undisturbed", "killed"):
        house.open(key, RICH)
        house.join(*people)
        parts = [deeds[at :: len(STAGES)] for at in range(len(STAGES))]
        for stage, part in zip(STAGES, parts, strict=True):
            house.call(part, per_request=2, seed=key)
            if key == "killed":
                killed_at(house, tmp_path, stage)
                house.check()
        house.work()
        house.check()
        ends.append(house.ends())
    assert ends[0] == ends[1]
    assert house.count("select count(*) from quarantine") == 0


def killed_at(house: HarborHouse, home: Path, stage: str) -> None:
    worker = started(house, home)
    try:
        house.await_true(SEEN_OR_DONE, stage)
    finally:
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
    let_the_lease_end(house)
