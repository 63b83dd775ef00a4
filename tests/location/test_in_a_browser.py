"""A phone behind a counter: digits are typed, a visit is confirmed, what it earned is shown and listed."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.location.conftest import BONN, MANAGER, PASSWORD, Till
from tests.web.member.test_in_a_browser import faults_of, sideways

from guerdon.values.ids import show

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (320, 390, 820)
FINGER_PX = 44
# A camera that reads this, in place of the browser's own.
DETECTOR = """(code) => {
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect() { return [{ rawValue: "https://elsewhere.example" }, { rawValue: code }]; }
  };
  const canvas = document.createElement("canvas");
  setInterval(() => canvas.getContext("2d").fillRect(0, 0, Math.random() * 9, 9), 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(5);
}"""


@pytest.fixture
def address(till: Till) -> Iterator[str]:  # noqa: ARG001  it opens the room
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


def signed_in(browser: "Browser", address: str, **how: Any) -> "tuple[Page, list[str]]":
    """A phone on which somebody has signed in, and what it had to complain about."""
    options = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB"} | how
    page = browser.new_context(**options).new_page()
    said: list[str] = []
    page.on("console", lambda told: said.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(address) else said.append(asked.url))
    page.goto(f"{address}/account/sign-in")
    page.fill("#email", MANAGER)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url(f"{address}{BONN}")
    return page, said


def test_a_visit_from_the_digits_to_the_list_of_today(till: Till, address: str, chromium: "Browser") -> None:
    phone = till.member()
    page, said = signed_in(chromium, address)
    page.get_by_role("navigation").get_by_role("link", name="Scan").click()
    page.fill("#code", phone.number)
    page.fill("#digits", f"{phone.digits[:3]} {phone.digits[3:]}")
    page.locator("#digits").press("Enter")
    page.get_by_role("button", name="Confirm: Visit").click()
    page.get_by_text("It is being decided.").wait_for()
    assert faults_of(page) == []
    till.work()
    # The page looks by itself.
    page.get_by_text("Confirmed. Earned €20.").wait_for(timeout=15_000)
    page.go_back()
    page.go_forward()
    page.get_by_role("link", name="All of today").click()
    page.get_by_text("Earned €20.").wait_for()
    assert page.locator("[data-visit]").count() == 1
    page.get_by_role("navigation").get_by_role("link", name="Budget").click()
    page.get_by_text("€20 of €60 used").wait_for()
    assert said == []
    page.context.close()


def test_a_camera_that_reads_a_code_sends_it(till: Till, address: str, chromium: "Browser") -> None:
    phone = till.member()
    page, said = signed_in(chromium, address)
    page.add_init_script(f"({DETECTOR})('{phone.symbol()}')")
    page.goto(f"{address}{BONN}/scan")
    page.get_by_role("button", name="Open the camera").click()
    page.get_by_role("button", name="Confirm: Visit").wait_for()
    assert said == []
    page.context.close()


def test_without_a_detector_or_script_the_page_says_so_and_takes_what_is_typed(
    till: Till, address: str, chromium: "Browser"
) -> None:
    phone = till.member()
    page, _ = signed_in(chromium, address, java_script_enabled=False)
    page.goto(f"{address}{BONN}/scan")
    assert page.get_by_text("This browser opens no camera here.").is_visible()
    assert not page.locator("#camera").is_visible()
    page.fill("#code", phone.symbol())
    page.click("#scan button")
    page.get_by_role("button", name="Confirm: Visit").click()
    till.work()
    page.get_by_role("link", name="Look again").click()
    assert page.get_by_text("Confirmed. Earned €20.").is_visible()
    page.context.close()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark")])
def test_every_page_is_readable_at_every_width(
    till: Till, address: str, chromium: "Browser", language: str, theme: Any
) -> None:
    done, open_one, waiting = till.begins(), till.begins("A" * 60), till.begins()
    till.confirms(done, "visit.made")
    till.work()
    till.confirms(waiting, "visit.made")
    page, said = signed_in(chromium, address, locale=language, color_scheme=theme)
    one = f"{BONN}/customers/{show('mem', done.member_id)}"
    page.goto(address + one)
    page.fill("textarea", "A window seat " + "x" * 60)
    page.locator("form:has(textarea) button").click()
    page.locator("[data-note]").wait_for()
    page.goto(f"{address}{BONN}/budget")
    page.locator("details summary").click()
    page.fill("[name=amount]", "20.00")
    page.fill("[name=reason]", "A busy week " + "y" * 60)
    page.locator("details button").click()
    page.locator("[data-asked]").wait_for()
    own = (BONN, *(f"{BONN}/{each}" for each in ("scan", "customers", "budget", "team")), one)
    for path in (*own, *map(till.address, (open_one, done, waiting))):
        page.goto(address + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert not sideways(page), (path, width)
        assert faults_of(page) == [], path
        low = page.evaluate(
            "(least) => [...document.querySelectorAll("
            "'main button, main .button, main summary, main textarea, .tabbar a, main input')]"
            ".filter((each) => each.checkVisibility() && each.type !== 'hidden')"
            ".filter((each) => each.getBoundingClientRect().height < least).map((each) => each.outerHTML)",
            FINGER_PX,
        )
        assert low == [], path
    assert said == []
    page.context.close()
