"""The mapping as somebody types it, and who may be one person: in a browser, small, dark, right to left."""

import json
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn
from tests.approvals.doors import Doors
from tests.approvals.test_in_a_browser import signed_in
from tests.connections.house import KEY, House
from tests.connections.test_mapping import tell
from tests.connections.test_twins import MAIL, OTHER, doors, house, take_in
from tests.editing.test_in_a_browser import SMALL, faults_of

from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request, Route

# What stands beyond the page's edge.
WIDER = """() => document.documentElement.scrollWidth <= innerWidth
  ? [] : [...document.querySelectorAll('main *')]
  .filter((each) => each.getBoundingClientRect().right > innerWidth || each.getBoundingClientRect().left < 0)
  .map((each) => each.outerHTML.slice(0, 100))"""
__all__ = ["doors", "house"]


@pytest.fixture
def address(doors: Doors, house: House) -> Iterator[str]:
    """Serve the whole front on a port of this machine."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    doors.enroll("olga")
    doors.enroll("opa")
    tell(house, ("lifecyclestage", "customer"), ("shoe_size", "44"))
    take_in(house, KEY, ("1", MAIL))
    take_in(house, OTHER, ("1", MAIL), *((f"9{n}", {"email": "office@dealer.example"}) for n in range(11)))
    server = uvicorn.Server(
        uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_what_came_is_looked_at_while_somebody_types(doors: Doors, address: str, chromium: "Browser") -> None:
    page, said = signed_in(chromium, address, "olga", viewport={"width": 1280, "height": 900}, locale="en-GB")
    there = f"{address}/console/{doors.house.program.key}/connections/{KEY}/mapping"
    page.goto(there)
    asked: list[str] = []
    held: list[Route] = []

    def ask(route: "Route", request: "Request") -> None:
        asked.append(request.post_data or "")
        # The first answer is slow.
        held.append(route) if len(asked) == 1 else route.continue_()

    page.click("button[value='add.map']")
    page.wait_for_selector("[name='map.1.property']:focus")
    page.route(there, ask)
    page.keyboard.type("shoe_")
    page.wait_for_timeout(450)
    page.keyboard.type("size", delay=40)
    page.select_option("[name='map.1.event']", "order.placed")
    then = page.locator("tr", has_text="shoe_size").locator("[data-then]")
    then.locator("code", has_text="order.placed").wait_for()
    # A request a pause, and what was asked before says nothing any more.
    assert [each.count("shoe_size") for each in asked] == [0, 1]
    held[0].fulfill(json={"told": {}, "rows": {}, "problems": [], "count": "77"})
    assert then.get_attribute("data-changed") is not None
    # The event's field can be ticked at once.
    page.check("[name='map.1.fields'][value=order_no]")
    then.locator("small", has_text="order_no").wait_for()
    page.fill("[name='map.1.property']", "shoe size")
    page.locator("[data-wrong='map.1.property']", has_text="shoe size").wait_for()
    assert page.get_attribute("[name='map.1.property']", "aria-invalid") == "true"
    assert page.inner_text("#checked") == "Mistakes: 1"
    assert then.inner_text() == "\N{EN DASH}"
    assert faults_of(page) == []
    page.fill("[name='map.1.property']", "shoe_size")
    page.locator("#checked", has_text="No mistakes.").wait_for()
    assert page.get_attribute("[name='map.1.property']", "aria-invalid") is None
    # The last empty line of a table is followed by another one.
    page.locator("[name='contacts.market.theirs']").last.fill("Sverige")
    assert page.locator("[name='contacts.market.theirs']").count() == 5
    page.locator("[name='contacts.market.ours']").nth(3).select_option("NO")
    page.unroute(there)
    # No answer, or none that can be read, is told and not taken for "no mistakes".
    page.route(there, lambda route: route.fulfill(status=400))
    page.fill("[name='contacts.email']", "email")
    page.locator("#checked", has_text="no answer came").wait_for()
    page.unroute(there)
    page.fill("[name='contacts.email']", "")
    page.locator("#checked", has_text="No mistakes.").wait_for()
    page.click(".editor button[value=draft]")
    page.wait_for_url("**/program/drafts/**")
    assert "shoe_size" in page.input_value("#text")
    assert [each for each in said if "ERR_" not in each and "status of 400" not in each] == []
    page.context.close()


def test_the_pages_of_a_connection_are_accessible_and_fit(
    doors: Doors, address: str, chromium: "Browser"
) -> None:
    home = f"{address}/console/{doors.house.program.key}/"
    for language, theme, width in (("en", "dark", 360), ("ar", "light", 360), ("ar", "dark", 1280)):
        for name, paths in (
            ("olga", (f"connections/{KEY}/mapping", f"connections/{KEY}/mapping?view=text")),
            ("opa", (f"connections/{KEY}", f"connections/{OTHER}/twins")),
        ):
            page, said = signed_in(
                chromium,
                address,
                name,
                locale=language,
                color_scheme=theme,
                viewport={"width": width, "height": 900},
                has_touch=width < 400,
            )
            for path in paths:
                page.goto(home + path)
                where = json.dumps([language, theme, width, path])
                assert faults_of(page) == [], where
                assert page.evaluate(WIDER) == [], where
                assert width > 400 or page.evaluate(SMALL) == [], where
            assert said == []
            page.context.close()
