"""The operator's pages as somebody sees them: in two scripts, both themes, on a desk and a phone."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.locations.conftest import Doors
from tests.locations.test_in_a_browser import VARIANTS, signed_in
from tests.operator.test_imports_page import HEADER, known, member

from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
PAGES = ("health", "imports", "keys")
FILE = HEADER + member(1) + member(2, "Eve") + member(3) + member(4, "Ada\u202egnp", market="XX") + member(5)


@pytest.fixture
def address(doors: Doors) -> Iterator[str]:
    """Serve the whole front on a port of this machine, with something in it."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    known(doors, HEADER + member(1) + member(2))
    program, now = doors.house.program_id, doors.house.real_now
    with doors.house.by_hand() as db:
        db.execute(
            """
            insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
            values (%s, 1, 0, 'crm', 1, 0, %s)
            """,
            (program, now - timedelta(minutes=6)),
        )
        db.execute(
            "insert into intake_counts values (%s, 'dms', %s, 'accepted', 3)", (program, doors.house.today)
        )
        db.execute(
            "insert into api_keys (program_id, key_id, secret_sha, name, source, created_at, expires_at)"
            " values (%s, 'feedfacecafe', sha256('x'), 'Dealer system', '/dms/hamburg', %s, %s)",
            (program, now - timedelta(days=400), now - timedelta(days=35)),
        )
    config = uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_page_is_accessible_and_fits(
    address: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    viewport = {"width": width, "height": 900}
    page, said = signed_in(chromium, address, locale=language, color_scheme=theme, viewport=viewport)

    def look(path: str) -> None:
        page.evaluate(AXE)
        found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

    for path in PAGES:
        page.goto(f"{address}/console/row_boats/{path}")
        look(path)
    page.goto(f"{address}/console/row_boats/imports")
    page.set_input_files("#file", {"name": "crm.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    page.click("form.act button")
    page.wait_for_selector("#tried")
    look("a file that was tried")
    page.goto(f"{address}/console/row_boats/keys")
    page.fill("#name", "Dealer system")
    page.fill("#source", "/dms/hamburg")
    page.check("input[value='write:events']")
    page.click("form:has(#name) button")
    page.wait_for_selector("#secret")
    look("a key that was made")
    assert said == []
    page.context.close()


def test_a_key_is_made_and_withdrawn_without_a_mouse(address: str, chromium: "Browser") -> None:
    page, said = signed_in(chromium, address, locale="en-GB", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/console/row_boats/keys")
    page.focus("#name")
    page.keyboard.type("By keyboard")
    page.focus("input[value='read:members']")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("#secret")
    assert page.inner_text("h2.answer") == "1 key opens the API."
    page.locator("button[aria-label='Withdraw: By keyboard']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h2.answer:has-text('No key opens the API.')")
    assert said == []
    page.context.close()
