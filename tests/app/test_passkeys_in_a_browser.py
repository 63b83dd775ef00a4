"""A member's passkey from its making to its removal, on a phone whose authenticator is a virtual one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.app.conftest import App
from tests.app.passkeys import Keychain, keychain_of
from tests.app.serving import served
from tests.web.console.test_passkeys_in_a_browser import Screen
from tests.web.member.conftest import Door
from tests.web.member.test_in_a_browser import WIDTHS, faults_of, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
USE_BUTTON, ADD_BUTTON = "form[data-passkey=use] button", "form[data-passkey=add] button"


@pytest.fixture
def keychain(app: App, door: Door) -> Iterator[Keychain]:
    """A member who may sign in, at an address with a name that is served."""
    app.house.enroll(7)
    app.tell(7)
    with served() as server:
        made = keychain_of(app, door, server.at("localhost"))
        made.address = server.at("localhost")
        yield made


def signed_in(chromium: "Browser", keychain: Keychain) -> Screen:
    """A phone whose member signed in by a code."""
    screen = Screen(chromium, keychain.address, **PHONE)
    screen.open(f"{keychain.app.base}/sign-in")
    screen.page.locator("#address").fill("ann7@example.com")
    screen.page.locator("#address").press("Enter")
    screen.page.locator("#code").wait_for()
    screen.page.locator("#code").fill(keychain.app.mailed(7))
    screen.page.locator("#code").press("Enter")
    screen.page.wait_for_url(keychain.address + keychain.app.base)
    return screen


def made(screen: Screen, keychain: Keychain, name: str) -> None:
    screen.open(f"{keychain.app.base}/you")
    screen.page.get_by_role("link", name="Passkeys").click()
    screen.page.locator("#name").fill(name)
    screen.page.click(ADD_BUTTON)
    screen.page.get_by_text(name).wait_for()


def leave(screen: Screen, keychain: Keychain) -> None:
    screen.open(f"{keychain.app.base}/you")
    screen.page.get_by_role("button", name="Sign out", exact=True).click()
    screen.page.wait_for_url(f"{keychain.address}{keychain.app.base}/sign-in")


def by_hand(screen: Screen) -> None:
    """Nothing is offered by itself, as in a browser that does not know how to."""
    screen.page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")


def test_made_used_and_removed(keychain: Keychain, chromium: "Browser") -> None:
    screen, base = signed_in(chromium, keychain), keychain.address + keychain.app.base
    page = screen.page
    by_hand(screen)
    made(screen, keychain, "my phone")
    assert faults_of(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert not sideways(page), width
    page.set_viewport_size(PHONE["viewport"])
    [there] = screen.credentials()
    assert (there["isResidentCredential"], there["rpId"]) == (True, "localhost")
    leave(screen, keychain)
    assert faults_of(page) == []
    page.click(USE_BUTTON)
    page.wait_for_url(base)
    assert keychain.kept() == [(7, screen.credentials()[0]["signCount"], True)]
    # This is a sign-in of now: another may be removed at once.
    page.goto(f"{base}/you/passkeys")
    assert "Last used on" in page.locator(".list li").inner_text()
    page.get_by_role("button", name="Remove: my phone").click()
    page.get_by_text("You have no passkey yet.").wait_for()
    assert keychain.kept() == []
    leave(screen, keychain)
    assert screen.said == []
    # The device has it still; here it opens nothing any more.
    page.click(USE_BUTTON)
    page.get_by_text("This passkey was not taken.").wait_for()
    assert faults_of(page) == []
    screen.context.close()


def test_where_the_browser_can_it_is_offered_as_one_begins_to_type(
    keychain: Keychain, chromium: "Browser"
) -> None:
    screen = signed_in(chromium, keychain)
    if not screen.page.evaluate("PublicKeyCredential.isConditionalMediationAvailable?.() ?? false"):
        pytest.skip("this browser offers none by itself")
    made(screen, keychain, "my phone")
    # Signed out, the page asks by itself, and the device answers at once as its owner would.
    screen.open(f"{keychain.app.base}/you")
    screen.page.get_by_role("button", name="Sign out", exact=True).click()
    screen.page.wait_for_url(keychain.address + keychain.app.base)
    assert [used for *_, used in keychain.kept()] == [True]
    screen.context.close()


def test_a_device_that_cannot_check_its_owner_says_so_and_the_page_stays(
    keychain: Keychain, chromium: "Browser"
) -> None:
    screen = signed_in(chromium, keychain)
    screen.debugger.send("WebAuthn.setUserVerified", {**screen.authenticator, "isUserVerified": False})
    screen.open(f"{keychain.app.base}/you/passkeys")
    screen.page.fill("#name", "tablet")
    screen.page.click(ADD_BUTTON)
    screen.page.wait_for_selector("[data-failed]:not([hidden])")
    assert screen.page.input_value("#name") == "tablet"
    assert screen.page.is_enabled(ADD_BUTTON)
    assert faults_of(screen.page) == []
    assert keychain.kept() == []
    assert screen.said == []
    screen.context.close()


def test_only_where_they_hold_they_are_offered_and_without_script_there_is_the_code(
    keychain: Keychain, chromium: "Browser"
) -> None:
    screen = Screen(chromium, keychain.address.replace("localhost", "127.0.0.1"), **PHONE)
    screen.open(f"{keychain.app.base}/sign-in")
    assert screen.page.is_visible("#address")
    assert not screen.page.is_visible(USE_BUTTON)
    screen.context.close()
    plain = chromium.new_context(java_script_enabled=False, locale="en", **PHONE)
    page = plain.new_page()
    page.goto(f"{keychain.address}{keychain.app.base}/sign-in")
    assert page.is_visible("#address")
    assert not page.is_visible(USE_BUTTON)
    plain.close()


def test_another_phone_has_none_of_them(keychain: Keychain, chromium: "Browser") -> None:
    screen = signed_in(chromium, keychain)
    made(screen, keychain, "my phone")
    stranger = Screen(chromium, keychain.address, **PHONE)
    stranger.open(f"{keychain.app.base}/sign-in")
    stranger.page.click(USE_BUTTON)
    stranger.page.wait_for_selector("[data-failed]:not([hidden])")
    assert stranger.page.is_visible("#address")
    stranger.context.close()
    screen.context.close()
