from collections.abc import Iterator

import pytest
from tests.standins.house import Receiver, Stand, start, stop


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
def receiver() -> Iterator[Receiver]:
    there = Receiver()
    yield there
    there.close()
