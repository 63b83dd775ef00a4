"""Every test here gets a house of its own, whose books are checked when the test is done."""

from collections.abc import Iterator

import pytest
from tests.engine.house import House


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house, and check its books at the end."""
    made = House(database, secret)
    yield made
    if made.program_id:
        made.check()
