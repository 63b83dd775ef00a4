"""Pictures of items on a phone: loaded late, as they are needed, and nothing moves when they come."""

from typing import TYPE_CHECKING

import pytest
from examples.catalog import drawn
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_claim_page import ready
from tests.web.member.test_in_a_browser import PHONE, address, faults_of, sideways

from guerdon.engine.catalog.images import image_of
from guerdon.store.catalog.images import ImageRow, record_images
from guerdon.values.clock import utc_now

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]
# What moved of a page without anybody's doing, as a part of what is seen.
MOVED = """
    new Promise(done => {
      let sum = 0;
      new PerformanceObserver(list => list.getEntries().forEach(each => { sum += each.value; }))
        .observe({type: "layout-shift", buffered: true});
      setTimeout(() => done(sum), 300);
    })
"""


def picture(shop: Shop, key: str, name: str) -> str:
    """Put an item on sale that shows a picture; its public id."""
    image = image_of(drawn()[name])
    itm = shop.put(key)
    with shop.house.working() as tx:
        record_images(tx, shop.house.program_id, [ImageRow(image.hash, image.type, image.bytes)], utc_now())
        tx.execute("update catalog_items set image = %s where key = %s", (image.hash, key))
    return itm


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_is_shown_in_the_list_and_on_its_page_and_moves_nothing(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser", theme: str
) -> None:
    names = sorted(drawn())
    itms = [picture(shop, f"giftly:card{n}", names[n * 9]) for n in range(9)]
    link = door.link(7, ready(house))
    context = chromium.new_context(
        viewport={"width": 390, "height": 780},
        device_scale_factor=2,
        user_agent=PHONE,
        color_scheme=theme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    for path, wanted, box in (
        (f"{link}/catalog", "img.thumb", (48, 48)),
        (f"{link}/catalog/{itms[0]}", "img.picture", (0, 140)),
    ):
        page.goto(f"{address}{path}", wait_until="networkidle")
        shown = page.locator(wanted)
        assert shown.count() >= 1
        first = shown.first
        first.scroll_into_view_if_needed()
        assert first.evaluate("img => img.decode().then(() => img.naturalWidth)") == 896
        # Its name stands beside it, so it says nothing of its own.
        assert first.get_attribute("alt") == ""
        assert first.get_attribute("width")
        assert first.get_attribute("height")
        room = first.bounding_box()
        assert room is not None
        if box[0]:
            assert first.get_attribute("loading") == "lazy"
            assert (round(room["width"]), round(room["height"])) == box
        else:
            assert room["width"] / room["height"] == pytest.approx(358 / 140, rel=0.02)
        assert page.evaluate(MOVED) < 0.01
        assert not sideways(page)
        assert faults_of(page) == []
    context.close()
