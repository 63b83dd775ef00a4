"""Dealers on their phones: a code is taken, a visit confirmed, the budget looked at; and nobody else's."""

from tests.journeys.browser import Rooms
from tests.journeys.house import HERE, NEXT_DOOR, Brand

EARNED = "select sum(value) from rewards where member_id = %(m)s and rule = 'wheels'"


def test_the_manager_takes_a_code_and_confirms_a_visit(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Vic Visit", location=HERE)
    _, digits = brand.phone(member)
    page = rooms.sit("manager", f"{brand.url}/console/", phone=True)
    assert page.url == brand.counter()
    page.get_by_role("navigation").get_by_role("link", name="Scan").tap()
    page.locator("#code").fill(member.email)
    page.locator("#digits").fill(digits())
    page.get_by_role("button", name="See what is due").tap()
    page.get_by_role("button", name="Confirm: Wheel change").tap()
    page.get_by_text("Confirmed. Earned €20.").wait_for(timeout=30_000)
    assert brand.rows(EARNED, m=member.id) == [(2_000,)]
    # Back and once more: it stays one visit.
    page.go_back()
    page.reload()
    assert brand.rows(EARNED, m=member.id) == [(2_000,)]
    page.goto(brand.counter())
    assert page.locator("[data-visit]", has_text="Wheel change").count() >= 1
    page.get_by_role("navigation").get_by_role("link", name="Budget").tap()
    assert "of €400 used" in page.inner_text("main")


def test_after_sales_confirms_by_a_scanner_that_types_in_arabic(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Sal Es", location=HERE)
    _, digits = brand.phone(member)
    page = rooms.sit("after sales", f"{brand.url}/console/", phone=True, locale="ar")
    assert page.get_attribute("html", "dir") == "rtl"
    page.locator(".tabbar a[href$='/scan']").tap()
    page.locator("#code").fill(member.number)
    page.locator("#digits").fill(f"{digits()[:3]} {digits()[3:]}")
    page.locator("#digits").press("Enter")
    page.locator("button[value='wheels.changed']").tap()
    page.locator("[data-earned=yes]").wait_for(timeout=30_000)
    assert brand.rows(EARNED, m=member.id) == [(2_000,)]


def test_a_wrong_code_keeps_what_was_typed_and_a_used_one_is_told(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Una Used", location=HERE)
    _, digits = brand.phone(member)
    page = rooms.sit("after sales", f"{brand.counter()}/scan", phone=True)
    page.locator("#code").fill(member.number)
    page.locator("#digits").fill(f"{(int(digits()) + 1) % 10**6:06}")
    page.get_by_role("button", name="See what is due").tap()
    page.locator("[role=alert]").wait_for()
    assert page.input_value("#code") == member.number
    shown = digits()
    page.locator("#digits").fill(shown)
    page.get_by_role("button", name="See what is due").tap()
    page.get_by_role("heading", name="What is due").first.wait_for()
    page.goto(f"{brand.counter()}/scan")
    page.locator("#code").fill(member.number)
    page.locator("#digits").fill(shown)
    page.get_by_role("button", name="See what is due").tap()
    page.locator("[role=alert]").wait_for()
    assert brand.rows("select 1 from events where member_id = %(m)s", m=member.id) == []


def test_one_dealer_sees_nothing_of_the_next(brand: Brand, rooms: Rooms) -> None:
    ours, theirs = brand.joins("Own Er", location=HERE), brand.joins("Other One", location=NEXT_DOOR)
    page = rooms.sit("manager next door", brand.counter(NEXT_DOOR), phone=True)
    assert page.locator("h1").inner_text() == "Today"
    for path in (
        brand.counter(),
        f"{brand.console}members/{ours.number}",
        f"{brand.console}locations/{HERE}",
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 404, path
    page.goto(f"{brand.console}members/{theirs.number}")
    assert page.locator("h2.answer").is_visible()
    page.goto(f"{brand.console}members")
    assert set(page.locator("td[data-label]").all_inner_texts()) & {"Hamburg HafenCity"} == set()
