from collections.abc import Iterator

import pytest
from tests.standins.house import Receiver, Stand, start, stop


@pytest.fixture(scope="module")
def process() -> Iterator[Stand]:
    """Run one stand-in for a module; each test starts it anew by its control door."""
    stand = start("--legacy", "--checked")
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
