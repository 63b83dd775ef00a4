"""Every test here gets a house of its own, whose books are checked when the test is done."""

from collections.abc import Iterator

import pytest
from tests.versions.house import VersionsHouse


@pytest.fixture
def house(database: str, secret: str) -> Iterator[VersionsHouse]:
    """Give a house with the harbor's first version in it, and check its books at the end."""
    made = VersionsHouse(database, secret)
    made.open("harbor")
    made.join("ann", "bob")
    yield made
    made.check()
