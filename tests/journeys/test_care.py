"""Customer care: whoever writes is found by whatever they name, and what went wrong is put right."""

from tests.journeys.browser import SIGNED, Rooms
from tests.journeys.house import HERE, Brand
from tests.journeys.routes import claim_of


def test_a_member_is_found_by_any_id_and_not_where_they_are_not_ours(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Fay Found", location=HERE)
    elsewhere = brand.joins("Fay Far", market="IT")
    page = rooms.sit("care", f"{brand.url}/console/")
    assert page.url.endswith("/members")
    for typed in (member.email, member.outside, member.number):
        page.goto(f"{brand.console}members")
        page.get_by_label("Member id, id in another system, or exact e-mail").fill(typed)
        page.locator("main").get_by_role("button", name="Find").click()
        page.wait_for_url(f"**/members/{member.number}")
        # Who it is stands nowhere in an address.
        assert member.email not in page.url
    assert "Fay Found" not in page.inner_text("main")
    page.goto(f"{brand.console}members")
    page.get_by_label("Member id, id in another system, or exact e-mail").fill(elsewhere.email)
    page.locator("main").get_by_role("button", name="Find").click()
    page.get_by_text("No member has exactly this id or e-mail.").wait_for()


def test_why_there_was_no_reward_is_read_in_one_sentence(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Wim Why", location=HERE)
    for _ in range(2):
        brand.reward_of(member)
    event = brand.happens(member, "test_drive.completed")
    page = rooms.sit("care", "why")
    page.get_by_label("Member id, id in another system, or exact e-mail").fill(member.outside)
    page.locator("main").get_by_role("button", name="Find").click()
    page.locator("td a", has_text=event).click()
    assert "2" in page.inner_text("h2.answer")
    assert "test_drive_month" in page.inner_text("main")
    assert page.locator(".timeline .sign[data-tone=warn]").count() >= 1
    assert brand.rows("select count(*) from rewards where member_id = %(m)s", m=member.id) == [(2,)]


def test_a_reward_is_asked_for_with_a_reason_and_the_manager_gives_it(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Gil Given", location=HERE)
    page = rooms.sit("care", f"members/{member.number}")
    page.locator("summary", has_text="Act").click()
    page.get_by_role("link", name="Give a reward").click()
    form = page.locator("form", has=page.locator("#reward-member"))
    form.get_by_label("Reward for").select_option("test_drive")
    form.get_by_label("Amount, if not the rule's own").fill("25.00")
    form.get_by_label("Why").fill("The dealer forgot to tell us")
    form.get_by_role("button", name="Ask for this reward").click()
    page.get_by_text("What exactly will happen").wait_for()
    assert page.get_by_role("button", name="Approve").count() == 0
    signing = rooms.sit("manager", page.url, phone=True)
    signing.get_by_role("button", name="Approve €25").click()
    signing.get_by_text(SIGNED).first.wait_for()
    question = "select value from rewards where member_id = %(m)s"
    assert brand.eventually(question, m=member.id) == (2_500,)
    page.goto(f"{brand.console}members/{member.number}")
    assert "€25" in page.inner_text("#timeline")


def test_a_code_that_does_not_work_becomes_a_case_that_is_answered(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Cas Case", location=HERE)
    phone = rooms.page(phone=True)
    phone.goto(f"{brand.url}{claim_of(brand, member)}/catalog")
    phone.locator(".pick").first.tap()
    phone.locator(".take button").first.tap()
    phone.locator("[data-code]").first.wait_for(state="attached", timeout=30_000)
    phone.locator("summary", has_text="It does not work?").tap()
    phone.locator(".options label").first.tap()
    phone.get_by_label("In your own words").fill("The shop has no such code")
    phone.get_by_role("button", name="Tell us").tap()
    phone.get_by_text("We are looking at it").wait_for()
    page = rooms.sit("care", "cases")
    assert page.locator("tr", has_text=member.number).count() == 1
    answering = rooms.sit("finance", "cases")
    answering.locator("tr", has_text=member.number).get_by_role("link").first.click()
    answering.get_by_label("Your answer, which they read").fill("They take it now: try once more.")
    answering.get_by_role("button", name="Answer").click()
    answering.get_by_text("They take it now: try once more.").first.wait_for()
    phone.goto(phone.url.removesuffix("/case"))
    phone.get_by_text("They take it now: try once more.").wait_for()
    question = "select state from order_cases where member_id = %(m)s"
    assert brand.rows(question, m=member.id) == [("settled",)]
    page.reload()
    assert page.locator("tr", has_text=member.number).count() == 0


def test_the_renewal_specialist_begins_at_members_and_sees_no_more(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Ren Ewal", location=HERE)
    page = rooms.sit("renewals", f"{brand.url}/console/")
    assert page.url.endswith("/members")
    assert page.locator("th", has_text=member.number).count() == 1
    assert page.locator(".sidebar").get_by_role("link", name="Budgets").count() == 0
    for closed in ("budgets", "ledger", "audit", "people"):
        answer = page.goto(f"{brand.console}{closed}")
        assert answer is not None
        assert answer.status == 404
