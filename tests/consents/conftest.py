"""Every test here gets a house of its own, in which proofs and what holds agree when the test is done."""

from collections.abc import Iterator

import pytest
from tests.consents.house import Quay, opened_quay


@pytest.fixture
def quay(database: str, secret: str) -> Iterator[Quay]:
    """Give a house with one program."""
    with opened_quay(database, secret) as made:
        yield made
