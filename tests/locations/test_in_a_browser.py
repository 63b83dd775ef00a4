"""The pages as somebody sees them: in two scripts, both themes, on a desk and a phone; and by keyboard."""

import threading
import time
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.locations.conftest import EVERYTHING, PASSWORD, Doors
from tests.locations.test_pages import PAGES, furnish

from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
# Every pair of a language, a theme and a width is in one of them.
VARIANTS = (("en", "light", 1440), ("en", "dark", 390), ("ar", "light", 390), ("ar", "dark", 1440))


@pytest.fixture
def address(doors: Doors) -> Iterator[str]:
    """Serve the whole front on a port of this machine."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    furnish(doors.house)
    config = uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def signed_in(chromium: "Browser", address: str, **options: Any) -> "tuple[Page, list[str]]":
    """A page of somebody who has signed in, and what the browser had to complain about."""
    page = chromium.new_context(**options).new_page()
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(address) else said.append(asked.url))
    page.goto(f"{address}/account/sign-in")
    page.fill("#email", EVERYTHING)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/console/**")
    return page, said


@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_page_is_accessible_and_fits(
    address: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    viewport = {"width": width, "height": 900}
    page, said = signed_in(chromium, address, locale=language, color_scheme=theme, viewport=viewport)
    for path in PAGES:
        page.goto(f"{address}/console/row_boats/{path}")
        page.evaluate(AXE)
        found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert said == []
    page.context.close()


def test_whoever_needs_a_call_is_reached_and_compared_without_a_mouse(
    address: str, chromium: "Browser"
) -> None:
    page, said = signed_in(chromium, address, locale="en-GB", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/console/row_boats/locations")
    page.locator("tbody th a", has_text="Bonn").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/locations/de-bonn")
    page.locator("a", has_text="Compare with others").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/locations/compare?of=de-bonn")
    page.select_option("#of-2", "de-dresden")
    page.locator("form.act button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**of=de-dresden*")
    assert "2 locations, side by side." in page.inner_text("h2.answer")
    assert said == []
    page.context.close()
