"""Every test here gets a house of its own, whose books are checked when the test is done."""

from collections.abc import Iterator

import pytest
from tests.reminders.house import EXPIRING, WAITING, House, opened, reminding


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house with two reminders, that was looked at just now for the first time."""
    with opened(database, secret, reminding(WAITING, EXPIRING)) as made:
        assert made.remind(made.now) == 0
        yield made
