"""A browser for journeys: somebody at a page, what it had to complain about, and what axe says of it."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from tests.journeys.house import PASSWORD, PEOPLE, Brand

from guerdon.cli.demo.house import STAFF

if TYPE_CHECKING:
    from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Page

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SOON_S = 30.0
# A request that has all its signatures, whether the worker has come to it or not.
SIGNED = re.compile("Signed, being carried out|Carried out")
T = TypeVar("T")


@dataclass
class Rooms:
    """Where people sit down: each signs in once in a run, and has a new browser for each journey."""

    chromium: "Browser"
    brand: Brand
    kept: dict[str, Any] = field(default_factory=dict)
    open: list[tuple["BrowserContext", list[str]]] = field(default_factory=list)

    def sit(self, who: str, path: str = "", *, phone: bool = False, **how: Any) -> "Page":
        """Somebody of the staff at a page of the console, or at an address."""
        page = self.page(phone=phone, storage_state=self.signed_in(who), **how)
        page.goto(path if path.startswith("http") else self.brand.console + path)
        return page

    def member(self, cookie: tuple[str, str], path: str = "", **how: Any) -> "Page":
        """A member at a page of the app, on the phone on which they are signed in."""
        page = self.page(phone=True, **how)
        self.keep(page, cookie)
        page.goto(f"{self.brand.app}{path}")
        return page

    def keep(self, page: "Page", cookie: tuple[str, str]) -> None:
        """Have a browser keep a cookie, if it is one."""
        name, value = cookie
        if name:
            page.context.add_cookies([{"name": name, "value": value, "url": self.brand.url}])

    def page(self, *, phone: bool = False, **how: Any) -> "Page":
        """A new browser with nothing in it."""
        options: dict[str, Any] = {
            "viewport": PHONE if phone else DESK,
            "locale": "en-GB",
            "has_touch": phone,
        } | how
        context = self.chromium.new_context(**options)
        said: list[str] = []
        self.open.append((context, said))
        page = context.new_page()
        listen(page, self.brand.url, said)
        return page

    @contextmanager
    def alone(self, **how: Any) -> "Iterator[Page]":
        """A browser for the length of a block, of whose complaints nobody asks."""
        options: dict[str, Any] = {"viewport": DESK, "locale": "en-GB"} | how
        context = self.chromium.new_context(**options)
        try:
            yield context.new_page()
        finally:
            context.close()

    def close(self) -> None:
        """Close all that a journey opened; a browser that complained fails it."""
        for context, _ in self.open:
            context.close()
        said = [line for _, lines in self.open for line in lines]
        self.open.clear()
        assert said == []

    def request_of(self, who: str) -> "APIRequestContext":
        """Ask as somebody of the staff without a page."""
        context = self.chromium.new_context(storage_state=self.signed_in(who))
        self.open.append((context, []))
        return context.request

    def signed_in(self, who: str) -> Any:
        """What the browser of somebody of the staff keeps; the demo's own people are among them."""
        if who not in self.kept:
            context = self.chromium.new_context(locale="en-GB")
            page = context.new_page()
            page.goto(f"{self.brand.url}/account/sign-in")
            own = who in PEOPLE
            page.fill("#email", PEOPLE[who].email if own else STAFF[who].email)
            page.fill("#password", PASSWORD if own else self.brand.house.password)
            page.click("form button")
            page.wait_for_url(lambda url: "/account/" not in url)
            self.kept[who] = context.storage_state()
            context.close()
        return self.kept[who]


def listen(page: "Page", own: str, said: list[str]) -> None:
    """Note what a browser complains of, and whatever it asks of others."""

    def told(message: Any) -> None:
        # A page that answers 404 or 422 is no fault of itself: the browser logs each of these.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            said.append(f"{page.url}: {message.text}")

    page.on("console", told)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((own, "data:", "blob:")) else said.append(asked.url),
    )


def faults_of(page: "Page") -> list[str]:
    """What axe finds wrong, with the first element of each."""
    # Evaluated by the browser's own debugger, so the page's policy stays as strict as it is.
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


STANDING_OUT = """[...document.querySelectorAll("main *")].filter(each => {
  const box = each.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 1 || box.left < -1);
}).slice(-3).map(each => each.outerHTML.slice(0, 200))"""


def sideways(page: "Page", widths: Sequence[int]) -> list[str]:
    """At which widths the page itself scrolls sideways, and what stands out there."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{width}: {page.evaluate(STANDING_OUT)}")
    return found


def until(asked: Callable[[], T], within_s: float = SOON_S) -> T:
    """What is asked for, as soon as it is there."""
    ends = time.monotonic() + within_s
    while not (found := asked()):
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.1)
    return found
