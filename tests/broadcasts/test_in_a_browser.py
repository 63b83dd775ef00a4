"""Broadcasts as staff see them: in two scripts, both themes, on a phone and a desk."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.approvals.doors import Doors
from tests.approvals.house import House
from tests.approvals.test_in_a_browser import WIDTHS, faults_of, signed_in
from tests.broadcasts.test_pages import carry, doors

from guerdon.engine.messages.broadcasting.commands import Act, Doing, do, make_broadcast
from guerdon.store.messages.broadcasts.standing import Broadcast, NewBroadcast
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["doors"]


@pytest.fixture
def address(doors: Doors) -> Iterator[str]:
    """Serve the whole front on a port of this machine."""
    from guerdon.web.asgi import Front  # noqa: PLC0415  Django is prepared by then

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


def prepared(house: House) -> list[str]:
    """A draft, one that was checked, and one that is under way; the paths of their pages."""
    now = utc_now()
    new = NewBroadcast("news", "german", (), 0, now, "per_maker")
    with house.opened("web") as tx:
        made = [make_broadcast(tx, house.program_id, house.program, new, now) for _ in range(3)]
    drafted, checked, started = (number for number in made if isinstance(number, int))
    for number in (checked, started):
        act(house, number, "check")
    carry(house)
    act(house, started, "start")
    carry(house)
    return [f"broadcasts/{show('brc', number)}" for number in (drafted, checked, started)]


def act(house: House, number: int, what: Act) -> None:
    """Another than its maker does something to one."""
    with house.opened("web") as tx:
        assert isinstance(do(tx, Doing(house.program_id, number, "per_other", utc_now()), what), Broadcast)


def is_in_one_line(page: "Page", css: str) -> bool:
    """Whether all of these stand beside each other."""
    tops = {round(each.bounding_box()["y"]) for each in page.locator(css).all()}  # type: ignore[index]
    return len(tops) == 1


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")]
)
def test_every_page_is_accessible_and_fits(
    doors: Doors, address: str, chromium: "Browser", language: str, theme: Any
) -> None:
    with ThreadPoolExecutor(1) as aside:
        paths = aside.submit(prepared, doors.house).result()
    page, said = signed_in(chromium, address, "olga", locale=language, color_scheme=theme)
    for path in ("broadcasts", *paths):
        page.goto(f"{address}/console/harbor_motors/{path}")
        assert faults_of(page) == [], path
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width, (path, width)
    assert said == []
    # What may be done stands side by side, the next step first to the eye.
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{address}/console/harbor_motors/{paths[0]}")
    assert page.locator("form.actions button").count() == 2
    assert is_in_one_line(page, "form.actions button")
    assert page.locator("form.actions button[data-tone=fill]").get_attribute("value") == "check"
    # A market's box and its name are one line, whatever the width.
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{address}/console/harbor_motors/broadcasts")
    for label in page.locator(".checks label").all():
        box = label.bounding_box()
        assert box is not None
        assert 24 <= box["height"] < 48, label.inner_text()
    page.context.close()
