"""The app as a member has it: on a phone, by the code out of the mail, in two scripts, without a network."""

import gzip
import json
import time
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from tests.app.conftest import App
from tests.app.serving import served
from tests.redeem.house import House
from tests.text.test_qr import read_back
from tests.web.member.conftest import Door
from tests.web.member.test_in_a_browser import WIDTHS, faults_of, sideways

from guerdon.engine.cards.showing import Shown, take_card
from guerdon.values.app.cards import CardText, write_card
from guerdon.values.clock import utc_now
from guerdon.values.money import Money

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCRIPTS = (
    "app.js",
    "code.js",
    "offline.js",
    "passkeys.js",
    "push.js",
    "registering.js",
    "snapshot.js",
    "worker.js",
    "network.js",
)
DRAWN = """(text) =>
  import(document.querySelector('script[src$="code.js"]').src).then((code) => code.path_of(text))"""
LOOKED = """(base) =>
  import(document.querySelector('script[src$="offline.js"]').src.replace("offline.js", "snapshot.js"))
    .then((snapshot) => snapshot.kept(base))"""
PATHS = (
    "",
    "/catalog",
    "/code",
    "/activity",
    "/activity?show=used",
    "/activity?show=ending",
    "/you",
    "/you/contact",
    "/you/data",
    "/you/passkeys",
)


def member_of(app: App, language: str) -> int:
    """A member with rewards that are ready, used and on their way."""
    house, now = app.house, utc_now()
    house.stock_everything()
    house.enroll(7, "FR", language)
    app.tell(7)
    used = house.reward(7, at=now - timedelta(days=3))
    house.choose(7, used, "table_for_two", now=now - timedelta(days=2))
    house.reward(7, at=now, value=Money(35_000, "EUR"), rule="referral", available=now + timedelta(days=14))
    house.reward(7, at=now - timedelta(days=80), days=100, value=Money(2_500, "EUR"), rule="test_drive")
    house.reward(7, at=now)
    return 7


def signed_in(app: App, address: str, browser: "Browser", **how: Any) -> "Page":
    """The app's first page, by what a member types and what is mailed to them."""
    page = browser.new_context(**{"viewport": {"width": 390, "height": 844}} | how).new_page()
    page.goto(f"{address}{app.base}")
    page.locator("#address").fill("ann7@example.com")
    page.locator("#address").press("Enter")
    page.locator("#code").wait_for()
    assert faults_of(page) == []
    page.locator("#code").fill(app.mailed(7))
    page.locator("#code").press("Enter")
    page.wait_for_url(f"{address}{app.base}")
    return page


def kept(page: "Page", app: App) -> bool:
    """Whether this phone has all that it shows offline."""
    return bool(
        page.evaluate(
            """async (base) => {
              const found = await new Promise((resolve) => {
                const asked = indexedDB.open("guerdon-app", 1);
                asked.onupgradeneeded = () => asked.result.createObjectStore("snapshots");
                asked.onsuccess = () => {
                  const got = asked.result.transaction("snapshots").objectStore("snapshots").get(base);
                  got.onsuccess = () => { asked.result.close(); resolve(got.result); };
                };
              });
              return Boolean(found) && Boolean(await caches.match(`${base}/offline`, { ignoreSearch: true }));
            }""",
            app.base,
        )
    )


def eventually(page: "Page", app: App, wanted: bool) -> None:  # noqa: FBT001  what is waited for
    until = time.monotonic() + 20
    while kept(page, app) != wanted:
        assert time.monotonic() < until
        page.wait_for_timeout(100)


def test_a_member_signs_in_looks_around_shows_the_code_and_signs_out(
    app: App, door: Door, address: str, chromium: "Browser"
) -> None:
    del door
    member_of(app, "en")
    page = signed_in(app, address, chromium)
    told: list[str] = []
    page.on("console", lambda said: told.append(said.text))
    assert page.locator(".tier-card .worth strong").inner_text() == "€225"
    assert page.locator(".stubs li").count() == 2
    tabs = page.get_by_role("navigation", name="App")
    tabs.get_by_role("link", name="Rewards").click()
    page.locator(".pick").first.wait_for()
    # What is behind a reward's own link keeps the way back to the app.
    page.locator(".pick").first.click()
    page.locator(".take button").wait_for()
    tabs.get_by_role("link", name="Activity").click()
    page.locator(".pick").first.click()
    assert page.locator(".steps li").all_inner_texts()[0].startswith("Received")
    tabs.get_by_role("link", name="Code").click()
    page.get_by_text("Works offline").wait_for()
    digits = page.locator("[data-digits]").inner_text()
    shown = Shown(app.house.program_id, 7, digits, "here")
    with app.house.opens(None)() as tx:
        assert take_card(tx, app.house.vault, shown, utc_now()) == "taken"
    tabs.get_by_role("link", name="You").click()
    eventually(page, app, wanted=True)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(f"{address}{app.base}/sign-in")
    eventually(page, app, wanted=False)
    page.goto(f"{address}{app.base}/code")
    assert page.url == f"{address}{app.base}/sign-in"
    assert [each for each in told if "Content Security Policy" in each] == []
    page.context.close()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark")])
def test_every_page_is_readable_at_every_width(
    app: App, door: Door, address: str, chromium: "Browser", language: str, theme: Any
) -> None:
    del door
    member_of(app, language)
    page = signed_in(app, address, chromium, color_scheme=theme, locale=language)
    for path in PATHS:
        page.goto(f"{address}{app.base}{path}")
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert not sideways(page), f"{path} at {width}"
        assert faults_of(page) == [], path
    page.context.close()


def test_without_a_network_the_phone_shows_what_it_kept_and_of_when(
    app: App, door: Door, house: House, chromium: "Browser"
) -> None:
    del door
    member_of(app, "en")
    with served() as server:
        address = server.at("127.0.0.1")
        page = signed_in(app, address, chromium)
        eventually(page, app, wanted=True)
        _looks_at_what_is_kept(page, app)
        page.reload()
        page.wait_for_function("navigator.serviceWorker.controller !== null")
    # Nobody answers any more. That the network is off, the browser may tell its worker late.
    page.context.set_offline(offline=True)
    page.goto(f"{address}{app.base}/activity")
    page.get_by_text("As of").wait_for()
    assert page.locator("#amounts").inner_text() == "€225"
    assert page.locator("#rewards li").count() == 2
    page.wait_for_function("document.querySelector('[data-digits]').textContent.length === 7")
    assert faults_of(page) == []
    with house.opens(None)() as tx:
        shown = Shown(house.program_id, 7, page.locator("[data-digits]").inner_text(), "here")
        assert take_card(tx, house.vault, shown, utc_now()) == "taken"
    # Seven days later it is let go of.
    page.evaluate("Date.now = ((now) => () => now + 8 * 24 * 3600 * 1000)(Date.now())")
    page.evaluate(LOOKED, app.base)
    eventually(page, app, wanted=False)
    page.context.close()


def _looks_at_what_is_kept(page: "Page", app: App) -> None:
    """Look into the cache: it has the shell alone, and nothing of anybody's."""
    held = page.evaluate(
        """async () => {
          const found = {};
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys())
              found[new URL(request.url).pathname] = await (await caches.match(request)).text();
          return found;
        }"""
    )
    ours = {path for path in held if not path.startswith("/static/")}
    assert ours == {f"{app.base}/offline"}
    assert "You are offline" in held[f"{app.base}/offline"]
    assert "€225" not in " ".join(held.values())


@pytest.mark.parametrize(("program", "member"), [(1, 7), (12, 2**62 + 11), (999_999_999, 2**63 - 1)])
def test_a_scanner_reads_the_symbol_that_the_phone_draws(
    app: App, door: Door, address: str, chromium: "Browser", program: int, member: int
) -> None:
    del door
    member_of(app, "en")
    page = signed_in(app, address, chromium)
    page.goto(f"{address}{app.base}/code")
    for digits in ("000000", "482916", "999999"):
        text = write_card(CardText(program, member, digits))
        path = page.evaluate(DRAWN, text)
        assert read_back(29, path) == [(text, "QRCode")]
    page.context.close()


def test_what_a_phone_loads_stays_small() -> None:
    folder = files("guerdon.web").joinpath("static/js")
    assert sum(len(gzip.compress(folder.joinpath(name).read_bytes())) for name in SCRIPTS) <= 25_000


def test_it_is_installed_by_a_manifest_of_the_program(app: App, door: Door) -> None:
    said = json.loads(door.client.get(f"{app.base}/manifest.webmanifest?lang=ar").content)
    assert (said["start_url"], said["dir"], said["display"]) == (app.base, "rtl", "standalone")
    for each in said["icons"]:
        icon = door.client.get(each["src"])
        assert icon["Content-Type"] == "image/svg+xml"
        assert icon.content.startswith(b"<svg")
    worker = door.client.get("/devices/worker.js")
    assert worker["Service-Worker-Allowed"] == "/m"
