"""Whoever answers for money: finance, the head of customer experience, the head of dealer relations."""

from typing import TYPE_CHECKING

from tests.journeys.browser import SIGNED, Rooms
from tests.journeys.house import NEXT_DOOR, Brand, Member
from tests.journeys.routes import bring_statement

if TYPE_CHECKING:
    from playwright.sync_api import Page

BALANCE = "select coalesce(sum(remaining), 0) from rewards where member_id = %(m)s and state = 'ready'"


def ask_adjustment(page: "Page", member: Member, amount: str, why: str) -> str:
    """Ask for value by hand, from the member's own page; the number of the request."""
    page.locator("summary", has_text="Act").click()
    page.get_by_role("link", name="Give or take value").click()
    form = page.locator("form", has=page.locator("#adjustment-amount"))
    assert page.input_value("#adjustment-member") == member.number
    form.get_by_label("Amount, less with a minus").fill(amount)
    form.get_by_label("Why").fill(why)
    form.get_by_role("button", name="Ask for this adjustment").click()
    page.get_by_text("What exactly will happen").wait_for()
    return page.url.rpartition("/")[2].partition("?")[0]


def test_finance_declines_with_a_reason_and_nothing_moves(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Dora Declined")
    asking = rooms.sit("finance", f"members/{member.number}")
    request = ask_adjustment(asking, member, "75.00", "A second test drive")
    page = rooms.sit("another of finance")
    page.get_by_role("link", name="Decisions").first.click()
    page.locator("tr", has_text=member.number).get_by_role("link").first.click()
    assert "Give a member €75 by hand." in page.inner_text("h2.answer")
    page.locator("summary", has_text="Reject").click()
    page.locator("#reason-reject").fill("The drive is not in the books")
    page.get_by_role("button", name="Reject").click()
    page.get_by_text("The drive is not in the books").first.wait_for()
    asking.reload()
    assert "The drive is not in the books" in asking.inner_text("main")
    assert brand.rows("select state from requests where id = %(r)s", r=brand.id(request)) == [("rejected",)]
    assert brand.rows(BALANCE, m=member.id) == [(0,)]


def test_who_asks_never_signs_and_who_signs_gives(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Sina Signed")
    asking = rooms.sit("finance", f"members/{member.number}")
    request = ask_adjustment(asking, member, "40.00", "Late delivery")
    # What they asked for themselves has no button for them.
    assert asking.get_by_role("button", name="Approve €40").count() == 0
    assert asking.get_by_role("button", name="Take it back").is_visible()
    page = rooms.sit("another of finance", f"decisions/{request}")
    page.get_by_role("button", name="Approve €40").click()
    page.get_by_text(SIGNED).first.wait_for()
    assert brand.eventually(
        "select coalesce(sum(remaining), 0) from rewards where member_id = %(m)s and state = 'ready'"
        " having sum(remaining) > 0",
        m=member.id,
    ) == (4_000,)
    page.goto(f"{brand.console}members/{member.number}")
    assert "€40 still to spend" in page.inner_text("h2.answer")


def test_of_two_who_look_at_one_request_the_second_is_told_who_was_first(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Tom Twice")
    asking = rooms.sit("finance", f"members/{member.number}")
    request = ask_adjustment(asking, member, "15.00", "Twice looked at")
    first = rooms.sit("another of finance", f"decisions/{request}")
    stale = rooms.sit("another of finance", f"decisions/{request}")
    first.get_by_role("button", name="Approve €15").click()
    first.get_by_text(SIGNED).first.wait_for()
    stale.locator("summary", has_text="Reject").click()
    stale.locator("#reason-reject").fill("Too late")
    stale.get_by_role("button", name="Reject").click()
    stale.locator("[role=alert]").wait_for()
    assert "Fritz Nance approved it" in stale.inner_text("[role=alert]")


def test_finance_brings_a_statement_and_settles_what_differs(brand: Brand, rooms: Rooms) -> None:
    page = rooms.sit("finance", "reconciliation")
    bring_statement(page, "T-settled")
    page.get_by_role("row", name="T-settled").or_(page.locator("tr", has_text="T-settled")).get_by_role(
        "link"
    ).first.click()
    page.get_by_label("What was done").select_option(index=0)
    page.get_by_label("Amount").fill("25.00")
    page.get_by_label("Why").fill("Their own test order")
    page.get_by_role("button", name="Settle").click()
    page.get_by_text("Their own test order").wait_for()
    question = "select state, reason from order_differences where subject = 'T-settled'"
    assert brand.rows(question) == [("settled", "Their own test order")]


def test_finance_reads_what_is_owed_down_to_one_transfer(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Olga Owed")
    brand.reward_of(member)
    page = rooms.sit("finance", "owed")
    assert "owed" in page.inner_text("main").lower()
    page.get_by_role("link", name="Ledger").first.click()
    page.locator("tbody a[href*='/ledger/trf_']").first.click()
    page.locator("h1").wait_for()
    assert "/ledger/trf_" in page.url
    assert "€" in page.inner_text("main")


def test_dealer_relations_finds_who_needs_a_call_and_tops_up(brand: Brand, rooms: Rooms) -> None:
    free = "select posted from accounts where name = %(a)s"
    account = f"budget:dealers:{NEXT_DOOR}"
    before = brand.rows(free, a=account)[0][0]
    page = rooms.sit("network", f"{brand.url}/console/")
    row = page.locator("tbody tr", has_text="Hamburg Altona")
    assert "100%" in row.inner_text()
    row.get_by_role("link", name="Hamburg Altona").click()
    page.get_by_role("link", name="Top up").click()
    page.get_by_label("Amount in EUR").fill("200.00")
    page.get_by_label("Why").fill("Winter wheels began early")
    page.get_by_role("button", name="Ask for this move").click()
    page.get_by_text("What exactly will happen").wait_for()
    asked = page.url
    assert page.get_by_role("button", name="Approve").count() == 0
    signing = rooms.sit("finance", asked)
    signing.get_by_role("button", name="Approve").click()
    signing.get_by_text(SIGNED).first.wait_for()
    after = brand.eventually(f"{free} and posted <> %(b)s", a=account, b=before)[0]
    assert abs(after - before) == 20_000
    page.goto(f"{brand.console}budgets/dealers:{NEXT_DOOR}")
    assert "€200" in page.inner_text("h2.answer")


def test_the_head_of_customer_experience_asks_where_and_opens_the_rows(brand: Brand, rooms: Rooms) -> None:
    page = rooms.sit("vp", f"{brand.url}/console/")
    everywhere = page.inner_text("#answer")
    assert "in rewards reached" in everywhere
    page.locator(".filters summary").first.click()
    page.locator(".filters .popover").get_by_text("Italy").click()
    page.wait_for_url("**market=IT**")
    assert page.inner_text("#answer") != everywhere
    page.get_by_role("link", name="Rewards", exact=True).first.click()
    page.wait_for_url("**market=IT**")
    assert set(page.locator("td[data-label=Market]").all_inner_texts()) == {"Italy"}
