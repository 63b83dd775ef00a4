"""Every test here gets a house of its own, whose books are checked when the test is done."""

from collections.abc import Iterator

import pytest
from tests.quarantine.house import House


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house with a version that does not know every word yet."""
    made = House(database, secret)
    made.begin()
    yield made
    made.check()
