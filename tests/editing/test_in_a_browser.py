"""One rule three ways in a browser: changed in the sentence, seen in the text, broken in the text."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import House
from tests.approvals.test_in_a_browser import signed_in
from tests.editing.drafts import TEXT, draft_with

from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TEXT_220 = TEXT.replace("[200.00 EUR,", "[200.00 EUR, 220.00 EUR,")
WIDTHS = (360, 820, 1180, 1440)
# Whatever is pressed with a finger and is lower than a fingertip; a box to tick has its label.
SMALL = """() => [...document.querySelectorAll(
  '.page :is(button, select, summary, textarea, .tabs a, .back a, .checks label),'
  + '.page input:not([type=checkbox])'
  )]
  .filter((each) => each.offsetHeight && !each.matches('.unseen, .unseen *') && each.offsetHeight < 44)
  .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """The console of a house."""
    house = House(database, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened


@pytest.fixture
def address(doors: Doors) -> Iterator[str]:
    """Serve the whole front on a port of this machine."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    assert doors.house.program, "it is opened before it is served"
    config = uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def drafted(doors: Doors, text: str = TEXT) -> str:
    # A browser's test has a loop of its own, beside which Django wants a thread.
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(_drafted, doors, text).result()


def _drafted(doors: Doors, text: str) -> str:
    from django.db import connections  # noqa: PLC0415

    there = draft_with(doors, text)[1]
    connections.close_all()
    return there


def faults_of(page: "Page") -> list[str]:
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]


def test_a_rule_is_the_same_in_sentence_list_grid_and_text(
    doors: Doors, address: str, chromium: "Browser"
) -> None:
    there = drafted(doors, TEXT_220)
    page, said = signed_in(chromium, address, "olga", viewport={"width": 1280, "height": 900}, locale="en-GB")
    home = f"{address}/console/harbor_motors/"
    page.goto(f"{home}{there}/rules")
    page.click("ol.rules >> text=Order >> nth=0")
    page.fill("#amount-DE", "220.00 EUR")
    page.click(".actions button[value=save]")
    page.locator(".sentence", has_text="give €220 in Germany").wait_for()
    page.goto(f"{home}{there}/rules")
    assert "give €220 in Germany" in page.inner_text("ol.rules")
    page.goto(f"{home}{there}/tables/by_kind")
    page.fill("[name='cell.0.2']", "40 PTS")
    page.click(".actions button[value=save]")
    page.locator("[name='cell.0.2'][value='40 PTS']").wait_for()
    page.goto(f"{home}{there}")
    text = page.input_value("#text")
    assert "DE: 220.00 EUR" in text
    assert "- [new, -, 40 PTS]  # the new ones" in text
    # Broken in the text: the mistake is told at its line, before anything is saved.
    page.fill("#text", text.replace("promise: campaign", "promise: perhaps"))
    page.dispatch_event("#text", "input")
    page.locator("#problem-list li", has_text="unknown promise perhaps").wait_for()
    line = text[: text.index("promise: campaign")].count("\n") + 1
    assert page.inner_text("#problem-list a") == f"Line {line}"
    assert page.inner_text(".gutter [data-wrong]") == str(line)
    assert page.inner_text("#checked").startswith("Mistakes: 1")
    assert faults_of(page) == []
    page.click("#problem-list a")
    assert "promise: perhaps" in page.evaluate(
        "(() => { const t = document.querySelector('#text');"
        " return t.value.slice(t.selectionStart, t.selectionEnd); })()"
    )
    # What may stand there is offered, and taken by keyboard.
    page.keyboard.press("End")
    for _ in range(len("perhaps")):
        page.keyboard.press("Backspace")
    page.keyboard.type("c")
    page.locator("#offers [aria-selected=true]", has_text="campaign").wait_for()
    assert page.get_attribute("#text", "aria-activedescendant") == "offer-0"
    assert faults_of(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator("#checked", has_text="No mistakes.").wait_for()
    assert page.input_value("#text") == text
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+Space")
    page.locator("#offers").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#offers").is_hidden()
    assert said == []
    page.context.close()


def test_cells_of_a_spreadsheet_are_pasted(doors: Doors, address: str, chromium: "Browser") -> None:
    there = drafted(doors)
    page, said = signed_in(chromium, address, "olga", viewport={"width": 1280, "height": 900}, locale="en-GB")
    page.goto(f"{address}/console/harbor_motors/{there}/tables/by_kind")
    page.evaluate(
        """() => {
          const cell = document.querySelector("[name='cell.2.0']");
          const pasted = new DataTransfer();
          pasted.setData("text/plain", "used\\tbasic\\t5 PTS\\nused\\tplus\\t6 PTS\\n");
          const told = { clipboardData: pasted, bubbles: true, cancelable: true };
          cell.dispatchEvent(new ClipboardEvent("paste", told));
        }"""
    )
    assert page.input_value("[name='cell.3.2']") == "6 PTS"
    page.click(".actions button[value=look]")
    page.locator(".wrong", has_text="both take").first.wait_for()
    assert page.input_value("[name='cell.2.2']") == "5 PTS"
    assert faults_of(page) == []
    assert said == []
    page.context.close()


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", 1440), ("en", "dark", 390), ("ar", "light", 390), ("ar", "dark", 1440)],
)
def test_every_page_of_rules_is_accessible_and_fits(
    doors: Doors, address: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    there = drafted(doors, TEXT.replace("by_kind, pay_from", "by_kindness, pay_from"))
    page, said = signed_in(
        chromium,
        address,
        "olga",
        locale=language,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
        has_touch=width < 400,
    )
    paths = ("rules", "rules/order", there, *(f"{there}/{each}" for each in (
        "rules", "rules/order", "rules/order_points", "rules/order_kind", "tables/by_kind"
    )))  # fmt: skip
    for path in paths:
        page.goto(f"{address}/console/harbor_motors/{path}")
        assert faults_of(page) == [], path
        assert width > 400 or page.evaluate(SMALL) == [], path
        for each in (width, *WIDTHS):
            page.set_viewport_size({"width": each, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, each)
        page.set_viewport_size({"width": width, "height": 900})
    assert said == []
    page.context.close()


def test_a_condition_is_changed_without_script(doors: Doors, address: str, chromium: "Browser") -> None:
    there = drafted(doors)
    page, _ = signed_in(chromium, address, "olga", java_script_enabled=False, locale="en-GB")
    page.goto(f"{address}/console/harbor_motors/{there}/rules/order_points")
    page.select_option("#subject-new", "event.kind")
    page.click("button[value=add]")
    page.select_option("[name='operator.2']", "!=")
    page.select_option("[name='value.2']", "used")
    page.click(".actions button[value=save]")
    page.goto(f"{address}/console/harbor_motors/{there}")
    assert "&& event.kind != 'used'" in page.input_value("#text")
    page.context.close()
