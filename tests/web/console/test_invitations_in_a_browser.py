"""Pages of inviting and of signing in through a provider, as they are seen: narrow and wide, both ways."""

from typing import TYPE_CHECKING, Any

import pytest
from tests.access.people import grant_of, hire
from tests.web.console.conftest import Console
from tests.web.console.test_invitations import ADA, Mailroom
from tests.web.console.test_passkeys_in_a_browser import Screen, address
from tests.web.single_sign_on.conftest import rely_on

from guerdon.store.access.invitations import NewInvitation, record_invitation
from guerdon.store.access.people import record_person, record_persona
from guerdon.store.database import connect, transaction
from guerdon.values.clock import utc_now

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
VARIANTS: dict[str, dict[str, Any]] = {
    "en light": {"locale": "en", "color_scheme": "light", "viewport": WIDE},
    "de dark": {"locale": "de", "color_scheme": "dark", "viewport": WIDE},
    "ar light": {"locale": "ar", "color_scheme": "light", "viewport": WIDE},
    "ar phone": {"locale": "ar", "color_scheme": "dark", "viewport": PHONE},
    "en phone": {"locale": "en", "color_scheme": "light", "viewport": PHONE},
}


def invited(console: Console) -> str:
    """Two are invited, of whom one was signed for; the link of her mail."""
    house, now = console.house, utc_now()
    with connect(house.url, house.secret, "web") as db:
        hire(db, house.program_id, "jonas@example.com", [grant_of(house.program_id, "finance")])
        ada = hire(db, house.program_id, ADA, [grant_of(house.program_id, "finance")])
        with transaction(db, house.program_id) as tx:
            bo = record_person(tx, house.program_id, ("bo@example.com", "bo@example.com"), "test", now)
            for person_id in (ada, bo):
                new = NewInvitation(person_id, None, None, "finance", "en", (1,))
                record_invitation(tx, house.program_id, new, "test", now)
            record_persona(tx, house.program_id, ada, "finance", "test", now)
    mailroom = Mailroom(console)
    assert mailroom.work() == 1
    return mailroom.link


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_page_fits_and_is_accessible(
    console: Console, address: str, chromium: "Browser", variant: str
) -> None:
    link = invited(console)
    rely_on("http://127.0.0.1:9")
    screen = Screen(chromium, address, **VARIANTS[variant])
    screen.open("/account/sign-in")
    assert screen.fits()
    screen.open("/account/single-sign-on")
    assert screen.fits()
    screen.open(link)
    assert screen.fits()
    assert ADA in screen.page.inner_text("main")
    screen.open(link + "x")
    assert screen.fits()
    screen.open("/account/signed-out")
    assert screen.fits()
    screen.sign_in_by_password()
    for path in ("people", "people/invitations"):
        screen.open(f"{console.home}{path}")
        assert screen.fits()
