"""Every test here gets a house of its own with points, miles and status, whose books are checked."""

from collections.abc import Iterator

import pytest
from tests.furnishing import Furnishing
from tests.wallet.house import FURNISHING, House, opened_house


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def house(laid_out: str, secret: str) -> Iterator[House]:
    """Give a house with one program, in Berlin."""
    with opened_house(laid_out, secret) as made:
        yield made
