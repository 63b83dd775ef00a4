"""What `demo --check` measures is Guerdon's time, and not that of a contact who came late."""

from datetime import timedelta

import pytest
from tests.engine.house import NOW, House, booked

from guerdon.engine.enroll import enroll_members
from guerdon.queries.demo import load_reward_delay
from guerdon.store.database import connect


@pytest.fixture
def house(database: str, secret: str) -> House:
    made = House(database, secret)
    made.publish()
    return made


def test_an_event_that_waited_for_its_contact_is_not_measured(house: House) -> None:
    house.tell([booked(1)])
    lines = ["external_source,external_id,market,employee\n", "hubspot,1,DE,false\n"]
    with connect(house.url, house.secret, "worker") as db:
        later = NOW + timedelta(seconds=1)
        enroll_members(db, house.vault, (house.program_id, house.program), lines, later)
    house.enroll([2])
    with house.worker() as worker:
        worker.work()
    with connect(house.url, house.secret, "worker") as db:
        assert load_reward_delay(db, house.program_id) is None
    house.tell([booked(2)])
    with house.worker() as worker:
        worker.work()
    assert house.count("select count(*) from rewards") == 2
    with connect(house.url, house.secret, "worker") as db:
        assert load_reward_delay(db, house.program_id) is not None
