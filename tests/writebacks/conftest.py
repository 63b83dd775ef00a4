"""One stand-in for all tests here, begun anew for each; a house of its own, whose books are checked after."""

from collections.abc import Iterator

import pytest
from tests.standins.house import Stand, start, stop
from tests.writebacks.house import House, opened_house


@pytest.fixture(scope="package")
def process() -> Iterator[Stand]:
    """Run one stand-in for all of these tests."""
    stand = start("--checked")
    yield stand
    assert stop(stand) == 0


@pytest.fixture
def hubspot(process: Stand) -> Stand:
    """Give the stand-in as it begins."""
    process.reset()
    return process


@pytest.fixture
def house(database: str, secret: str, hubspot: Stand) -> Iterator[House]:
    """Give a house whose members' contacts are told what they have."""
    with opened_house(database, secret, hubspot) as made:
        yield made
