"""T-19: workers and members leave one audit row a transaction, and every decision is under one of them."""

from collections.abc import Iterator

import pytest
from tests.engine.house import House, booked, drove
from tests.redeem.house import House as Shop
from tests.redeem.house import opened_house

from guerdon.ledger.effects import Redeem
from guerdon.queries.proof.trail import check_decisions
from guerdon.store.database import connect


@pytest.fixture
def house(database: str, secret: str) -> House:
    made = House(database, secret)
    made.publish()
    made.enroll([1, 2, 3])
    return made


@pytest.fixture
def shop(database: str, secret: str) -> Iterator[Shop]:
    with opened_house(database, secret) as made:
        yield made


def undecided(url: str, secret: str, program_id: int) -> str | None:
    with connect(url, secret, "worker") as db, db.transaction():
        return check_decisions(db, program_id)


def test_a_batch_leaves_one_row_however_many_events_it_decides(house: House) -> None:
    house.tell([booked(1), drove(2), booked(3), drove(1)])
    with house.worker() as worker:
        assert worker.work() == 4
    told = house.rows("select actor, detail ->> 'events' from audit where action = 'batch.decided'")
    assert told == [("worker", "4")]
    assert undecided(house.url, house.secret, house.program_id) is None


def test_batches_of_one_leave_a_row_each_and_nothing_undecided(house: House) -> None:
    house.tell([booked(1), drove(2), booked(3)])
    with house.worker() as worker:
        worker.work(at_most=1)
    assert house.count("select count(*) from audit where action = 'batch.decided'") == 3
    assert undecided(house.url, house.secret, house.program_id) is None


def test_a_member_who_chooses_leaves_one_row(shop: Shop) -> None:
    shop.stock(2)
    reward = shop.reward(shop.enroll(7))
    before = shop.rows("select count(*) from audit")[0][0]
    assert isinstance(shop.choose(7, reward), Redeem)
    assert shop.rows("select count(*) from audit")[0][0] == int(str(before)) + 1
    # A second click is told what there is, and changes nothing.
    shop.choose(7, reward)
    assert shop.rows("select count(*) from audit")[0][0] == int(str(before)) + 1
    (actor, events) = shop.rows("select actor, detail ->> 'events' from audit order by id desc limit 1")[0]
    assert str(actor).startswith("mem_")
    assert events == "1"
    assert undecided(shop.url, shop.secret, shop.program_id) is None
