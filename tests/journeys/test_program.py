"""Whoever says what is rewarded: a rule from the first word to the live version, by two people."""

import re

from tests.journeys.browser import SIGNED, Rooms, until
from tests.journeys.house import Brand

# What follows a text is marked, as a mouse does it.
SELECT = """(text) => {
  const area = document.querySelector("#text");
  area.focus();
  const end = area.value.indexOf(text) + text.length;
  area.setSelectionRange(end - 1, end);
}"""


def begin(rooms: Rooms, title: str) -> str:
    """Begin a draft from the live version; its address."""
    page = rooms.sit("vp", "program")
    page.get_by_label("Name of the draft").fill(title)
    page.get_by_role("button", name="Begin a draft from the live version").click()
    page.wait_for_url("**/program/drafts/drf_*")
    return page.url


def test_a_rule_is_changed_replayed_submitted_and_published_by_a_second_person(
    brand: Brand, rooms: Rooms
) -> None:
    draft = begin(rooms, "Longer to choose")
    page = rooms.sit("vp", f"{draft}/rules/referral")
    page.get_by_label("Days to use it").fill("400")
    page.locator(".actions button[value=save]").click()
    page.locator("#valid-days[value='400']").wait_for()
    page.goto(draft)
    assert "400" in page.locator("[aria-labelledby=changes]").inner_text()
    again = page.get_by_role("link", name="Replay it")
    if again.count():
        again.click()
        page.get_by_role("button", name="Replay it").click()
        page.wait_for_url("**/program/replays/rpl_*")
        question = "select 1 from replays where id = %(r)s and finished_at is not null"
        brand.eventually(question, r=brand.id(page.url.rpartition("/")[2].partition("?")[0]))
        page.goto(draft)
    page.get_by_label("Why").first.fill("Members asked for more time")
    page.get_by_role("button", name="Ask for signatures").click()
    page.wait_for_url("**/decisions/apr_*")
    assert page.get_by_role("button", name="Approve").count() == 0
    signing = rooms.sit("second", page.url)
    assert "Publish a new version of the program." in signing.inner_text("h2.answer")
    signing.get_by_role("button", name="Approve").click()
    signing.get_by_text(SIGNED).first.wait_for()
    question = "select 1 from requests where id = %(r)s and state = 'done'"
    brand.eventually(question, r=brand.id(page.url.rpartition("/")[2].partition("?")[0]))

    def shown() -> str:
        page.goto(f"{brand.console}rules/referral")
        return page.inner_text("main")

    # The web looks for a new version now and then.
    until(lambda: "400" in shown())


def test_of_two_who_edit_one_draft_the_second_keeps_their_text_beside_the_first(
    brand: Brand, rooms: Rooms
) -> None:
    draft = begin(rooms, "Two at once")
    mine, theirs = rooms.sit("vp", draft), rooms.sit("second", draft)
    for page, digit in ((mine, "3"), (theirs, "4")):
        page.evaluate(SELECT, "times: 2")
        page.keyboard.type(digit)
    mine.get_by_role("button", name="Save", exact=True).click()
    mine.wait_for_load_state()
    theirs.get_by_role("button", name="Save", exact=True).click()
    theirs.locator("[role=alert]").wait_for()
    assert "Vera Prins saved this draft" in theirs.inner_text("[role=alert]")
    assert "times: 4" in theirs.input_value("#text")
    assert "times: 3" in theirs.input_value("#theirs")
    title = "select text like '%%times: 3%%' from program_drafts where title = 'Two at once'"
    assert brand.rows(title) == [(True,)]


def test_marketing_reads_its_rules_and_tries_an_event_on_somebody_invented(
    brand: Brand, rooms: Rooms
) -> None:
    before = brand.rows("select count(*) from events")
    page = rooms.sit("marketing", f"{brand.url}/console/")
    assert page.url.endswith("/rules")
    page.get_by_role("link", name="Test drive", exact=True).click()
    assert "€25" in page.inner_text("main")
    page.goto(f"{brand.console}try?type=test_drive.completed")
    page.locator("#market").select_option("DE")
    page.locator("[name='fact.employee']").select_option("false")
    page.get_by_role("button", name="Try it").click()
    page.locator("#result").wait_for()
    assert "€25" in page.inner_text("#result")
    # Nothing of it is stored.
    assert brand.rows("select count(*) from events where type = 'test_drive.tried'") == [(0,)]
    assert before


def test_an_offer_is_prepared_and_says_whom_it_leaves_out(brand: Brand, rooms: Rooms) -> None:
    page = rooms.sit("vp", "broadcasts")
    page.locator("#message").select_option("winter_wheels")
    form = page.locator("form", has=page.locator("#message"))
    form.locator("button.button").last.click()
    page.wait_for_url("**/broadcasts/brc_*")
    number = brand.id(re.sub(r".*(brc_\w+).*", r"\1", page.url))
    assert brand.rows("select count(*) from broadcasts where id = %(b)s", b=number) == [(1,)]
    assert page.locator("main").inner_text()


def test_whoever_looks_after_a_market_sees_that_market_alone(brand: Brand, rooms: Rooms) -> None:
    german, italian = brand.joins("Gerd Man", market="DE"), brand.joins("Ita Lian", market="IT")
    page = rooms.sit("marketing in Italy", f"members/{italian.number}")
    assert page.locator("h2.answer").is_visible()
    answer = page.goto(f"{brand.console}members/{german.number}")
    assert answer is not None
    assert answer.status == 404
    page.goto(f"{brand.console}rewards?market=DE")
    assert set(page.locator("td[data-label=Market]").all_inner_texts()) <= {"Italy"}
    page.goto(f"{brand.console}locations?show=all")
    assert "Hamburg" not in page.inner_text("main")
