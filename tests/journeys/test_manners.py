"""What everybody does by accident: twice, back, too late, without a mouse; and lists that are kept."""

import csv
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from tests.journeys.browser import Rooms
from tests.journeys.house import HERE, PASSWORD, PEOPLE, Brand
from tests.journeys.routes import claim_of

ASKED = "select count(*) from requests where beneficiary = %(m)s"


def test_a_double_click_asks_once_and_so_does_going_back(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Dub Le", location=HERE)
    page = rooms.sit("care", f"decisions/new?act=reward&member={member.number}")
    form = page.locator("form", has=page.locator("#reward-member"))
    form.get_by_label("Reward for").select_option("test_drive")
    form.get_by_label("Why").fill("Clicked twice")
    form.get_by_role("button", name="Ask for this reward").dblclick()
    page.get_by_text("What exactly will happen").wait_for()
    assert brand.rows(ASKED, m=member.id) == [(1,)]
    page.go_back()
    page.go_forward()
    page.reload()
    assert brand.rows(ASKED, m=member.id) == [(1,)]


def test_a_member_who_taps_twice_has_one_order(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Tap Tap")
    page = rooms.page(phone=True)
    page.goto(f"{brand.url}{claim_of(brand, member)}/catalog")
    page.locator(".pick").first.tap()
    page.locator(".take button").first.dblclick()
    page.wait_for_url("**/orders/ord_*")
    page.go_back()
    page.locator("h1").wait_for()
    assert brand.rows("select count(*) from orders where member_id = %(m)s", m=member.id) == [(1,)]


def test_a_list_is_narrowed_kept_found_again_and_taken_away(
    brand: Brand, rooms: Rooms, tmp_path: Path
) -> None:
    page = rooms.sit("loyalty", "members")
    page.locator(".filters summary").first.click()
    page.locator(".filters .popover").get_by_text("Germany").click()
    page.wait_for_url("**market=DE**")
    page.locator(".filters summary", has_text="Views").click()
    page.get_by_label("Name of this view").fill("Our Germans")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.goto(f"{brand.console}members")
    page.locator(".filters summary", has_text="Views").click()
    page.locator(".filters").get_by_role("link", name="Our Germans").click()
    page.wait_for_url("**market=DE**")
    german = brand.rows("select count(*) from members where market = 'DE'")[0][0]
    page.locator(".filters summary", has_text="Download").click()
    for kind in ("CSV", "XLSX"):
        with page.expect_download() as taken:
            page.locator(".filters").get_by_role("link", name=kind).click()
        file = tmp_path / f"members.{kind.lower()}"
        taken.value.save_as(file)
    with (tmp_path / "members.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.reader(text))
    assert len(rows) - 1 == german
    assert {"DE"} == {cell for row in rows[1:] for cell in row if cell in brand.program.markets}
    with ZipFile(BytesIO((tmp_path / "members.xlsx").read_bytes())) as book:
        assert "xl/worksheets/sheet1.xml" in book.namelist()


def test_a_day_of_care_without_a_mouse(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Key Board", location=HERE)
    page = rooms.sit("care", "decisions")
    page.keyboard.press("Control+k")
    page.keyboard.type(member.number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/members/{member.number}")
    page.locator("summary", has_text="Act").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/decisions/new**")
    page.locator("#reward-member").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("25.00")
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard alone")
    page.keyboard.press("Enter")
    page.get_by_text("What exactly will happen").wait_for()
    assert brand.rows(ASKED, m=member.id) == [(1,)]


def test_a_sign_out_in_one_tab_ends_the_other(brand: Brand, rooms: Rooms) -> None:
    page = rooms.page()
    page.goto(f"{brand.url}/account/sign-in")
    page.fill("#email", PEOPLE["renewals"].email)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/console/**")
    other = page.context.new_page()
    other.goto(f"{brand.console}members")
    page.locator(".account summary").click()
    page.locator(".account").get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    other.reload()
    assert "/account/sign-in" in other.url
    assert "next=" in other.url
