from collections.abc import Iterator

import pytest
from tests.errands.house import House
from tests.standins.house import Stand, start, stop


@pytest.fixture(scope="package")
def process() -> Iterator[Stand]:
    """Run one stand-in for all of these tests; each starts it anew by its control door."""
    stand = start("--checked")
    yield stand
    assert stop(stand) == 0


@pytest.fixture
def house(database: str, secret: str, process: Stand) -> Iterator[House]:
    """Give a house with the motors' program, and look at its books and places at the end."""
    process.reset()
    made = House(database, secret, process)
    made.begin()
    yield made
    made.receiver.close()
    made.check()
    made.check_places()
