"""One database for all scenarios and all mutants of a file: each run is a program of its own in it."""

import secrets
from collections.abc import Iterator

import pytest

from guerdon import embedded
from guerdon.cli.scenarios import DOORS
from guerdon.engine.scenarios.run import Ground, opened_ground
from guerdon.store.migrations import migrate


@pytest.fixture(scope="session")
def ground(postgres: embedded.Server, secret: str) -> Iterator[Ground]:
    """Open the database of the scenarios."""
    url = postgres.url(f"scenarios_{secrets.token_hex(4)}")
    migrate(url, secret)
    with opened_ground(url, secret, DOORS) as opened:
        yield opened
