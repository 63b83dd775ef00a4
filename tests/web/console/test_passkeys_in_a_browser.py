"""A passkey from its making to its removal, in a real browser whose authenticator is a virtual one."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.web.console.conftest import EMAIL, PASSWORD, Console
from tests.web.console.passkeys import OWN, Passkeys, at_a_name
from tests.web.console.test_in_a_browser import faults_of

from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

USE_BUTTON, ADD_BUTTON = "form[data-passkey=use] button", "form[data-passkey=add] button"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def address(console: Console) -> Iterator[str]:
    """Serve the whole front at a name of this machine, which is also its public address."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    config = uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    named = f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    with at_a_name(console, named):
        yield named
    server.should_exit = True
    thread.join()


class Screen:
    """A browser with an authenticator built in, and what it had to complain about."""

    def __init__(self, chromium: "Browser", address: str, **options: Any) -> None:
        self.address = address
        self.context: BrowserContext = chromium.new_context(**{"locale": "en", **options})
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", lambda told: self.said.append(told.text) if told.type == "error" else None)
        self.debugger = self.context.new_cdp_session(self.page)
        self.debugger.send("WebAuthn.enable")
        made = self.debugger.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.authenticator = {"authenticatorId": made["authenticatorId"]}

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in_by_password(self) -> None:
        self.open("/account/sign-in")
        self.page.fill("#email", EMAIL)
        self.page.fill("#password", PASSWORD)
        self.page.click("form button")
        self.page.wait_for_url("**/console/**")

    def sign_out(self) -> None:
        self.page.click(".sidebar .account summary")
        self.page.click("text=Sign out")
        self.page.wait_for_url("**/account/sign-in")

    def sign_in_by_passkey(self) -> None:
        self.page.click(USE_BUTTON)
        self.page.wait_for_url("**/console/**")

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.debugger.send("WebAuthn.getCredentials", self.authenticator)[
            "credentials"
        ]
        return found

    def fits(self) -> bool:
        """Whether the page is accessible and needs no sideways scrolling."""
        assert faults_of(self.page) == []
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_made_used_and_removed(console: Console, address: str, chromium: "Browser") -> None:
    screen = Screen(chromium, address, viewport={"width": 1440, "height": 900})
    page = screen.page
    screen.sign_in_by_password()
    page.click(".sidebar .account summary")
    page.click(".sidebar a[href='/account/passkeys']")
    page.wait_for_url(f"**{OWN}")
    assert screen.fits()
    page.fill("#name", "work phone")
    page.click(ADD_BUTTON)
    page.wait_for_selector(".lines li")
    assert "work phone" in page.inner_text(".lines li")
    assert screen.fits()
    [made] = screen.credentials()
    assert (made["isResidentCredential"], made["rpId"]) == (True, "localhost")
    page.click("text=Back to the console")
    page.wait_for_url("**/console/**")
    screen.sign_out()
    assert screen.fits()
    screen.sign_in_by_passkey()
    [(_, count, _, used)] = Passkeys(console).kept()
    assert (count, used) == (screen.credentials()[0]["signCount"], True)
    screen.open(OWN)
    page.click(".lines button")
    page.wait_for_selector(".empty")
    assert Passkeys(console).kept() == []
    page.click("text=Back to the console")
    page.wait_for_url("**/console/**")
    screen.sign_out()
    assert screen.said == []
    # The device has it still; here it opens nothing any more.
    page.click(USE_BUTTON)
    page.wait_for_selector("#problem")
    assert "This passkey was not taken." in page.inner_text("#problem")
    assert screen.fits()
    page.goto(f"{address}{console.home}")
    assert "/account/sign-in" in page.url
    screen.context.close()


def test_a_device_that_cannot_check_its_owner_says_so_and_the_page_stays(
    console: Console, address: str, chromium: "Browser"
) -> None:
    screen = Screen(chromium, address, viewport={"width": 390, "height": 844})
    screen.sign_in_by_password()
    screen.open(OWN)
    screen.debugger.send("WebAuthn.setUserVerified", {**screen.authenticator, "isUserVerified": False})
    screen.page.fill("#name", "tablet")
    screen.page.click(ADD_BUTTON)
    screen.page.wait_for_selector("[data-failed]:not([hidden])")
    assert screen.page.is_enabled(ADD_BUTTON)
    assert screen.fits()
    assert Passkeys(console).kept() == []
    # Nothing of the policy was in its way.
    assert screen.said == []
    screen.context.close()


def test_only_the_address_they_are_made_for_offers_them(address: str, chromium: "Browser") -> None:
    screen = Screen(chromium, address)
    screen.open("/account/sign-in")
    assert screen.page.is_visible(USE_BUTTON)
    screen.page.goto(address.replace("localhost", "127.0.0.1") + "/account/sign-in")
    assert screen.page.is_visible("#password")
    assert not screen.page.is_visible(USE_BUTTON)
    screen.context.close()


def test_without_script_there_is_the_password(address: str, chromium: "Browser") -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{address}/account/sign-in")
    assert not page.is_visible(USE_BUTTON)
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/console/**")
    page.goto(address + OWN)
    assert page.is_visible("h1")
    assert not page.is_visible(ADD_BUTTON)
    context.close()
