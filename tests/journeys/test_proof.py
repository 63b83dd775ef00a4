"""Whoever keeps watch: compliance closes what members ask, and an auditor takes evidence away."""

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.journeys.browser import Rooms
from tests.journeys.house import HERE, Brand

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def close(row: "Locator") -> None:
    """Close a request that stands in a row of the list."""
    row.locator("summary", has_text="Close it").click()
    row.get_by_label("Why").fill("Handed out by post")
    row.get_by_role("button", name="Close it").click()
    row.page.wait_for_load_state()


def settles(page: "Page", address: str) -> None:
    """Wait until the worker has come to what a page shows."""
    until = time.monotonic() + 60
    while page.request.get(address).status != 200:
        assert time.monotonic() < until, address
        time.sleep(0.2)


def test_compliance_writes_a_request_down_and_closes_it_with_proof(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Axel Access")
    page = rooms.sit("compliance", f"{brand.url}/console/")
    assert "No breaches found" in page.inner_text("main")
    page.goto(f"{brand.console}members/{member.number}")
    page.locator("summary", has_text="Act").click()
    page.get_by_role("link", name="Write down a data request").click()
    assert page.input_value("#member") == member.number
    page.locator("#why").fill("They wrote to us")
    page.get_by_role("button", name="Write it down").click()
    row = page.locator("tr", has_text=member.number)
    row.wait_for()
    assert "left" in row.inner_text()
    close(row)
    # Nobody closes what was not done.
    assert "Download them on the member's privacy page first" in page.inner_text("[role=alert]")
    row.get_by_role("link", name="Download the data").click()
    page.locator("#export-reason").fill("They asked for it")
    with page.expect_download():
        page.get_by_role("button", name="Download the data").click()
    page.goto(f"{brand.console}requests")
    close(row)
    row.wait_for(state="detached")
    page.get_by_role("link", name="Closed", exact=True).click()
    row = page.locator("tr", has_text=member.number)
    row.locator("a[href*='audit']").click()
    page.locator("main").get_by_text("Handed out by post").first.wait_for()
    question = "select closed_at is not null from data_requests where member_id = %(m)s"
    assert brand.rows(question, m=member.id) == [(True,)]


def test_who_somebody_is_is_shown_for_a_reason_that_stays(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Nadja Name")
    page = rooms.sit("compliance", f"members/{member.number}")
    assert member.email not in page.inner_text("main")
    page.locator("summary", has_text="Act").click()
    page.get_by_role("link", name="Show name and contact").click()
    page.get_by_label("What for").select_option(index=1)
    page.get_by_label("Why", exact=True).fill("They asked whether we have it right")
    page.get_by_role("button", name="Show name and contact").click()
    page.get_by_text(member.email).wait_for()
    assert "Nadja Name" in page.inner_text("main")
    # Nobody comes to it by its address.
    page.goto(f"{brand.console}members/{member.number}")
    assert member.email not in page.inner_text("main")
    assert "They asked whether we have it right" in page.inner_text("#timeline")


def test_a_member_is_erased_and_the_certificate_is_taken_away(
    brand: Brand, rooms: Rooms, tmp_path: Path
) -> None:
    member = brand.joins("Emil Erased")
    brand.reward_of(member)
    page = rooms.sit("compliance", f"members/{member.number}/privacy")
    page.get_by_label("Type the member id").fill("mem_somebody")
    page.locator("#erase-reason").fill("They wrote to us")
    page.get_by_role("button", name="Erase for ever").click()
    page.get_by_text("The member id that was typed is not this one.").wait_for()
    assert page.input_value("#erase-reason") == "They wrote to us"
    page.get_by_label("Type the member id").fill(member.number)
    page.get_by_role("button", name="Erase for ever").click()
    page.get_by_text("The erasure was asked for").wait_for()
    brand.erase_asked()
    assert brand.rows("select 1 from persons where member_id = %(m)s", m=member.id) == []
    # Its row in the audit is sealed within seconds; before, there is nothing to prove.
    settles(page, f"{brand.console}members/{member.number}/privacy/certificate")
    page.goto(f"{brand.console}requests?state=closed")
    with page.expect_download() as taken:
        page.locator("tr", has_text=member.number).get_by_role(
            "link", name="Download the certificate"
        ).click()
    file = tmp_path / "certificate"
    taken.value.save_as(file)
    assert member.number.encode() in file.read_bytes()
    assert b"Emil" not in file.read_bytes()
    # Amounts stay, without a name.
    assert brand.rows("select count(*) from rewards where member_id = %(m)s", m=member.id) == [(1,)]


def test_an_auditor_reads_all_changes_nothing_and_takes_evidence_away(
    brand: Brand, rooms: Rooms, tmp_path: Path
) -> None:
    page = rooms.sit("auditor", f"{brand.url}/console/")
    assert page.url.endswith("/audit")
    page.goto(f"{brand.console}controls")
    assert "No breaches found" in page.inner_text("main")
    page.goto(f"{brand.console}reports")
    with page.expect_download() as taken:
        page.evaluate(
            "(address) => { const link = document.createElement('a'); link.href = address;"
            " document.body.append(link); link.click(); }",
            f"{brand.console}reconciliation/differences.csv",
        )
    file = tmp_path / "differences.csv"
    taken.value.save_as(file)
    with file.open(encoding="utf-8-sig") as rows:
        assert len(next(csv.reader(rows))) > 5
    for path in ("decisions", "requests", "people", "program", "health", "keys", "connections"):
        page.goto(f"{brand.console}{path}")
        assert page.locator("main form[method=post] button[data-tone=fill]").count() == 0, path


def test_every_figure_opens_the_rows_behind_it(brand: Brand, rooms: Rooms) -> None:
    member = brand.joins("Rosa Rows", location=HERE)
    event = brand.happens(member, "booking.confirmed", order_type="retail")
    page = rooms.sit("auditor", f"members/{member.number}?kind=rewards")
    link = page.locator(".timeline a[href*='/delivery/mem_']").first
    settles(page, f"{brand.url}{link.get_attribute('href')}")
    link.click()
    assert "Booking" in page.inner_text("main")
    page.goto(f"{brand.console}why/{event}")
    assert "Earned" in page.inner_text("main")
    page.goto(f"{brand.console}members/{member.number}?kind=money#timeline")
    page.locator("#timeline a[href*='/ledger/trf_']").first.click()
    assert "€200" in page.inner_text("main")
