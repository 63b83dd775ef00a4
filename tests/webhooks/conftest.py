"""Every test here gets a house of its own, whose books are checked when the test is done."""

from collections.abc import Iterator

import pytest
from tests.webhooks.house import House, opened_house


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house with one program."""
    with opened_house(database, secret) as made:
        yield made
