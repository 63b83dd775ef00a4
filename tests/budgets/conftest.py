"""Each test gets a house whose tree of budgets is open, and whose books are checked when it is done."""

from collections.abc import Iterator

import pytest
from tests.budgets.house import House, tree_program


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house with its program published."""
    made = House(database, secret, tree_program())
    made.publish()
    yield made
    made.check()
