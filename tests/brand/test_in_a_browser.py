"""Two brands of one program on a phone: the colors are those that were mended, and all of it can be read."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.app.conftest import App
from tests.app.test_in_a_browser import eventually, signed_in
from tests.redeem.house import House
from tests.web.console.conftest import Console
from tests.web.console.test_in_a_browser import opened
from tests.web.member.conftest import Door
from tests.web.member.test_in_a_browser import WIDTHS, faults_of, sideways

from guerdon.program.brand.mending import Theme, mend
from guerdon.values.clock import utc_now
from guerdon.web.brands.serving import marks_of
from guerdon.web.brands.sheets import place_of, sheet_address

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

    Browser = Any


def shown(page: "Page", selector: str, what: str) -> str:
    """A color of an element as the browser has it, as hex; a length as it is."""
    found = str(
        page.evaluate("([at, what]) => getComputedStyle(document.querySelector(at))[what]", [selector, what])
    )
    if not found.startswith("rgb("):
        return found
    return "#" + "".join(f"{int(part):02x}" for part in found[4:-1].split(","))


def seen_logos(page: "Page") -> list[str]:
    """The logos that are in view at the head of a page, each of them drawn."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll("header.brand .logo")]
            .filter((logo) => logo.checkVisibility() && logo.complete && logo.naturalWidth > 0)
            .map((logo) => new URL(logo.src).pathname)"""
        )
    )


def logo_of(house: House, market: str, theme: Theme) -> str:
    """Where the logo of a market for a theme lies."""
    marks = marks_of(house.program.brand.of(market), place_of(house.program))
    return marks["brand_logo_dark" if theme == "dark" else "brand_logo"]


def pictured(page: "Page", name: str) -> None:
    """Keep a picture, for whoever asks for it by a folder."""
    folder = os.environ.get("GUERDON_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")]
)
def test_a_member_sees_the_brand_of_their_market(
    app: App, door: Door, address: str, chromium: "Browser", language: str, theme: Theme
) -> None:
    house = app.house
    house.stock_everything()
    for member, market in ((7, "IT"), (8, "FR")):
        house.enroll(member, market, language)
        app.tell(member)
    links = {
        "IT": door.link(7, house.reward(7, at=utc_now())),
        "FR": door.link(8, house.reward(8, at=utc_now())),
    }
    corners = {"IT": "7.2px", "FR": "18px"}
    page = signed_in(app, address, chromium, color_scheme=theme, locale=language)
    seen = {}
    for market, path in (
        ("IT", app.base),
        ("IT", f"{app.base}/you"),
        ("IT", links["IT"]),
        ("FR", links["FR"]),
    ):
        page.goto(f"{address}{path}")
        tokens = mend(house.program.brand.of(market).looks).tokens[theme]
        assert shown(page, "body", "backgroundColor") == tokens["canvas"], path
        assert shown(page, "body", "color") == tokens["ink"], path
        if page.locator(".voucher").count():
            assert shown(page, ".voucher .top strong", "color") == tokens["foil"]
            assert shown(page, ".voucher", "borderRadius") == corners[market]
        assert faults_of(page) == [], path
        assert not sideways(page)
        assert seen_logos(page) == [logo_of(house, market, theme)], path
        pictured(page, f"{market}-{path.strip('/').partition('/')[0]}-{path.count('/')}-{language}-{theme}")
        seen[market] = tokens
    assert seen["IT"] != seen["FR"]
    page.goto(f"{address}{app.base}")
    assert shown(page, ".deeds .button", "backgroundColor") == seen["IT"]["fill"]
    eventually(page, app, wanted=True)
    # Without a network the page still has its colors.
    page.context.set_offline(True)
    page.goto(f"{address}{app.base}/activity")
    assert page.locator("#kept").is_visible()
    assert sheet_address(house.program, "IT") in page.content()
    assert shown(page, "body", "backgroundColor") == seen["IT"]["canvas"]
    assert seen_logos(page) == [logo_of(house, "IT", theme)]
    page.context.close()


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1440), ("ar", "dark", 390)])
def test_the_page_of_staff_shows_both_themes(
    console: Console, front: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    size: ViewportSize = {"width": width, "height": 900}
    context, page, said = opened(chromium, front, locale=language, color_scheme=theme, viewport=size)
    for market in ("", "IT", "DE"):
        page.goto(f"{front}{console.home}brand?market={market}")
        tokens = mend(console.house.program.brand.of(market).looks).tokens
        for each in ("light", "dark"):
            at = f'.specimen[data-theme="{each}"]'
            assert shown(page, at, "backgroundColor") == tokens[each]["canvas"]
            assert shown(page, f"{at} .deed", "backgroundColor") == tokens[each]["fill"]
            assert shown(page, f"{at} .top strong", "color") == tokens[each]["foil"]
        # The page itself is no member's: it keeps the colors of the console.
        assert shown(page, "body", "backgroundColor").endswith(" 222)")
        assert faults_of(page) == [], market
        pictured(page, f"console-{market}-{language}-{theme}")
        for wide in WIDTHS:
            page.set_viewport_size({"width": wide, "height": 900})
            assert not sideways(page), (market, wide)
        page.set_viewport_size(size)
    assert said == []
    context.close()
