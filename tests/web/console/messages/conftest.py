"""The console of a house whose members were told things."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import FURNISHING, House
from tests.furnishing import Furnishing


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def doors(laid_out: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """Give a console for everybody who works in the house."""
    house = House(laid_out, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened
