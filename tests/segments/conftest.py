"""What tests of segments ask for."""

from collections.abc import Iterator

import pytest
from tests.segments.house import SurfHouse


@pytest.fixture
def surf(database: str, secret: str) -> Iterator[SurfHouse]:
    """Give a house with the surf program, whose books are in order in the end."""
    made = SurfHouse(database, secret)
    made.begin()
    yield made
    made.check()
