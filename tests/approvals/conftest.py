"""Every test here gets a house of its own, whose books are checked when the test is done."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import FURNISHING, House
from tests.furnishing import Furnishing

from guerdon.queries.invariants import check_invariants


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def house(laid_out: str, secret: str) -> Iterator[House]:
    """Give a house, and check its books at the end."""
    made = House(laid_out, secret)
    made.open()
    yield made
    if not made.spoiled:
        with made.opened("web") as tx:
            assert check_invariants(tx) == []


@pytest.fixture
def doors(house: House, tmp_path: Path) -> Iterator[Doors]:
    """Open the console on the house."""
    with opened_doors(house, tmp_path) as opened:
        yield opened
