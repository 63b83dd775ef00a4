"""Every test here gets a house with boats, on a Saturday in the afternoon."""

from collections.abc import Iterator

import pytest
from tests.broadcasts.world import Fleet, opened


@pytest.fixture
def fleet(database: str, secret: str) -> Iterator[Fleet]:
    """Give a house whose carriers take everything."""
    with opened(database, secret) as made:
        yield made
