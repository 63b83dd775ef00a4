"""What can be read: members and their value, the ledger, budgets, proof; page by page."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.api.house import ApiHouse, furnish

from guerdon.store.audit import record_audit
from guerdon.store.database import transaction
from guerdon.store.rates import RateRow, record_rates
from guerdon.values.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def filled(shown: ApiHouse) -> ApiHouse:
    furnish(shown)
    return shown


def pages(house: ApiHouse, path: str, limit: int, name: str) -> list[Any]:
    """Every row of a list, page after page."""
    rows: list[Any] = []
    after = ""
    for _ in range(100):
        sign = "&" if "?" in path else "?"
        answer = house.get(f"{path}{sign}limit={limit}{after}")
        assert answer.status == 200
        found = answer.body[name]
        assert len(found) <= limit
        rows += found
        if answer.body["next"] is None:
            return rows
        assert len(found) == limit
        after = f"&after={answer.body['next']}"
    raise AssertionError("there is no last page")


def test_a_member_is_found_by_the_id_of_another_system(filled: ApiHouse) -> None:
    (found,) = filled.get("/members?source=crm&external_id=ada").body["members"]
    assert found["id"] == filled.member()
    assert found["external_ids"] == [{"source": "crm", "external_id": "ada"}]
    assert set(found) == {"id", "market", "location", "language", "enrolled_at", "external_ids"}
    assert filled.get(f"/members/{found['id']}").body == found
    for query in ("source=crm&external_id=nobody", "source=erp&external_id=ada"):
        assert filled.get(f"/members?{query}").body == {"members": []}


def test_segments_are_told_with_their_sizes_and_their_members_page_by_page(filled: ApiHouse) -> None:
    found = {each["segment"]: each for each in filled.get("/segments").body["segments"]}
    assert set(found) == {"german", "buyers"}
    assert found["german"]["name"] == "In Germany"
    assert found["german"]["condition"] == "member.market == 'DE'"
    german = pages(filled, "/segments/german/members", 1, "members")
    assert found["german"]["members"] == len(german)
    assert found["german"]["markets"] == [{"market": "DE", "members": len(german)}]
    assert {each["market"] for each in german} == {"DE"}
    buyers = pages(filled, "/segments/buyers/members", 2, "members")
    assert filled.member() in {each["member"] for each in buyers}
    assert filled.get("/segments/german/members?market=NO").body["members"] == []
    assert filled.get("/segments/nobodys/members").status == 404
    # A key of one market counts that one, a key of one location is told no sizes, and sees its own members.
    here = filled.make_key(market="NO")
    sizes = {each["segment"]: each for each in filled.get("/segments", key=here).body["segments"]}
    assert (sizes["german"]["members"], sizes["german"]["markets"]) == (0, [])
    assert filled.get("/segments/german/members", key=here).body["members"] == []
    there = filled.make_key(location="de-kiel")
    assert {each["members"] for each in filled.get("/segments", key=there).body["segments"]} == {None}


def test_a_balance_says_what_is_available_pending_and_when_it_ends(filled: ApiHouse) -> None:
    found = filled.get(f"/members/{filled.member()}/balances").body["balances"]
    points = next(each for each in found if each["unit"] == "PTS")
    assert [points[name] for name in ("available", "held", "pending", "debt", "digits")] == [
        1500,
        0,
        150,
        0,
        0,
    ]
    assert sorted((lot["state"], lot["remaining"]) for lot in points["lots"]) == [
        ("pending", 150),
        ("ready", 500),
        ("ready", 1000),
    ]
    assert all(lot["expires_at"].endswith("Z") for lot in points["lots"])
    assert next(each for each in found if each["unit"] == "EUR")["digits"] == 2


def test_a_statement_adds_up_over_its_pages(filled: ApiHouse) -> None:
    path = f"/members/{filled.member()}/statement?unit=EUR"
    lines = pages(filled, path, 3, "lines")
    assert len(lines) == 8
    assert len({line["transfer"] for line in lines}) == 8
    assert sum(line["change"] for line in lines) == 0
    assert lines == filled.get(path).body["lines"]
    assert filled.get(f"/members/{filled.member()}/statement?unit=STARS").status == 404


def test_rewards_are_listed_by_state_and_page(filled: ApiHouse) -> None:
    path = f"/members/{filled.member()}/rewards"
    rows = pages(filled, path, 2, "rewards")
    assert rows == filled.get(path).body["rewards"]
    assert len(rows) == 7
    redeemed = pages(filled, path + "?state=redeemed", 3, "rewards")
    assert {row["state"] for row in redeemed} == {"redeemed"}
    assert len(redeemed) == 4


def test_transfers_are_filtered_and_paged(filled: ApiHouse) -> None:
    everything = pages(filled, "/ledger/transfers", 4, "transfers")
    assert len({each["id"] for each in everything}) == len(everything) > 10
    filters: dict[str, Callable[[dict[str, Any]], bool]] = {
        "account=budget:pot:DE": lambda t: "budget:pot:DE" in (t["from_account"], t["to_account"]),
        f"member={filled.member('ole')}": lambda t: t["member"] == filled.member("ole"),
        "unit=EUR": lambda t: t["unit"] == "EUR",
        "until=2020-01-01T00:00:00Z": lambda _: False,
        "since=2020-01-01T00:00:00%2B02:00": lambda _: True,
        "account=nowhere": lambda _: False,
    }
    for query, holds in filters.items():
        found = pages(filled, f"/ledger/transfers?{query}", 3, "transfers")
        assert found == [each for each in everything if holds(each)], query


def test_the_trial_balance_balances_in_every_unit(filled: ApiHouse) -> None:
    lines = filled.get("/ledger/trial-balance").body["lines"]
    for unit in ("EUR", "PTS"):
        own = [line for line in lines if line["unit"] == unit]
        assert sum(line["debit"] for line in own) == sum(line["credit"] for line in own) > 0


def test_what_is_owed_is_what_members_have(filled: ApiHouse) -> None:
    lines = filled.get("/ledger/owed").body["lines"]
    points = [line for line in lines if line["unit"] == "PTS"]
    assert (sum(line["ready"] for line in points), sum(line["pending"] for line in points)) == (2500, 150)
    assert {line["market"] for line in filled.get("/ledger/owed?market=NO").body["lines"]} == {"NO"}


def test_a_rate_is_the_one_that_was_imported_and_never_guessed(filled: ApiHouse) -> None:
    assert filled.get("/ledger/rates?base=EUR&quote=NOK&day=2026-05-06").body == {
        "base": "EUR",
        "quote": "NOK",
        "day": "2026-05-06",
        "rate": "11.5",
    }
    assert filled.get("/ledger/rates?base=EUR&quote=NOK&day=2026-06-06").status == 404
    assert filled.get("/ledger/rates?base=EUR&quote=XXX&day=2026-05-06").status == 404


def test_what_is_owed_is_told_in_the_unit_that_was_asked_for(filled: ApiHouse) -> None:
    assert filled.get("/ledger/owed").body["converted"] is None
    told = filled.get("/ledger/owed?in=EUR").body
    sums = summed((line["unit"], line["ready"] + line["pending"]) for line in told["lines"])
    today = date.fromisoformat(told["converted"]["missing"][0]["day"])
    assert sums["PTS"] > 0
    # No rate of points was ever imported: they are named and are not in it.
    assert told["converted"] == {
        "unit": "EUR",
        "digits": 2,
        "amount": sums.get("EUR", 0),
        "rates": [],
        "missing": [{"unit": "PTS", "day": today.isoformat()}],
    }
    assert abs(today - utc_now().date()) <= timedelta(days=1)
    assert filled.get("/ledger/owed?in=EUR&market=XX").body["converted"]["amount"] == 0


def test_a_rate_that_was_imported_is_told_with_its_day(house: ApiHouse) -> None:
    furnish(house)
    day = utc_now().date() - timedelta(days=3)
    rows = [RateRow(day, "PTS", "EUR", Decimal("0.0075"), "test")]
    with house.inner.worker() as db, transaction(db, house.inner.program_id) as tx:
        record_rates(tx, house.inner.program_id, rows, utc_now())
        record_audit(tx, house.inner.program_id, "test", "rates.imported", "rates", utc_now())
    taken = [{"unit": "PTS", "day": day.isoformat(), "rate": "0.0075"}]
    told = house.get("/ledger/owed?in=EUR").body
    sums = summed((line["unit"], line["ready"] + line["pending"]) for line in told["lines"])
    wanted = sums.get("EUR", 0) + in_cents(sums["PTS"])
    assert (told["converted"]["amount"], told["converted"]["rates"]) == (wanted, taken)
    assert told["converted"]["missing"] == []
    told = house.get("/budgets?in=EUR&limit=1").body
    tops = [node for node in pages(house, "/budgets", 3, "budgets") if node["depth"] == 0]
    assert len(told["budgets"]) == 1
    for name, amount in told["converted"]["sums"].items():
        sums = summed((node["unit"], node["sums"][name]) for node in tops)
        assert amount == sums["EUR"] + in_cents(sums["PTS"]), name
    assert (told["converted"]["rates"], told["converted"]["missing"]) == (taken, [])


def summed(amounts: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for unit, amount in amounts:
        found[unit] += amount
    return found


def in_cents(points: int) -> int:
    return int((points * Decimal("0.0075") * 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("path", ["/ledger/owed", "/budgets"])
@pytest.mark.parametrize("said", ["XXX", "PTS", "STARS", "eur", "", "EUR%0A"])
def test_a_unit_that_nothing_can_be_converted_into_is_a_mistake(
    filled: ApiHouse, path: str, said: str
) -> None:
    answer = filled.get(f"{path}?in={said}")
    assert (answer.status, answer.kind) == (422, "wrong")
    assert [error["parameter"] for error in answer.body["errors"]] == ["in"]


def test_a_statement_names_the_other_units_of_the_member(filled: ApiHouse) -> None:
    for unit in ("EUR", "PTS"):
        told = filled.get(f"/members/{filled.member()}/statement?unit={unit}").body
        assert (told["units"], told["unit"]) == (["EUR", "PTS"], unit)
    told = filled.get(f"/members/{filled.member('ole')}/statement?unit=PTS").body
    assert told["units"] == ["PTS"]


def test_budgets_are_told_as_a_tree(filled: ApiHouse) -> None:
    nodes = pages(filled, "/budgets", 3, "budgets")
    assert {node["account"]: (node["parent"], node["depth"]) for node in nodes} == {
        "budget:central:": (None, 0),
        "budget:pot:DE": ("budget:central:", 1),
        "budget:pot:NO": ("budget:central:", 1),
        "budget:cash:": (None, 0),
    }
    germany = next(node for node in nodes if node["account"] == "budget:pot:DE")
    assert germany["sums"] == {
        "limit": 500_000,
        "free": 497_650,
        "held": 0,
        "committed": 2_350,
        "spent": 0,
        "owed": 0,
    }


def test_a_budgets_statement_ends_at_what_it_has(filled: ApiHouse) -> None:
    path = "/budgets/budget:pot:DE/statement"
    lines = pages(filled, path, 2, "lines")
    assert lines[0]["balance"] == 497_650
    assert sum(line["amount"] for line in lines) == 497_650
    assert filled.get("/budgets/budget:pot:XX/statement").status == 404
    assert filled.get("/budgets/program:funding/statement").status == 404


def test_alarms_are_those_of_budgets(filled: ApiHouse) -> None:
    (alarm,) = filled.get("/budgets/alarms").body["alarms"]
    assert (alarm["kind"], alarm["account"], alarm["detail"]) == (
        "budget_used",
        "budget:pot:NO",
        {"percent": 70},
    )
    assert filled.get("/budgets/alarms?account=budget:pot:DE&state=all").body == {"alarms": []}


def test_control_runs_say_what_they_found(filled: ApiHouse) -> None:
    (run,) = filled.get("/controls/runs?limit=1").body["runs"]
    assert run["controls"] > 10
    assert run["breaches"] == []


def test_the_audit_is_read_by_whom_and_what_and_under_which_seal(filled: ApiHouse) -> None:
    rows = pages(filled, "/audit", 5, "rows")
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    told = pages(filled, "/audit?action=rates.imported&about=rates", 5, "rows")
    assert [(row["actor"], row["seal"]) for row in told] == [("test", 1)]
    (seal,) = filled.get("/audit/seals").body["seals"]
    assert (seal["number"], len(seal["root"]), seal["total_rows"]) == (1, 64, seal["rows"])
