from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.approvals.doors import Doors
from tests.connections.house import House, opened_doors
from tests.standins.house import Stand, start, stop

from guerdon.queries.invariants import check_invariants


@pytest.fixture(scope="package")
def process() -> Iterator[Stand]:
    """Run one stand-in for all of these tests; each starts it anew by its control door."""
    stand = start("--checked")
    yield stand
    assert stop(stand) == 0


@pytest.fixture
def hubspot(process: Stand) -> Stand:
    process.reset()
    return process


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path, hubspot: Stand) -> Iterator[House]:
    """Give a house that declares a connection, and check its books at the end."""
    made = House(database, secret)
    made.declare(hubspot, tmp_path)
    yield made
    made.db.close()
    with made.opened("web") as tx:
        assert check_invariants(tx) == []


@pytest.fixture
def doors(house: House) -> Iterator[Doors]:
    """Open the console on the house."""
    with opened_doors(house) as opened:
        yield opened
