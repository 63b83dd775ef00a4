"""The claim as a member does it: on a phone, in two scripts and both themes, by touch and without script."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.redeem.house import House
from tests.web.member.conftest import Door

from guerdon.values.clock import utc_now
from guerdon.values.money import Money

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
PHONE = "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
WIDTHS = (320, 360, 390, 820, 1440)


@pytest.fixture
def address(door: Door) -> Iterator[str]:  # noqa: ARG001  it opens the room
    """Serve the pages on a port of this machine."""
    from guerdon.web.accounts import application  # noqa: PLC0415

    server = uvicorn.Server(uvicorn.Config(application(), port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def links_of(house: House, door: Door, language: str) -> str:
    """A member with a reward to choose with, one more ready, one used and one lapsed."""
    house.stock_everything()
    house.enroll(7, "FR", language)
    now = utc_now()
    used = house.reward(7, at=now - timedelta(days=3))
    house.choose(7, used, "table_for_two", now=now - timedelta(days=2))
    house.reward(7, at=now - timedelta(days=100), days=90, value=Money(2_500, "EUR"), rule="test_drive")
    house.reward(7, at=now, value=Money(35_000, "EUR"), rule="referral")
    return door.link(7, house.reward(7, at=now))


def faults_of(page: "Page") -> list[str]:
    # Evaluated by the browser's own debugger, so the page's policy stays as strict as it is.
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]


def sideways(page: "Page") -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_the_code_is_copied_by_one_tap(house: House, door: Door, address: str, chromium: "Browser") -> None:
    link = links_of(house, door, "en")
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}{link}")
    page.get_by_role("link", name="Spa afternoon").click()
    page.locator(".take button").click()
    page.get_by_role("button", name="Copy the code").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("[data-code]").text_content()
    context.close()


def test_it_works_by_keyboard_and_without_script(
    house: House, door: Door, address: str, chromium: "Browser"
) -> None:
    link = links_of(house, door, "de")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{link}")
    page.locator("#q").fill("spa")
    page.locator("#q").press("Enter")
    page.locator(".pick").first.press("Enter")
    page.locator(".take button").press("Enter")
    page.locator("[data-code]").wait_for()
    assert page.locator("[data-copy]").is_hidden()
    # Nobody is told that it was seen; a form that is sent from the page tells so.
    page.locator(".more summary").press("Enter")
    page.locator("input[name=what]").first.press("Space")
    page.locator(".more button").press("Enter")
    page.get_by_role("status").filter(has_text="Danke. Wir klären").first.wait_for()
    assert (
        house.rows("select opened_at is not null from fulfillments where state = 'fulfilled'").count((True,))
        == 1
    )
    context.close()


def test_no_width_scrolls_sideways(house: House, door: Door, address: str, chromium: "Browser") -> None:
    link = links_of(house, door, "de")
    page = chromium.new_page()
    for path in (link, "/r/nothing"):
        page.goto(f"{address}{path}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert not sideways(page), f"{path} at {width}"
        assert faults_of(page) == []
    page.close()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark")])
def test_what_happened_and_why_is_read_on_a_phone(
    house: House, door: Door, address: str, chromium: "Browser", language: str, theme: Any
) -> None:
    link = links_of(house, door, language)
    context = chromium.new_context(viewport={"width": 360, "height": 780}, color_scheme=theme, is_mobile=True)
    page = context.new_page()
    page.goto(f"{address}{link}")
    page.locator(f"a[href='{link}/why']").click()
    assert page.locator(".list > li").count() == 4
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 780})
        assert not sideways(page), width
    assert faults_of(page) == []
    page.locator(f"a[href='{link}']").click()
    assert page.url == f"{address}{link}"
    context.close()
