"""A house whose web process is open, and a browser-less way to ask it for pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.redeem.house import House, opened_house
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.values.claims import KEY_PURPOSE, claim_token


class Door:
    """The member's way in: links, and what they answer."""

    def __init__(self, house: House) -> None:
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        self.house = house
        self.client: Client = Client(enforce_csrf_checks=True, headers={"sec-fetch-site": "same-origin"})

    def link(self, member_id: int, reward_id: int) -> str:
        key = self.house.vault.key(KEY_PURPOSE)
        return f"/r/{claim_token(key, self.house.program_id, member_id, reward_id)}"


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house with one program."""
    with opened_house(database, secret) as made:
        yield made


@pytest.fixture
def settings(house: House, tmp_path: Path) -> Settings:
    """Return the settings of this house's web process."""
    read = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(tmp_path),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
        }
    )
    assert isinstance(read, Settings)
    return read


@pytest.fixture
def door(house: House, settings: Settings) -> Iterator[Door]:
    """Open the web process's room and its pages."""
    # Playwright keeps an event loop in the main thread, in which Django refuses to be prepared.
    with opened_room(settings):
        yield Door(house)
