"""Every test here gets a house of its own."""

from collections.abc import Iterator

import pytest
from tests.furnishing import Furnishing
from tests.redeem.house import FURNISHING, House, opened_house


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def house(laid_out: str, secret: str) -> Iterator[House]:
    """Give a house with one program."""
    with opened_house(laid_out, secret) as made:
        yield made
