"""A page says that it was opened once it was in view for a moment; without a script it says nothing."""

from typing import TYPE_CHECKING

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door
from tests.web.member.test_claim_page import ready
from tests.web.member.test_in_a_browser import address
from tests.web.member.test_opened import states, told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]
LONGER_MS = 2_500


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_in_view_says_so_after_a_moment(
    house: House, door: Door, address: str, chromium: "Browser", *, scripts: bool
) -> None:
    reward = ready(house)
    told(house, reward)
    page = chromium.new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{address}{door.link(7, reward)}")
    assert states(house) == [("sent", False)]
    page.wait_for_timeout(LONGER_MS)
    assert states(house) == [("opened", True)] * scripts + [("sent", False)] * (not scripts)
    page.context.close()


def test_a_page_that_was_left_at_once_says_nothing(
    house: House, door: Door, address: str, chromium: "Browser"
) -> None:
    reward = ready(house)
    told(house, reward)
    page = chromium.new_page()
    page.goto(f"{address}{door.link(7, reward)}")
    page.goto("about:blank")
    page.wait_for_timeout(LONGER_MS)
    assert states(house) == [("sent", False)]
    page.close()
