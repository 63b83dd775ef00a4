"""A house for the tests of a file: each brings rows of its own."""

from collections.abc import Iterator

import pytest
from tests.api.house import ApiHouse, opened_api
from tests.servers import copied_database

from guerdon import embedded


@pytest.fixture(scope="module")
def house(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiHouse]:
    """Give a house into which files may come."""
    with (
        copied_database(postgres, migrated_template) as url,
        opened_api(url, secret, tmp_path_factory.mktemp("home")) as made,
    ):
        yield made
