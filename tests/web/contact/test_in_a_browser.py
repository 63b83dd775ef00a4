"""Choosing as a member does it: on a phone, in two scripts and themes, by keyboard and without script."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.web.contact.conftest import Letterbox
from tests.web.member.test_in_a_browser import WIDTHS, faults_of, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def address(box: Letterbox) -> Iterator[str]:  # noqa: ARG001  it opens the room
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


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ar", "light")])
def test_all_three_pages_are_read_on_a_phone(
    box: Letterbox, address: str, chromium: "Browser", language: str, theme: Any
) -> None:
    box.enroll(market="DE", language=language)
    # One line in each state.
    box.choose(box.link("preferences"), "service|email", "offers|email", "offers|sms")
    links = [box.link("preferences"), box.link("unsubscribe", about="offers|sms"), box.confirming()]
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=theme, is_mobile=True)
    page = context.new_page()
    for link in links:
        page.goto(f"{address}{link}")
        assert faults_of(page) == [], link
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert not sideways(page), (link, width)
        page.set_viewport_size({"width": 390, "height": 844})
        # What is tapped is as large as a finger: a line is its own box's label.
        for target in page.locator("button, .choices label, main a").all():
            drawn = target.bounding_box()
            assert drawn is not None
            assert drawn["height"] >= 44, (link, target.inner_text())
    page.locator("form button").click()
    page.get_by_role("status").wait_for()
    assert faults_of(page) == []
    context.close()


def test_it_is_chosen_by_keyboard_and_without_script(
    box: Letterbox, address: str, chromium: "Browser"
) -> None:
    box.enroll(language="de")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{box.link('preferences')}")
    page.get_by_role("checkbox", name="Ich möchte Angebote von Nordlys per SMS.").press("Space")
    page.get_by_role("button", name="Meine Wahl speichern").press("Enter")
    page.get_by_role("status").filter(has_text="Angebote, SMS: Das kommt ab jetzt zu Ihnen.").wait_for()
    assert box.stands() == {("offers", "sms"): "given"}
    page.get_by_role("button", name="Alle Angebote abbestellen").press("Enter")
    page.get_by_role("status").filter(has_text="Alle Angebote sind abbestellt.").wait_for()
    assert set(box.stands().values()) == {"withdrawn"}
    page.goto(f"{address}{box.link('unsubscribe', about='service|email')}")
    page.get_by_role("button", name="Abbestellen").press("Enter")
    page.get_by_role("status").wait_for()
    assert box.stands()["service", "email"] == "withdrawn"
    page.get_by_role("link", name="Alle Nachrichten an Sie").press("Enter")
    page.get_by_role("heading", name="Nachrichten an Sie").wait_for()
    assert page.get_by_role("checkbox", name="E-Mail", exact=False).first.is_checked() is False
    context.close()
