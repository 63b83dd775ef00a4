"""The one counter of a house, whose books are checked when a test is done."""

from collections.abc import Callable, Iterator

import pytest
from tests.furnishing import Furnishing
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.redeem.house import FURNISHING, House, opened_house


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def counter(laid_out: str, secret: str) -> Iterator[Callable[..., Counter]]:
    """Give a way to make the one counter of a house."""
    made: list[Counter] = []
    with_house = opened_house(laid_out, secret)
    house: House = with_house.__enter__()

    def make(*fakes: Fake, **more: object) -> Counter:
        counter = Counter(house, {fake.key: fake for fake in fakes}, **more)  # type: ignore[arg-type]
        made.append(counter)
        return counter

    yield make
    made[0].check()
