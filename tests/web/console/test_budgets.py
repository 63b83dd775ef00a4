"""The pages of budgets: every dealer's in one view, each account with its statement, and what is nobody's."""

import re
from datetime import timedelta

import psycopg
import pytest
from tests.web.console.conftest import Console
from tests.web.console.furniture import furnish

from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.audit import record_audit
from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.web.rooms import room

DEALER = "by_dealer:de-hamburg-hafencity"
BY_DEALER = """
"by_dealer": {"per": "location", "parent": "by_market", "unit": "EUR", "amounts": {"default": "500.00"},
  "period": "month", "top_up": {"below": "100.00", "amount": "250.00"}},
 "by_market": {
"""


def with_dealers(console: Console) -> Program:
    """Publish the program with a budget for each of its dealers."""
    house = console.house
    text = house.program.text.replace('"by_market": {', BY_DEALER.strip(), 1)
    text = text.replace('"pay_from": "by_market"', '"pay_from": "by_dealer"', 1)
    program = read_program(text, None, house.program.key)
    assert isinstance(program, Program), program
    with connect(house.url, house.secret, "owner") as db:
        publish(db, program, "test", utc_now())
    house.program = program
    # A room looks for a new version once a second.
    room()._checked_at = 0.0  # noqa: SLF001
    return program


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_every_dealers_budget_stands_in_one_view_below_its_market(staff: Console) -> None:
    program = with_dealers(staff)
    page = staff.page("budgets")
    assert page.count('data-depth="2"') == len(program.locations)
    assert page.count('data-depth="1"') == len(program.markets)
    assert page.count('data-depth="0"') == 1
    assert f"budgets/{DEALER}" in page
    german = staff.page("budgets?market=DE")
    assert german.count('data-depth="2"') == sum(place.market == "DE" for place in program.locations.values())


def test_a_view_of_very_many_names_how_many_it_leaves_out(
    staff: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = with_dealers(staff)
    monkeypatch.setattr("guerdon.web.console.regions.BUDGETS_SHOWN", 20)
    left_out = 1 + len(program.markets) + len(program.locations) - 20
    assert f"{left_out} more budgets are used less than these." in plain(staff.page("budgets"))


def test_a_budget_shows_its_statement_and_where_it_stands(staff: Console) -> None:
    furnish(staff.house)
    page = plain(staff.page("budgets/by_market:DE"))
    assert "Germany : €399,400 of €400,000 is free." in page
    assert "+€400,000.00" in page
    assert page.count("\N{MINUS SIGN}€200.00") == 3
    assert "€399,400.00" in page
    assert "It is fed by Rewards of the year ." in page
    assert "No alarms." in page


def test_a_statement_is_read_page_by_page(staff: Console) -> None:
    now = utc_now()
    staff.house.enroll(7)
    for number in range(60):
        staff.house.reward(7, at=now - timedelta(minutes=number))
    first = staff.page("budgets/by_market:DE")
    assert first.count("Reward for a member") == 50
    [onward] = re.findall(r'href="[^"]*budgets/(by_market:DE\?after=[^"]*)"', first)
    second = staff.page(f"budgets/{onward}")
    assert second.count("Reward for a member") == 10
    assert "?after=" not in second


@pytest.mark.parametrize(
    "after", ["x", "1-", "-1", "9" * 39 + "-1", "1-" + "9" * 30, "1-2-3", "\u0661-\u0662"]
)
def test_a_place_that_is_none_is_the_beginning(staff: Console, after: str) -> None:
    assert "From funding" in staff.page(f"budgets/central:?after={after}")


@pytest.mark.parametrize(
    "account", ["nothing", "by_market:XX", "by_market", "%00", "..%2F", "budget:by_market:DE"]
)
def test_a_budget_that_is_not_there_is_not_found(staff: Console, account: str) -> None:
    assert staff.client.get(f"{staff.home}budgets/{account}").status_code == 404


def test_alarms_top_ups_and_periods_are_told_beside_it(staff: Console) -> None:
    with_dealers(staff)
    with staff.house.working() as tx:
        detail = {"percent": 90, "unit": "EUR", "left": 1, "of": 10, "runs_out_on": None}
        rows = [
            AlarmRow("budget_used", f"budget:{DEALER}", "2026-01-01:90", detail),
            AlarmRow(
                "budget_runs_out", f"budget:{DEALER}", "2026-01-01", {**detail, "runs_out_on": "2026-01-09"}
            ),
            AlarmRow("budget_short", f"budget:{DEALER}", "2026-01-01", {"missing": 12_345}),
        ]
        record_alarms(tx, staff.house.program_id, rows, utc_now())
    page = plain(staff.page(f"budgets/{DEALER}"))
    for said in (
        "90% used",
        "Runs out on 9 Jan 2026 at this pace",
        "€123.45 were missing when the period began",
        "€250 once a period, when less than €100 would be left, out of what Germany has free.",
        "Periods",
        "+€500",
    ):
        assert said in page, said


@pytest.mark.parametrize("language", ["es", "de", "fr", "ar", "id"])
def test_the_pages_speak_every_language(staff: Console, language: str) -> None:
    with_dealers(staff)
    furnish(staff.house)
    for path in ("budgets", "budgets/central:", f"budgets/{DEALER}", "budgets/by_market:DE"):
        page = plain(staff.page(path, language))
        assert "Committed" not in page
        assert "Statement" not in page


def test_a_program_without_budgets_says_so(staff: Console) -> None:
    with psycopg.connect(staff.house.url, options="-c search_path=guerdon") as db:
        record_audit(db, staff.house.program_id, "test", "budget.lost", "budgets", utc_now())
        db.execute("delete from budget_nodes")
    assert "No budgets. Rewards without a budget are refused." in staff.page("budgets")
