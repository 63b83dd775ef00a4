from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agreement.house import House, opened_house
from tests.standins.house import start, stop


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path) -> Iterator[House]:
    """Give a connected installation, in processes of its own, and look at its books at the end."""
    stand = start("--checked")
    try:
        with opened_house(database, secret, stand, tmp_path) as made:
            yield made
            made.parts.stop()
            made.check()
    finally:
        assert stop(stand) == 0
