"""Every test here gets a shop of its own: a feed that one brings is not there for another."""

import pytest
from tests.feeds.house import Shop


@pytest.fixture
def shop(database: str, secret: str) -> Shop:
    """Give a shop whose catalog holds the items of its program alone."""
    return Shop(database, secret)
