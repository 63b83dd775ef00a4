"""Drawing: one browser, a context for each person and variant, and a picture of each page they reach."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from guerdon.cli.demo.house import DemoHouse, tell
from guerdon.cli.installation import Refused
from guerdon.cli.screens.finding import Found, Page, file_name, find_pages
from guerdon.cli.screens.speaking import retell
from guerdon.cli.screens.walks import Walk
from guerdon.web.routes import ROUTES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, StorageState
    from playwright.sync_api import Page as Tab

HEIGHT_PX = 900
# The whole of a page, unless it has no end.
TALLEST_PX = 6_000
LINK = re.compile(r"""<a\b[^>]*?\bhref="([^"]*)\"""")
# What is read in once it comes into view is there before the picture is taken, and what is live says so.
SETTLED = """async () => {
  for (const each of document.images) each.loading = "eager";
  for (let n = 0; n < 20 && document.querySelector("#live:not([data-state])"); n++)
    await new Promise(then => setTimeout(then, 100));
  await document.fonts.ready;
  await Promise.all([...document.images].map(each => each.decode().catch(() => {})));
}"""


@dataclass(frozen=True, slots=True)
class Variant:
    """How somebody looks at pages."""

    language: str
    theme: Literal["light", "dark"]
    width_px: int

    @property
    def name(self) -> str:
        """As it ends the name of a picture."""
        return f"{self.language}.{self.theme}.{self.width_px}"


PHONE = Variant("en", "light", 390)
VARIANTS = (Variant("en", "light", 1440), Variant("de", "dark", 1440), Variant("ar", "light", 1440), PHONE)


@dataclass(slots=True)
class Album:
    """Pictures that were made, `console-members.en.light.1440.png`, and rows of which no page was found."""

    opened: "Browser"
    house: DemoHouse
    folder: Path
    # Only pages whose name has this in it.
    only: str = ""
    made: int = 0
    missing: list[str] = field(default_factory=list)

    def wants(self, *names: str) -> bool:
        """Whether pages that are called like this may be asked for."""
        return not self.only or any(self.only in name or name in self.only for name in names)

    def draw(self, walks: Sequence[Walk]) -> None:
        """Draw what each of them reaches; who comes later is asked for what those before may not see."""
        self.folder.mkdir(parents=True, exist_ok=True)
        left = walks[0].rows
        for walk in walks:
            left = self._draw(replace(walk, rows=left), walk.rows)
        self.missing += left

    def _draw(self, walk: Walk, through: Sequence[str]) -> tuple[str, ...]:
        tell(f"following the links of {walk.name} ...")
        with self.browsing(walk) as tab:
            found = _pages_of(tab, walk.base_url or self.house.base_url, walk, through)
            kept = tab.context.storage_state()
        shown = {file_name(row): path for row, path in found.pages.items()} | dict(walk.also)
        named = {name: path for name, path in shown.items() if self.only in name}
        tell(f"{len(named)} pages of {walk.name} ...")
        for variant in VARIANTS if named else ():
            if walk.member_id:
                retell(self.house, [walk.member_id], language=variant.language)
            with self.browsing(walk, variant, kept) as tab:
                self._draw_each(tab, walk, variant, named)
        return tuple(found.missing)

    def _draw_each(self, tab: "Tab", walk: Walk, variant: Variant, named: Mapping[str, str]) -> None:
        base_url = walk.base_url or self.house.base_url
        for name, path in named.items():
            tab.goto(base_url + path)
            _take(tab, self.folder / f"{name}.{variant.name}.png", variant.width_px)
            self.made += 1

    @contextmanager
    def browsing(
        self, walk: Walk | None = None, variant: Variant = VARIANTS[0], kept: "StorageState | None" = None
    ) -> "Iterator[Tab]":
        """A tab for the length of a block: of somebody who is signed in, with what their browser `kept`."""
        context = self.opened.new_context(
            locale=variant.language,
            color_scheme=variant.theme,
            viewport={"width": variant.width_px, "height": HEIGHT_PX},
            reduced_motion="reduce",
            storage_state=kept,
        )
        try:
            tab = context.new_page()
            if walk is not None and kept is None:
                url = walk.base_url or self.house.base_url
                context.add_cookies(
                    [{"name": name, "value": value, "url": url} for name, value in walk.cookies.items()]
                )
                if walk.email:
                    self._sign_in(tab, walk.email)
            yield tab
        finally:
            context.close()

    def _sign_in(self, tab: "Tab", email: str) -> None:
        tab.goto(f"{self.house.base_url}/account/sign-in")
        tab.fill("#email", email)
        tab.fill("#password", self.house.password)
        with tab.expect_navigation():
            tab.click("form:has(#password) button")
        if tab.locator("#password").count():
            raise Refused(f"{email} could not sign in")


def _pages_of(tab: "Tab", base_url: str, walk: Walk, through: Sequence[str]) -> Found:
    def look(path: str) -> Page:
        answer = tab.context.request.get(base_url + path)
        if not (answer.ok and answer.headers.get("content-type", "").startswith("text/html")):
            return Page(is_page=False)
        # As they stand in the page: what script adds are no other pages.
        links = (urljoin(base_url + path, unescape(link)) for link in LINK.findall(answer.text()))
        ours = [link.removeprefix(base_url) for link in links if link.startswith(base_url + "/")]
        return Page(is_page=True, links=ours)

    return find_pages(tuple(ROUTES), walk.rows, walk.begins, look, through)


def _take(tab: "Tab", path: Path, width_px: int) -> None:
    """Take a picture of a whole page, as in a window of its height: what stays in view stands at its end."""
    tab.evaluate(SETTLED)
    height: int = tab.evaluate("() => document.documentElement.scrollHeight")
    tab.set_viewport_size({"width": width_px, "height": min(max(height, HEIGHT_PX), TALLEST_PX)})
    tab.screenshot(path=path)
    tab.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
