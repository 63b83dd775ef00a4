"""A member lets a browser tell them: asked after a tap, shown by the worker, and opened at home only."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door
from tests.web.member.test_claim_page import ready
from tests.web.member.test_devices import ENDPOINT, kept, subscription
from tests.web.member.test_in_a_browser import address, faults_of, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["address"]
# A browser asks its maker's push service, which a test does not: this is what that would answer.
SUBSCRIBED = f"""
window.asked = [];
Notification.requestPermission = async () => (window.asked.push("permission"), "ANSWER");
PushManager.prototype.subscribe = async function (wanted) {{
  window.asked.push(wanted.applicationServerKey, wanted.userVisibleOnly);
  return {{ toJSON: () => ({subscription().decode()}) }};
}};
"""
NOTICE = {"title": "20 €", "body": "مرحبا", "url": "/r/x", "tag": "t", "lang": "ar", "dir": "rtl"}


def opened(chromium: "Browser", url: str, answer: str = "granted") -> "Page":
    context = chromium.new_context(permissions=["notifications"], viewport={"width": 360, "height": 780})
    page = context.new_page()
    page.add_init_script(SUBSCRIBED.replace("ANSWER", answer))
    page.goto(url)
    return page


def pushed(page: "Page", origin: str, text: str) -> list[dict[str, Any]]:
    """Hand the worker a message as the browser would, and see what it shows."""
    session = page.context.new_cdp_session(page)
    known: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: known.extend(each["registrationId"] for each in said["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.getRegistration('/m').then(Boolean)")
    while not known:
        page.wait_for_timeout(50)
    said = {"origin": origin, "registrationId": known[-1], "data": text}
    session.send("ServiceWorker.deliverPushMessage", said)
    shown: list[dict[str, Any]] = page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration("/m");
          for (let look = 0; look < 100; look += 1) {
            const found = await registration.getNotifications();
            if (found.length) {
              const told = found.map(
                ({ title, body, tag, lang, dir, data }) => ({ title, body, tag, lang, dir, data }));
              found.forEach((each) => each.close());
              return told;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          return [];
        }"""
    )
    return shown


def test_after_a_tap_the_browser_is_kept_and_shows_what_is_pushed(
    house: House, door: Door, address: str, chromium: "Browser"
) -> None:
    page = opened(chromium, f"{address}{door.link(7, ready(house))}")
    button = page.get_by_role("button", name="Tell me on this device")
    button.wait_for()
    assert page.evaluate("window.asked") == []
    assert not sideways(page)
    assert faults_of(page) == []
    button.click()
    page.get_by_text("Done. What comes next, this device shows you.").wait_for()
    asked = page.evaluate("window.asked")
    assert asked == ["permission", page.locator("#device").get_attribute("data-key"), True]
    assert [row[:3] for row in kept(house)] == [(7, "web", "usable")]
    assert ENDPOINT not in page.content()
    [shown] = pushed(page, address, json.dumps(NOTICE))
    assert shown == {**{key: NOTICE[key] for key in NOTICE if key != "url"}, "data": {"url": "/r/x"}}
    # What nobody can read is shown all the same, or the browser would take the right away.
    [plain] = pushed(page, address, "no JSON")
    assert plain["title"] == address.removeprefix("http://")
    page.context.close()


def test_who_says_no_is_asked_for_nothing_more(
    house: House, door: Door, address: str, chromium: "Browser"
) -> None:
    page = opened(chromium, f"{address}{door.link(7, ready(house))}", "denied")
    page.get_by_role("button", name="Tell me on this device").click()
    page.get_by_text("This browser does not let us.").wait_for()
    assert page.evaluate("window.asked") == ["permission"]
    assert kept(house) == []
    page.context.close()


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("/r/x", "/r/x"),
        ("https://evil.example/x", ""),
        ("javascript:alert(1)", ""),
        ("//evil.example", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_tap_opens_pages_of_ours_alone(
    door: Door, address: str, chromium: "Browser", url: str | None, opens: str
) -> None:
    source = door.client.get("/devices/worker.js").content.decode()
    page = chromium.new_page()
    page.goto(f"{address}/devices/worker.js")
    # The worker's own script, with what it asks of the browser in our hands.
    opened_urls = page.evaluate(
        """([source, url]) => {
          const heard = {}, opened = [];
          const clients = { openWindow: (each) => opened.push(each) };
          new Function("addEventListener", "clients", "registration", source)(
            (name, listener) => { heard[name] = listener; }, clients, {});
          const notification = { close() {}, data: { url } };
          heard.notificationclick({ notification, waitUntil() {} });
          return opened;
        }""",
        [source, url],
    )
    assert opened_urls == ([f"{address}{opens}"] if opens else [])
    page.close()
