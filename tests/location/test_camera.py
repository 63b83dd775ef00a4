"""A camera behind a counter: our own reader where the browser has none, a refusal, and no way to us."""

import json
from typing import TYPE_CHECKING

import segno
from tests.location.conftest import BONN, Till
from tests.location.test_in_a_browser import address, signed_in
from tests.web.member.test_in_a_browser import faults_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]

# A camera that sees these squares, in a browser that reads no codes by itself.
CAMERA = """(squares) => {
  delete window.BarcodeDetector;
  const canvas = document.createElement("canvas");
  const [side, quiet] = [8, 4];
  canvas.width = canvas.height = side * (squares.length + 2 * quiet);
  const pen = canvas.getContext("2d");
  setInterval(() => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = "#000";
    squares.forEach((row, y) => row.forEach((dark, x) => {
      if (dark) pen.fillRect((x + quiet) * side, (y + quiet) * side, side, side);
    }));
  }, 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);
}"""
REFUSED = """() => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
}"""


def squares_of(code: str) -> str:
    return json.dumps([list(row) for row in segno.make(code, error="m").matrix])


def test_a_browser_without_a_reader_reads_by_ours_from_this_very_host(
    till: Till, address: str, chromium: "Browser"
) -> None:
    phone = till.member()
    page, said = signed_in(chromium, address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(f"({CAMERA})({squares_of(phone.symbol())})")
    page.goto(f"{address}{BONN}/scan")
    # It comes when a camera is opened, and not before.
    assert not [url for url in asked if "zxing" in url]
    page.get_by_role("button", name="Open the camera").click()
    page.get_by_role("button", name="Confirm: Visit").wait_for()
    loaded = [url for url in asked if "zxing" in url]
    assert {url.rpartition(".")[2] for url in loaded} == {"js", "wasm"}
    assert all(url.startswith(address) for url in asked)
    assert said == []
    page.context.close()


def test_webassembly_is_let_in_on_the_page_that_scans_and_nowhere_else(till: Till) -> None:
    till.sign_in("bo.shop@example.com")
    policies = {
        path: till.client.get(BONN + path)["Content-Security-Policy"] for path in ("", "/scan", "/customers")
    }
    assert [path for path, policy in policies.items() if "'wasm-unsafe-eval'" in policy] == ["/scan"]
    assert not any("'unsafe-eval'" in policy for policy in policies.values())
    assert "'wasm-unsafe-eval'" in till.scan("x", "1")["Content-Security-Policy"]


def test_a_camera_that_is_refused_leaves_the_digits(till: Till, address: str, chromium: "Browser") -> None:
    phone = till.member()
    page, said = signed_in(chromium, address)
    page.add_init_script(f"({REFUSED})()")
    page.goto(f"{address}{BONN}/scan")
    page.get_by_role("button", name="Open the camera").click()
    page.get_by_text("Camera is off. Type the six digits.").wait_for()
    assert page.evaluate("document.activeElement.id") == "digits"
    assert faults_of(page) == []
    page.fill("#code", phone.number)
    page.fill("#digits", phone.digits)
    page.locator("#digits").press("Enter")
    page.get_by_role("button", name="Confirm: Visit").wait_for()
    assert said == []
    page.context.close()


def test_offline_says_so_sends_nothing_and_loses_nothing(
    till: Till, address: str, chromium: "Browser"
) -> None:
    phone = till.member()
    page, _ = signed_in(chromium, address)
    page.goto(f"{address}{BONN}/scan")
    page.fill("#code", phone.number)
    page.fill("#digits", "123456")
    page.context.set_offline(offline=True)
    notice = page.get_by_text("You are offline. Nothing was sent")
    notice.wait_for()
    assert faults_of(page) == []
    page.locator("#digits").press("Enter")
    page.get_by_role("button", name="See what is due").click()
    assert page.url == f"{address}{BONN}/scan"
    assert (page.input_value("#code"), page.input_value("#digits")) == (phone.number, "123456")
    page.context.set_offline(offline=False)
    notice.wait_for(state="hidden")
    page.fill("#digits", phone.digits)
    page.get_by_role("button", name="See what is due").click()
    page.get_by_role("button", name="Confirm: Visit").click()
    page.get_by_text("It is being decided.").wait_for()
    assert till.told() == 1
    page.context.close()
