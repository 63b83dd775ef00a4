"""Finding by keyboard alone: opened, typed into, walked and left, in both scripts and themes."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.console.conftest import Console
from tests.web.console.test_in_a_browser import SOON_MS, address, faults_of, opened

from guerdon.values.ids import show

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["address"]
ADA = show("mem", 7)
# Where pictures go, for whoever wants to look.
PICTURES = os.environ.get("GUERDON_PICTURES")


def focused(page: "Page") -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))


def found(page: "Page", text: str) -> list[str]:
    """Type it, wait until it is answered, and give what is offered."""
    page.keyboard.type(text)
    page.wait_for_selector(f'#find [data-about="{text}"] [data-answer]', timeout=SOON_MS)
    return [name.strip() for name in page.locator("#find li a span").all_inner_texts()]


def test_finding_by_keyboard_alone(console: Console, address: str, chromium: "Browser") -> None:
    context, page, said = opened(chromium, address, locale="en", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}{console.home}budgets")
    page.locator(".filters summary").first.focus()
    page.keyboard.press("Control+k")
    assert page.locator("#find").is_visible()
    assert focused(page) == "q"
    assert found(page, "re")[:1] == ["Referrals"]
    assert page.inner_text("#find [role=status]").endswith("found")
    # The first is opened by Enter, the others are walked to.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = focused(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "q"
    assert second.startswith("Rewards")
    page.keyboard.press("Escape")
    assert not page.locator("#find").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    # Typing on while on a line goes on in the field, and Enter does not wait for the answer to be there.
    page.keyboard.press("Meta+k")
    assert found(page, "ledge") == ["Ledger"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("r")
    assert page.input_value("#find input[name=q]") == "ledger"
    page.keyboard.press("Enter")
    page.wait_for_url("**/ledger", timeout=SOON_MS)
    page.keyboard.press("Control+k")
    page.keyboard.type(ADA)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/members/{ADA}", timeout=SOON_MS)
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing is called like this")
    page.wait_for_selector("#find .empty", timeout=SOON_MS)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+k")
    assert not page.locator("#find").is_visible()
    assert page.url.endswith(ADA)
    assert said == []
    context.close()


def test_what_cannot_be_asked_is_said_and_enter_tries_again(
    console: Console, address: str, chromium: "Browser"
) -> None:
    context, page, _ = opened(chromium, address, locale="en", viewport={"width": 1440, "height": 900})
    page.goto(f"{address}{console.home}owed")
    page.route("**/find", lambda route: route.abort())
    page.keyboard.press("Control+k")
    page.keyboard.type("budg")
    page.locator("#find [data-found]", has_text="It cannot be looked for just now.").wait_for(timeout=SOON_MS)
    page.unroute("**/find")
    page.keyboard.press("Enter")
    page.wait_for_url("**/budgets", timeout=SOON_MS)
    context.close()


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [
        ("en", "light", 1440),
        ("en", "dark", 1440),
        ("en", "light", 390),
        ("ar", "dark", 390),
        ("ar", "light", 1440),
    ],
)
def test_what_is_found_is_accessible_and_fits(
    console: Console, address: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    context, page, said = opened(
        chromium,
        address,
        locale=language,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
        has_touch=width < 820,
    )
    page.goto(f"{address}{console.home}members")
    opener = page.locator("[data-find]:visible")
    assert opener.count() == 1
    opener.click()
    assert faults_of(page) == []
    found(page, "e" if language == "en" else "ال")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#find").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"find-{language}-{theme}-{width}.png")
        page.keyboard.press("Escape")
        page.locator(".tabbar details summary:visible, .filters details summary:visible").last.click()
        page.screenshot(path=Path(PICTURES) / f"menu-{language}-{theme}-{width}.png")
        page.goto(f"{address}{console.home}find")
        page.fill("#q", "re")
        page.keyboard.press("Enter")
        page.wait_for_selector(".hits a")
        page.screenshot(path=Path(PICTURES) / f"page-{language}-{theme}-{width}.png")
    assert said == []
    context.close()


def test_without_script_the_link_leads_to_a_page_that_finds(
    console: Console, address: str, chromium: "Browser"
) -> None:
    context, page, _ = opened(
        chromium, address, java_script_enabled=False, locale="en", viewport={"width": 1440, "height": 900}
    )
    page.goto(f"{address}{console.home}owed")
    page.click(".sidebar [data-find]")
    page.fill("#q", "ada@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/members/{ADA}", timeout=SOON_MS)
    assert "ada" not in page.url
    context.close()
