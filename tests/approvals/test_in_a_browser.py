"""Decisions as people see them: in two scripts, both themes, on a phone and a desk, and by keyboard."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.approvals.doors import PASSWORD, Doors
from tests.approvals.test_pages import one_of_each

from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
WIDTHS = (360, 390, 820, 1024, 1180, 1440)
VARIANTS = [
    (language, theme, width)
    for language in ("en", "ar")
    for theme in ("light", "dark")
    for width in (390, 1440)
]


@pytest.fixture
def address(doors: Doors) -> Iterator[str]:
    """Serve the whole front on a port of this machine."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    doors.enroll("olga")
    config = uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def signed_in(chromium: "Browser", address: str, name: str, **options: Any) -> "tuple[Page, list[str]]":
    page = chromium.new_context(**options).new_page()
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(address) else said.append(asked.url))
    page.goto(f"{address}/account/sign-in")
    page.fill("#email", f"{name}@example.com")
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/console/**")
    return page, said


def faults_of(page: "Page") -> list[str]:
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


def paths(doors: Doors) -> list[str]:
    with ThreadPoolExecutor(1) as aside:
        numbers = aside.submit(one_of_each, doors.house).result()
    views = ["decisions", "decisions?view=open", "decisions/new"]
    views += ["decisions/new?act=grant", "decisions/new?act=move&account=by_market:DE"]
    return [*views, *(f"decisions/{number}" for number in numbers.values())]


def test_every_page_is_for_everybody(chromium: "Browser", doors: Doors, address: str) -> None:
    for place, path in enumerate(paths(doors)):
        language, theme, width = VARIANTS[place % len(VARIANTS)]
        page, said = signed_in(
            chromium, address, "olga",
            locale=language, color_scheme=theme, viewport={"width": width, "height": 900},
        )  # fmt: skip
        page.goto(f"{address}/console/harbor_motors/{path}")
        assert faults_of(page) == [], (path, language, theme, width)
        assert said == [], path
        for each in WIDTHS:
            page.set_viewport_size({"width": each, "height": 900})
            wide = page.evaluate("document.scrollingElement.scrollWidth")
            assert wide <= each, (path, each, wide)
        page.context.close()


def test_what_is_chosen_is_approved_by_keyboard_alone(
    chromium: "Browser", doors: Doors, address: str
) -> None:
    with ThreadPoolExecutor(1) as aside:
        request = aside.submit(lambda: one_of_each(doors.house)).result()["grant"]
    page, _ = signed_in(chromium, address, "olga", locale="en", viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/console/harbor_motors/decisions")
    page.locator(f"input[value^='{request}']").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Approve what is chosen").focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 request approved.").wait_for()
    page.goto(f"{address}/console/harbor_motors/decisions/{request}")
    assert page.get_by_text("Signed, being carried out").is_visible()
    page.context.close()
