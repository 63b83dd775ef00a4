"""A house with members and value in it, and the API in this process, as any program would ask it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.house import ApiHouse, opened_api
from tests.servers import copied_database

from guerdon import embedded


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path) -> Iterator[ApiHouse]:
    """Give a house of the test's own."""
    with opened_api(database, secret, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shown(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiHouse]:
    """Give a house that the tests of a file only look at."""
    with (
        copied_database(postgres, migrated_template) as url,
        opened_api(url, secret, tmp_path_factory.mktemp("home")) as made,
    ):
        yield made
