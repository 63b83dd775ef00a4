"""Every test here gets a house of its own with points, miles and status, whose books are checked."""

from collections.abc import Iterator

import pytest
from tests.wallet.house import House, opened_house


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house with one program, in Berlin."""
    with opened_house(database, secret) as made:
        yield made
