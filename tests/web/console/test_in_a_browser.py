"""The console as staff see it: in two scripts, both themes, all widths, live, and by keyboard."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
import uvicorn
from tests.web.console.conftest import EMAIL, PASSWORD, Console
from tests.web.console.furniture import furnish, furnish_connection
from tests.web.console.messages.told import furnish_messages
from tests.web.console.tried import furnish_replay
from tests.webhooks.house import furnish_webhooks

from guerdon.engine.catalog.checking import item_id
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
WIDTHS = (360, 390, 820, 1024, 1180, 1280, 1440, 1920)
TRIED = "try?type=booking.confirmed"
ROUTES = (
    "",
    "live",
    "find",
    "members",
    f"members/{show('mem', 7)}",
    f"members/{show('mem', 7)}/messages",
    f"members/{show('mem', 7)}/messages/{show('msg', 100)}",
    "messages",
    "messages/reward_ready",
    "rewards",
    "catalog",
    "catalog?state=offered&q=basket",
    f"catalog/{show('itm', item_id(1, 'green_basket'))}",
    "catalog/feeds",
    "catalog/feeds/program",
    f"catalog/syncs/{show('syn', 1)}",
    "delivery",
    "delivery/before",
    "budgets",
    "budgets/central:",
    "budgets/by_market:DE",
    "ledger",
    "ledger?account=budget:by_market:DE",
    "owed",
    "controls",
    "audit",
    f"audit?open={show('aud', 1)}",
    "events",
    "events?standing=waiting",
    "events?standing=quarantined",
    "events/quarantine",
    "events/quarantine?reason=malformed_body",
    f"events/quarantine/{show('qrt', 1)}",
    "brand",
    "people",
    "connections",
    "connections/hubspot_eu",
    "connections/hubspot_eu/mapping",
    "webhooks",
    f"webhooks/{show('whk', 1)}",
    "why",
    f"why?member={show('mem', 7)}",
    f"why/{show('evt', 1_000_001)}",
    "rules/booking/refused",
    TRIED,
    "program/replays",
    f"program/replays/{show('rpl', 1)}",
)
# Every pair of a language, a theme and a width is in one of them.
VARIANTS = (("en", "light", 1440), ("en", "dark", 390), ("ar", "light", 390), ("ar", "dark", 1440))
SOON_MS = 20_000


@pytest.fixture
def address(console: Console) -> Iterator[str]:
    """Serve the whole front on a port of this machine."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    furnish(console.house)
    furnish_replay(console.house)
    furnish_webhooks(console.house.url, console.house.secret, console.house.program_id)
    furnish_connection(console.house)
    furnish_messages(console.house)
    config = uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def opened(chromium: "Browser", address: str, **options: Any) -> "tuple[BrowserContext, Page, list[str]]":
    """A browser that has signed in, and what it had to complain about."""
    context = chromium.new_context(**options)
    page = context.new_page()
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(address) else said.append(asked.url))
    page.goto(f"{address}/account/sign-in")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/console/**")
    return context, page, said


def faults_of(page: "Page") -> list[str]:
    # Evaluated by the browser's own debugger, so the page's policy stays as strict as it is.
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]


@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_page_is_accessible_and_fits(
    console: Console, address: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    context, page, said = opened(
        chromium,
        address,
        locale=language,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
    )
    for route in ROUTES:
        page.goto(f"{address}{console.home}{route}")
        assert faults_of(page) == [], route
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), route
    for member in ("nobody", show("mem", 7)):
        page.goto(f"{address}{console.home}{TRIED}")
        page.fill("#member", member)
        page.click("form.block button")
        page.wait_for_selector("#result" if member != "nobody" else "section[role=alert]")
        assert page.url == f"{address}{console.home}try"
        assert faults_of(page) == [], member
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), member
    assert said == []
    context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_width_needs_sideways_scrolling(
    console: Console, address: str, chromium: "Browser", language: str
) -> None:
    context, page, said = opened(chromium, address, locale=language)
    for route in ROUTES:
        page.goto(f"{address}{console.home}{route}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (route, width)
    assert said == []
    context.close()


def test_a_reward_appears_without_reloading(console: Console, address: str, chromium: "Browser") -> None:
    context, page, said = opened(chromium, address, locale="en-GB", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}{console.home}")
    page.wait_for_selector("#live[data-state=on]", timeout=SOON_MS)
    assert "€600" in page.inner_text("#answer")
    console.house.enroll(9)
    console.house.reward(9, at=utc_now())
    page.locator("#answer", has_text="€800").wait_for(timeout=SOON_MS)
    assert "3 members" in page.inner_text("#answer")
    assert faults_of(page) == []
    assert said == []
    context.close()


def test_a_budgets_bar_moves_without_reloading(console: Console, address: str, chromium: "Browser") -> None:
    context, page, said = opened(chromium, address, locale="en-GB", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}{console.home}budgets")
    page.wait_for_selector("#live[data-state=on]", timeout=SOON_MS)
    germany = page.locator("#tree tr", has_text="Germany")
    assert "€399,400" in germany.inner_text()
    console.house.reward(8, at=utc_now())
    page.locator("#tree tr", has_text="€399,200").wait_for(timeout=SOON_MS)
    assert said == []
    context.close()


def test_rows_wait_while_the_pointer_is_on_them(console: Console, address: str, chromium: "Browser") -> None:
    context, page, said = opened(chromium, address, locale="en-GB", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}{console.home}live")
    page.wait_for_selector("#live[data-state=on]", timeout=SOON_MS)
    before = page.inner_text("#feed")
    page.hover("#feed li")
    console.house.reward(8, at=utc_now())
    page.wait_for_selector("#feed-held:not([hidden])", timeout=SOON_MS)
    assert page.inner_text("#feed-held") == "1 new"
    assert page.inner_text("#feed") == before
    page.mouse.move(5, 5)
    page.wait_for_selector("#feed-held", state="hidden", timeout=SOON_MS)
    assert page.locator("#feed li").count() == before.count("Booking") + before.count("redeemed") + 1
    assert said == []
    context.close()


def test_the_table_behind_the_chart_stays_open(console: Console, address: str, chromium: "Browser") -> None:
    context, page, said = opened(chromium, address, locale="en-GB", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}{console.home}")
    page.wait_for_selector("#live[data-state=on]", timeout=SOON_MS)
    page.click(".figures summary")
    console.house.reward(8, at=utc_now())
    page.locator("#answer", has_text="€800").wait_for(timeout=SOON_MS)
    assert page.locator("#figures table").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert said == []
    context.close()


def test_the_console_works_by_keyboard(console: Console, address: str, chromium: "Browser") -> None:
    context, page, _ = opened(chromium, address, locale="en", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}{console.home}budgets")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    menu = page.locator(".filters summary").first
    menu.focus()
    page.keyboard.press("Enter")
    assert page.locator(".filters .popover").first.is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".filters .popover").first.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    context.close()


def test_without_script_every_page_and_choice_still_works(
    console: Console, address: str, chromium: "Browser"
) -> None:
    context, page, _ = opened(
        chromium, address, java_script_enabled=False, locale="en", viewport={"width": 1440, "height": 900}
    )
    page.goto(f"{address}{console.home}")
    page.click(".filters summary >> nth=0")
    page.click(".filters .popover >> text=Germany")
    assert "market=DE" in page.url
    page.click(".account summary")
    page.click("button[lang=ar]")
    assert page.get_attribute("html", "dir") == "rtl"
    assert "market=DE" in page.url
    context.close()


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "dark", 390), ("ar", "light", 1440)])
def test_signing_in_with_a_second_factor(
    address: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    with ThreadPoolExecutor(1) as aside:
        aside.submit(_ask_for_a_second_factor).result()
    context = chromium.new_context(
        locale=language, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto(f"{address}/account/sign-in")
    assert faults_of(page) == []
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/account/second-factor/new")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone = pyotp.TOTP(page.inner_text("#secret").replace(" ", ""))
    page.fill("#code", "000000")
    page.click("form button")
    assert faults_of(page) == []
    assert page.locator("#problem").is_visible()
    page.fill("#code", phone.now())
    page.click("form button")
    page.wait_for_selector(".codes")
    assert faults_of(page) == []
    recovery = page.inner_text(".codes li >> nth=0")
    page.click("a.button")
    page.wait_for_url("**/console/**")
    context.clear_cookies()
    page.goto(f"{address}/account/sign-in")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/account/second-factor")
    assert faults_of(page) == []
    page.fill("#code", recovery)
    page.click("form button")
    page.wait_for_url("**/console/**")
    context.close()


def _ask_for_a_second_factor() -> None:
    from django.db import connections  # noqa: PLC0415

    from guerdon.web.accounts.models import Staff  # noqa: PLC0415

    Staff.objects.update(second_factor_waived=False)
    connections.close_all()
