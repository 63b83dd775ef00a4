"""Signing in and out through a real provider, in a real browser: its cookies, redirects and policy."""

from typing import TYPE_CHECKING

from tests.web.console.conftest import EMAIL, Console
from tests.web.console.test_in_a_browser import faults_of
from tests.web.console.test_passkeys_in_a_browser import Screen, address
from tests.web.single_sign_on.conftest import rely_on
from tests.web.single_sign_on.provider import account, provided

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]


def test_away_back_and_out_again(console: Console, address: str, chromium: "Browser") -> None:
    with provided(address, {"ines": account(EMAIL)}) as provider:
        rely_on(provider.issuer)
        screen = Screen(chromium, address, viewport={"width": 1440, "height": 900})
        page = screen.page
        # Somebody who wanted to go somewhere: they land there, and the strict session came along.
        page.goto(f"{address}{console.home}budgets")
        assert screen.fits()
        page.click("text=Sign in with Example ID")
        page.wait_for_url(f"{provider.issuer}/**")
        page.fill("input[name=login]", "ines")
        page.click("button[name=go]")
        page.wait_for_url(f"{address}{console.home}budgets")
        cookies = {each["name"]: each["sameSite"] for each in screen.context.cookies(address)}
        assert (cookies["staff"], cookies["sign-on"]) == ("Strict", "Lax")
        page.click(".sidebar .account summary")
        page.click("text=Sign out")
        page.wait_for_url("**/account/signed-out")
        assert faults_of(page) == []
        page.click("text=Sign out of Example ID too")
        page.wait_for_url(f"{provider.issuer}/session/end**")
        # Nothing was refused by the browser on the way.
        assert [said for said in screen.said if "Content Security" in said or "cookie" in said.lower()] == []
