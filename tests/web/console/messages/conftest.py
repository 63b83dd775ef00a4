"""The console of a house whose members were told things."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import House


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """Give a console for everybody who works in the house."""
    house = House(database, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened
