"""A house whose web process is open, and a browser-less way to ask it for pages."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.furnishing import Furnishing
from tests.orders.counter import LEFT_OUT, Counter
from tests.orders.fakes import Fake
from tests.redeem.house import FURNISHING, House, opened_house
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.program.catalog.nouns import Catalog
from guerdon.queries.controls.run import CONTROLS
from guerdon.queries.invariants import check_invariants
from guerdon.store.catalog.indexing import reindex_items
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now
from guerdon.values.ids import show


class Door:
    """The member's way in: links, and what they answer."""

    def __init__(self, house: House) -> None:
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        self.house = house
        self.client: Client = Client(enforce_csrf_checks=True, headers={"sec-fetch-site": "same-origin"})

    def link(self, member_id: int, reward_id: int, issued_on: date | None = None) -> str:
        key = self.house.vault.key(KEY_PURPOSE)
        return f"/r/{claim_token(key, self.house.program_id, member_id, reward_id, issued_on)}"


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def house(laid_out: str, secret: str) -> Iterator[House]:
    """Give a house with one program."""
    with opened_house(laid_out, secret) as made:
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
            "LETTERS_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
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


class Shop(Counter):
    """A counter whose items stand in the catalog of the web process, which knows its suppliers."""

    def put(self, key: str, **said: Any) -> str:
        """Put an item on sale, to be found; its public id."""
        self.shelve(key, **said)
        with self.house.working() as tx:
            reindex_items(tx, self.house.program_id, None)
        ((number,),) = self.house.rows("select id from catalog_items where key = %(k)s", k=key)
        return show("itm", int(str(number)))

    def check(self) -> None:
        """All books hold, but that a test gives what no rule states."""
        left_out = (*LEFT_OUT, "rewards.rule")
        asked = [control for control in CONTROLS if not control.keys[0].startswith(left_out)]
        with self.house.opens(None)() as tx:
            found = [each for each in check_invariants(tx, asked) if not each.startswith(left_out)]
        assert not found, "\n".join(found)


@pytest.fixture
def shop(house: House, door: Door, monkeypatch: pytest.MonkeyPatch) -> Shop:  # noqa: ARG001  it opens the room
    """Open a shop with one supplier, by the real clock, where rewards may be split."""
    from guerdon.web.rooms import room  # noqa: PLC0415

    made = Shop(house, {"giftly": Fake("giftly")}, utc_now(), Catalog(split=True))
    # Its orders are of suppliers too: other books hold for them.
    house.check_books = made.check  # type: ignore[method-assign]
    monkeypatch.setattr(room(), "programs", lambda: {house.program_id: made.program})
    return made
