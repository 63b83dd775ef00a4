"""Doors are slow to open: tests of one file share a house, and look at what changed in it."""

from collections.abc import Iterator

import pytest
from tests.servers import copied_database
from tests.web.intake.house import House, made_key, open_house

from guerdon import embedded


@pytest.fixture(scope="module")
def house(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Give a house with its door open."""
    home = tmp_path_factory.mktemp("house")
    with copied_database(postgres, migrated_template) as url, open_house(url, secret, home) as made:
        yield made
        made.decide()
        made.check_nothing_lost()


@pytest.fixture(scope="module")
def key(house: House) -> str:
    """Return a key for the API that is good for sources below /dms/."""
    return made_key(house)
