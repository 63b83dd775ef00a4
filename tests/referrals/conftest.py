"""Every test here gets a house of its own, whose controls are asked when the test is done."""

from collections.abc import Iterator

import pytest
from tests.referrals.house import House


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house, and check its books at the end."""
    made = House(database, secret)
    yield made
    made.check()
