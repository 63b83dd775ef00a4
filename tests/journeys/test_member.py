"""A member on a phone: in by a mailed code, friends, choices, own data, another language."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.journeys.browser import Rooms, until
from tests.journeys.house import HERE, Brand, Member
from tests.journeys.routes import claim_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

CODE = re.compile(r"\b\d{6}\b")


def mailed(brand: Brand, member: Member) -> str:
    """The code in the newest mail to somebody, as the mail server got it."""

    def found() -> str:
        lines = (brand.house.home / "mails" / "mails.jsonl").read_text(encoding="utf-8").splitlines()
        texts = [mail["text"] for mail in map(json.loads, lines) if mail["to"] == member.email]
        codes = [code.group() for text in texts if (code := CODE.search(text))]
        return codes[-1] if codes else ""

    return until(found)


def signed_in(brand: Brand, rooms: Rooms, member: Member) -> "Page":
    """The app's first page, by what a member types and what is mailed to them."""
    page = rooms.page(phone=True)
    page.goto(brand.app)
    page.locator("#address").fill(member.email)
    page.locator("#address").press("Enter")
    page.locator("#code").fill(mailed(brand, member))
    page.locator("#code").press("Enter")
    page.wait_for_url(brand.app)
    return page


def test_a_member_comes_in_by_a_mailed_code_and_sees_what_they_have(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Ann App", location=HERE)
    brand.reward_of(member)
    brand.reward_of(member, "booking.confirmed")
    page = signed_in(brand, rooms, member)
    assert page.locator(".tier-card .worth strong").inner_text() == "€225"
    assert page.locator(".stubs li").count() == 2
    page.get_by_role("navigation", name="App").get_by_role("link", name="Activity").tap()
    page.locator(".pick").first.tap()
    assert "Earned" in page.inner_text(".steps")


def test_a_member_invites_a_friend_who_says_so(brand: Brand, rooms: Rooms) -> None:
    member, friend = brand.joins("Ina Viter"), brand.joins("Fritz Friend")
    cookie, _ = brand.phone(member)
    brand.reward_of(member)
    page = rooms.member(cookie)
    page.get_by_role("link", name="Invite a friend").tap()
    page.get_by_role("button", name="Show my code").tap()
    code = page.inner_text(".code code")
    theirs = rooms.page(phone=True)
    theirs.goto(f"{brand.url}/i/{code}")
    assert "350" in theirs.inner_text("body") or "200" in theirs.inner_text("body")
    theirs.goto(f"{brand.url}{claim_of(brand, friend)}/invite")
    theirs.locator("summary", has_text="A friend gave you a code?").tap()
    theirs.get_by_label("Your friend's code").fill(code.lower())
    theirs.get_by_role("button", name="Use the code").tap()
    theirs.locator(".notice[role=status]").wait_for()
    page.reload()
    assert "A friend" in page.inner_text("main")
    brand.happens(friend, "vehicle.purchased")
    question = "select 1 from rewards where member_id = %(m)s and rule = 'friend_bought'"
    brand.eventually(question, m=member.id)
    brand.eventually("select 1 from rewards where member_id = %(m)s and rule = 'welcome'", m=friend.id)


def test_a_member_agrees_to_offers_and_takes_it_back(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Con Sent", market="ES")
    cookie, _ = brand.phone(member)
    page = rooms.member(cookie, "/you")
    page.get_by_role("link", name="What we write to you, and how").tap()
    box = page.locator("fieldset", has_text="Offers").locator("input[type=checkbox]").first
    assert not box.is_checked()
    box.check()
    page.get_by_role("button", name="Keep my choice").tap()
    page.locator(".notice").wait_for()
    question = "select distinct what from consents where member_id = %(m)s and topic = 'offers' order by what"
    assert brand.rows(question, m=member.id) == [("given",)]
    page.get_by_role("button", name="Stop all offers").tap()
    page.locator(".notice").wait_for()
    assert not box.is_checked()
    assert brand.rows(question, m=member.id) == [("given",), ("withdrawn",)]


def test_a_member_takes_their_data_along(brand: Brand, rooms: Rooms, tmp_path: Path) -> None:
    member = brand.joins("Dan Data")
    brand.reward_of(member)
    cookie, _ = brand.phone(member)
    page = rooms.member(cookie, "/you")
    page.get_by_role("link", name="My data").tap()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download all of it").tap()
    file = tmp_path / "own.json"
    taken.value.save_as(file)
    assert "Dan Data" in json.dumps(json.loads(file.read_text(encoding="utf-8")), ensure_ascii=False)


def test_a_member_deletes_their_data_by_a_mailed_code(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Del Ete")
    cookie, _ = brand.phone(member)
    page = rooms.member(cookie, "/you/data")
    page.get_by_role("button", name="Delete my data: send me a code first").tap()
    page.locator("#code").fill("000000")
    page.get_by_role("button", name="Delete my data", exact=True).tap()
    page.locator("[role=alert]").wait_for()
    page.locator("#code").fill(mailed(brand, member))
    page.get_by_role("button", name="Delete my data", exact=True).tap()
    page.locator("#code").wait_for(state="detached")
    brand.erase_asked()
    assert brand.rows("select 1 from persons where member_id = %(m)s", m=member.id) == []
    page.goto(f"{brand.app}/you")
    page.wait_for_url("**/sign-in")


def test_a_link_that_ended_or_is_nobodys_leads_one_way_on(brand: Brand, rooms: Rooms) -> None:
    page = rooms.page(phone=True)
    answer = page.goto(f"{brand.url}/r/nobodys")
    assert answer is not None
    assert answer.status == 404
    assert page.locator("h1").is_visible()
