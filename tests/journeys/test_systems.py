"""Whoever connects systems and keeps them running: developer, data team, operator."""

import re

from tests.journeys.browser import Rooms, until
from tests.journeys.house import SOURCE, Brand

from guerdon.values.ids import show


def test_a_developer_makes_a_key_sends_an_event_and_finds_what_came_of_it(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Eve Nt")
    page = rooms.sit("developer", f"{brand.url}/console/")
    assert page.url.endswith("/connections")
    page.get_by_role("link", name="Keys").first.click()
    page.get_by_label("What it is for").fill("Dealer system")
    page.get_by_label("Sources, if it sends events").fill(SOURCE)
    page.check("input[value='write:events']")
    page.get_by_role("button", name="Make it").click()
    secret = page.inner_text("#secret")
    page.goto(f"{brand.console}keys")
    assert page.locator("#secret").count() == 0
    assert brand.tell(secret + "x", "dms-1", "test_drive.completed", f"crm:{member.outside}") == 401
    assert brand.tell(secret, "dms-1", "test_drive.completed", f"crm:{member.outside}") == 202
    brand.eventually("select 1 from events where external_id = 'dms-1'")
    page.goto(f"{brand.console}events")
    page.locator("tr", has_text=member.number).get_by_role("link").first.click()
    assert "€25" in page.inner_text("main")
    # Told twice it counts once.
    assert brand.tell(secret, "dms-1", "test_drive.completed", f"crm:{member.outside}") in {200, 202}
    assert brand.rows("select count(*) from rewards where member_id = %(m)s", m=member.id) == [(1,)]
    page.goto(f"{brand.console}keys")
    page.get_by_role("button", name="Withdraw: Dealer system").click()
    page.get_by_role("button", name="Withdraw: Dealer system").wait_for(state="detached")
    # The intake keeps a key for a second.
    until(lambda: brand.tell(secret, "dms-2", "test_drive.completed", f"crm:{member.outside}") == 401)


def test_a_developer_tells_another_system_and_takes_it_back(brand: Brand, rooms: Rooms) -> None:
    page = rooms.sit("developer", "webhooks")
    page.fill("#new-name", "Data warehouse")
    page.fill("#new-url", "https://warehouse.example/hook")
    page.get_by_role("button", name="Make the endpoint").click()
    page.get_by_text("This is its secret.").wait_for()
    page.goto(f"{brand.console}webhooks")
    page.get_by_role("link", name="Data warehouse").click()
    page.locator("summary", has_text="Remove it").wait_for()
    assert page.get_by_text("This is its secret.").count() == 0
    page.locator("summary", has_text="Remove it").click()
    page.locator(".popover").get_by_role("button", name="Remove it").click()
    page.wait_for_url(re.compile(r"/webhooks$"))
    question = "select removed_at is not null from webhook_endpoints where name = 'Data warehouse'"
    assert brand.rows(question) == [(True,)]


def test_the_data_team_reads_why_an_event_was_set_apart_and_settles_it(brand: Brand, rooms: Rooms) -> None:
    question = "select id from quarantine where reason = 'unmapped_property' and settled_as is null"
    number = brand.rows(question)[0][0]
    page = rooms.sit("data", f"{brand.url}/console/")
    page.get_by_role("link", name=re.compile("In quarantine")).click()
    page.goto(f"{brand.console}events/quarantine?reason=unmapped_property")
    page.locator(f"a[href*='{show('qrt', number)}']").click()
    page.get_by_text("What it means now").wait_for()
    page.get_by_label("Why").fill("The dealer sends it by mistake")
    page.get_by_role("button", name="Put it away").click()
    page.get_by_text("The dealer sends it by mistake").wait_for()
    settled = "select settled_as, settled_for from quarantine where id = %(q)s"
    assert brand.rows(settled, q=number) == [("put_away", "The dealer sends it by mistake")]


def test_the_data_team_tries_a_file_and_nothing_is_written(brand: Brand, rooms: Rooms) -> None:
    known = brand.joins("Kim Known")
    before = brand.rows("select count(*) from members")
    page = rooms.sit("data", "imports")
    text = (
        "external_source,external_id,market,name,email\n"
        f"crm,{known.outside},DE,Kim Otherwise,{known.email}\ncrm,new-1,DE,New One,\ncrm,new-2,XX,No Where,\n"
    )
    page.set_input_files("#file", {"name": "crm.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Try it").click()
    page.locator("#tried").wait_for()
    assert "XX" in page.inner_text("[aria-labelledby=refused]")
    assert known.number in page.inner_text("[aria-labelledby=changes]")
    page.get_by_text(known.number).click()
    assert page.url.endswith(known.number)
    assert brand.rows("select count(*) from members") >= before
    assert brand.rows("select 1 from member_ids where external_id = 'new-1'") == []


def test_an_operator_mends_what_health_says_is_wrong(brand: Brand, rooms: Rooms) -> None:
    page = rooms.sit("operator", f"{brand.url}/console/")
    assert page.url.endswith("/health")
    failing = page.locator("tr", has_text="Quarantine")
    assert "Look at this" in failing.inner_text()
    before = brand.rows("select count(*) from quarantine where settled_as is null")[0][0]
    failing.get_by_role("link").click()
    page.get_by_label("Reason").first.select_option("malformed_event")
    page.get_by_role("button", name="Show").click()
    page.locator("summary", has_text="Put all of it away").click()
    page.locator(".popover").get_by_label("Why").fill("Looked at, all of the first day")
    page.locator(".popover").get_by_role("button", name="Put all of it away").click()
    page.wait_for_load_state()
    brand.eventually(
        "select 1 where (select count(*) from quarantine where settled_as is null) < %(n)s", n=before
    )


def test_an_operator_asks_for_a_role_and_a_second_person_gives_it(brand: Brand, rooms: Rooms) -> None:
    page = rooms.sit("operator", "people")
    block = page.locator("section", has=page.locator("h2", has_text="Rita Tention"))
    block.get_by_role("link", name="Ask for a role").click()
    page.get_by_label("Role").select_option("marketing")
    page.get_by_label("Market").select_option("FR")
    page.get_by_label("Why").fill("Looks after France too")
    page.locator("main form button[data-tone=fill]").click()
    page.get_by_text("What exactly will happen").wait_for()
    assert page.get_by_role("button", name="Approve").count() == 0
    signing = rooms.sit("vp", page.url)
    signing.get_by_role("button", name="Approve").click()
    brand.eventually(
        "select 1 from requests where id = %(r)s and state = 'done'",
        r=brand.id(page.url.rpartition("/")[2].partition("?")[0]),
    )
    theirs = rooms.sit("retention", "members?market=FR")
    assert set(theirs.locator("td[data-label=Market]").all_inner_texts()) == {"France"}
