"""Lists that say what is new, as a browser has them: one stream for all its tabs, and no row moves."""

from typing import TYPE_CHECKING

from tests.web.console.conftest import Console
from tests.web.console.test_arriving import noted
from tests.web.console.test_in_a_browser import SOON_MS, address, faults_of, opened

from guerdon.values.clock import utc_now

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Of the other file, by which it is served.
__all__ = ["address"]


def top_of(page: "Page") -> tuple[float, str]:
    """Where the first row of a list stands, and what it says."""
    row = page.locator("main tbody tr").first
    box = row.bounding_box()
    assert box is not None
    return box["y"], row.inner_text()


def test_all_tabs_of_a_browser_share_one_stream(
    console: Console,
    address: str,
    chromium: "Browser",
) -> None:
    context, first, said = opened(chromium, address, locale="en-GB", viewport={"width": 1440, "height": 900})
    asked: list[tuple[Page, str]] = []
    context.on(
        "request",
        lambda each: asked.append((each.frame.page, each.url)) if "/stream?" in each.url else None,
    )
    first.goto(f"{address}{console.home}ledger")
    first.wait_for_selector("#live[data-state=on]", timeout=SOON_MS)
    second = context.new_page()
    second.goto(f"{address}{console.home}audit")
    second.wait_for_selector("#live[data-state=on]", timeout=SOON_MS)
    # The first tab asks for both.
    assert {page for page, _ in asked} == {first}
    assert asked[-1][1].count("each=") == 2
    before = top_of(first), top_of(second)
    first.hover("main tbody tr")
    console.house.reward(8, at=utc_now())
    noted(console)()
    for page in (first, second):
        page.locator("#fresh a", has_text="new").wait_for(timeout=SOON_MS)
        assert faults_of(page) == []
    assert (top_of(first), top_of(second)) == before
    # Whoever led is gone: the other one goes on.
    first.close()
    second.wait_for_function("document.getElementById('fresh').textContent.trim() !== ''")
    had = second.inner_text("#fresh")
    noted(console, 3)()
    second.wait_for_function(
        "(had) => document.getElementById('fresh').textContent.trim() !== had", arg=had, timeout=SOON_MS
    )
    assert {page for page, _ in asked} == {first, second}
    # By keyboard, from the label to what is new.
    second.focus("#fresh a")
    second.keyboard.press("Enter")
    second.wait_for_url(f"{address}{console.home}audit")
    second.wait_for_selector("#live[data-state=on]", timeout=SOON_MS)
    assert second.inner_text("#fresh") == ""
    assert top_of(second)[1] != before[1][1]
    assert said == []
    context.close()
