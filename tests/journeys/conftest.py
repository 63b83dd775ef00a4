"""One brand for all journeys of a run, and rooms in which its people sit down.

Journeys share the brand and come in any order: each looks for somebody to whom nothing else happens.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.journeys.browser import Rooms
from tests.journeys.house import Brand, open_brand

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def brand() -> Iterator[Brand]:
    """Give the brand, filled once in a run."""
    with open_brand() as opened:
        yield opened


@pytest.fixture(scope="session")
def entrance(chromium: "Browser", brand: Brand) -> Rooms:
    """Give what keeps who signed in."""
    return Rooms(chromium, brand)


@pytest.fixture
def rooms(entrance: Rooms) -> Iterator[Rooms]:
    """Give rooms for one journey; what a browser complained of fails it."""
    yield entrance
    entrance.close()
