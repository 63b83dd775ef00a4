"""A member's page, who they are, and requests about data, in both scripts, both themes, and two widths."""

from typing import TYPE_CHECKING, Any

import pytest
from tests.furnishing import Furnishing
from tests.redeem.house import FURNISHING
from tests.web.console.conftest import Console
from tests.web.console.members.conftest import HOSTILE
from tests.web.console.test_in_a_browser import VARIANTS, address, faults_of, opened

from guerdon.queries.timeline.entries import KINDS
from guerdon.store.audit import record_audit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]

MEMBER = show("mem", 7)
PATH = f"members/{MEMBER}"
ROUTES = (PATH, *(f"{PATH}?kind={kind}" for kind in KINDS), f"{PATH}/unmask", "requests", "cases")


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the console's own house."""
    return FURNISHING


def furnish(console: Console) -> None:
    """What a member said, what was done for them, and what they ask, in words that are long and hostile."""
    house, now = console.house, utc_now()
    with house.working() as tx:
        for number, what in enumerate(("given", "withdrawn"), 1):
            tx.execute(
                """
                insert into consents (program_id, member_id, id, topic, channel, what, method, actor,
                                      version, language, text_sha, source, happened_at, recorded_at)
                values (%s, 7, %s, 'news', 'email', %s, 'page', 'mem', 1, 'de', sha256('x'), '', %s, %s)
                """,
                (house.program_id, number, what, now, now),
            )
        record_audit(
            tx, house.program_id, show("per", 1), "member.looked_up", MEMBER, now, reason=HOSTILE + "A" * 60
        )
    with house.opens(None)() as tx:
        tx.execute(
            """
            insert into data_requests (program_id, member_id, kind, came_by, asked_on, recorded_by,
                                       recorded_at)
            select %s, 7, kind, 'in_person', current_date - days, 'per_a', now()
            from (values ('access', 45), ('correction', 2)) as asked (kind, days)
            """,
            (house.program_id,),
        )
        record_audit(tx, house.program_id, "test", "data_request.begun", MEMBER, now)


@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_it_is_accessible_and_fits(
    console: Console,
    address: str,
    chromium: "Browser",
    language: str,
    theme: Any,
    width: int,
) -> None:
    furnish(console)
    context, page, said = opened(
        chromium, address, locale=language, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    for route in ROUTES:
        page.goto(f"{address}{console.home}{route}")
        assert faults_of(page) == [], route
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), route
    # The menu of acts opens by keyboard, and closes again.
    page.goto(f"{address}{console.home}{PATH}")
    page.focus("details.menu[name=act] summary")
    page.keyboard.press("Enter")
    assert page.is_visible("details.menu[name=act] a")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Who it is, is shown once: the page that one comes back to has it masked again.
    page.goto(f"{address}{console.home}{PATH}/unmask")
    page.select_option("#why", "asked")
    page.fill("#reason", "She called")
    page.click("form.act button")
    page.wait_for_selector("p.banner[role=status]")
    assert "Ada Lovelace" in page.inner_text("main")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("p.banner[role=status] a")
    page.wait_for_url(f"**/{PATH}*")
    assert "Lovelace" not in page.inner_text("main")
    assert said == []
    context.close()
