"""A budget that is in another unit by now, or gone: what comes back of it pays nothing, and goes up."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from tests.engine.harbor_house import HarborHouse
from tests.rules.harbor import HARBOR

from guerdon.config import Settings, read_settings
from guerdon.engine.budgets import send_returns
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.controls import budgets
from guerdon.queries.controls.run import run_controls
from guerdon.store.database import connect, transaction
from guerdon.worker import Worker

FUNDING, CENTRAL, MAIN = "program:funding", "budget:central:", "budget:main:DE"
MONEY = (
    (
        "  EUR: { kind: money, digits: 2 }",
        "  EUR: { kind: money, digits: 2 }\n  NOK: { kind: money, digits: 2 }",
    ),
    ("{ type: money }", "{ type: money, unit: EUR }"),
)
IN_NOK = (
    (
        "main: { per: market, unit: EUR, amounts: { DE: 1000.00",
        "main: { per: market, unit: NOK, amounts: { DE: 300.00",
    ),
    ("{ DE: 200.00 EUR, NO: 50.00 EUR }", "{ DE: 200.00 NOK, NO: 50.00 NOK }"),
    ("value: 100.00 EUR, pay_from: main", "value: 100.00 NOK, pay_from: main"),
    ("amount: 250.00 EUR, rules: [gift]", "amount: 250.00 NOK, rules: [gift]"),
    ("values: [200.00 EUR,", "values: [200.00 NOK, 100.00 NOK, 50.00 NOK, 200.00 EUR,"),
)
# Another text that says the same of budgets.
RENAMED = (("name: Harbor", "name: Haven"),)
# A budget above: of the dealers alone, or of both.
CENTRAL_BESIDE = (
    ("main: { per: market,", "central: { per: one, unit: EUR, amount: 2000.00 }\n  main: { per: market,"),
    ("dealers: { per: location,", "dealers: { per: location, parent: central,"),
)
BELOW_CENTRAL = (*CENTRAL_BESIDE, ("main: { per: market,", "main: { per: market, parent: central,"))
# What `main` paid, another pays from now on.
WITHOUT_MAIN = (("main: { per: market,", "base: { per: market,"), ("pay_from: main", "pay_from: base"))
ORDER: dict[str, object] = {"order_no": "A", "amount": 100}
RETURN: dict[str, object] = {"order_no": "A", "refunded": 1, "total": 1}


@pytest.fixture
def house(database: str, secret: str) -> Iterator[HarborHouse]:
    """Give a house, and check its books at the end."""
    made = HarborHouse(database, secret)
    yield made
    made.check()


def again(house: HarborHouse, *changes: tuple[str, str]) -> None:
    """Publish the harbor's text with these changes as its next version."""
    text = HARBOR.read_text(encoding="utf-8")
    for old, new in (*MONEY, *changes):
        assert old in text, old
        text = text.replace(old, new)
    program = read_program(text, None, "harbor")
    assert isinstance(program, Program), program
    house.program = program
    house.now += timedelta(minutes=1)
    with connect(house.url, house.secret, "owner") as db:
        publish(db, program, "test", house.now)
    # What is told from now on happened under the new text.
    house.now += timedelta(hours=10)


def send_up(house: HarborHouse) -> int:
    with connect(house.url, house.secret, "worker") as db:
        return send_returns(db, house.now)


def stands(house: HarborHouse) -> dict[tuple[object, object], object]:
    """What accounts of budgets have, and funding gave, by name and unit."""
    found = house.rows("select name, unit, posted from accounts where member_id = 0")
    return {(name, unit): posted for name, unit, posted in found}


def late(house: HarborHouse) -> list[str]:
    """What the daily run of the day after tomorrow says of nodes."""
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        (nodes, _) = run_controls(tx, house.now + timedelta(days=2), (budgets.NODES,)).controls
    return [str(breach) for breach in nodes.breaches]


def test_what_comes_back_in_the_unit_before_covers_nothing(house: HarborHouse) -> None:
    house.open("harbor", *MONEY)
    house.join("ann")
    house.tell_and_work(("ann", "order.placed", -5, ORDER))
    again(house, *IN_NOK)
    house.tell_and_work(
        ("ann", "order.placed", 1, {"order_no": "B", "amount": 100}),
        ("ann", "order.returned", 2, RETURN),
        ("ann", "order.placed", 3, {"order_no": "C", "amount": 100}),
    )
    assert [each["reason"] for each in house.effects("refuse")] == ["budget:main"]


def test_what_comes_back_to_a_topmost_budget_of_another_unit_goes_to_funding(house: HarborHouse) -> None:
    house.open("harbor", *MONEY)
    house.join("ann")
    house.tell_and_work(("ann", "order.placed", -5, ORDER))
    again(house, *IN_NOK)
    given = stands(house)[FUNDING, "EUR"]
    assert isinstance(given, int)
    house.tell_and_work(("ann", "order.returned", -3, RETURN))
    assert stands(house)[MAIN, "EUR"] == 20_000
    house.check()
    # Until the worker comes by; one that never does is named by the next day's run.
    assert late(house) == [f"{MAIN} in EUR: 20000 came back to a node that is no more, and went not up"]
    assert send_up(house) == 1
    assert stands(house)[MAIN, "EUR"] == 0
    assert stands(house)[FUNDING, "EUR"] == given + 20_000
    assert stands(house)[MAIN, "NOK"] == 30_000
    assert late(house) == []
    assert send_up(house) == 0


def test_it_goes_to_the_nearest_ancestor_that_is_there_in_its_unit(house: HarborHouse) -> None:
    house.open("harbor", *MONEY, *BELOW_CENTRAL)
    house.join("ann")
    house.tell_and_work(
        ("ann", "order.placed", -9, ORDER), ("ann", "order.placed", -8, {"order_no": "B", "amount": 100})
    )
    again(house, *CENTRAL_BESIDE, *IN_NOK)
    before = stands(house)
    house.tell_and_work(("ann", "order.returned", -3, RETURN))
    assert send_up(house) == 1
    after = stands(house)
    assert (after[MAIN, "EUR"], after[CENTRAL, "EUR"]) == (0, before[CENTRAL, "EUR"] + 20_000)  # type: ignore[operator]
    house.check()
    # Now central is gone, too: on its way to funding the value passes the account it once came through.
    again(house, *IN_NOK)
    before = stands(house)
    house.tell_and_work(("ann", "order.returned", -2, {**RETURN, "order_no": "B"}))
    assert send_up(house) == 2
    after = stands(house)
    assert (after[MAIN, "EUR"], after[CENTRAL, "EUR"]) == (0, 0)
    assert after[FUNDING, "EUR"] == before[FUNDING, "EUR"] + 20_000  # type: ignore[operator]


def test_what_comes_back_to_a_budget_that_is_no_more_goes_up(house: HarborHouse) -> None:
    house.open("harbor", *MONEY)
    house.join("ann")
    house.tell_and_work(("ann", "order.placed", -5, ORDER))
    again(house, *WITHOUT_MAIN)
    assert stands(house)[MAIN, "EUR"] == 0
    house.tell_and_work(("ann", "order.returned", -3, RETURN))
    assert send_up(house) == 1
    assert stands(house)[MAIN, "EUR"] == 0
    # All of it came back, so a text that has the budget again gives it all that it says.
    again(house, *RENAMED)
    assert stands(house)[MAIN, "EUR"] == 100_000


def test_a_unit_that_is_left_and_taken_again_is_one_account_with_all_its_moves(house: HarborHouse) -> None:
    house.open("harbor", *MONEY)
    house.join("ann")
    house.tell_and_work(("ann", "order.placed", -5, ORDER))
    again(house, *IN_NOK)
    house.check()
    again(house, *RENAMED)
    house.check()
    house.tell_and_work(("ann", "order.returned", -3, RETURN))
    # It is there again, so what comes back stays.
    assert send_up(house) == 0
    assert stands(house)[MAIN, "EUR"] == 120_000
    assert stands(house)[MAIN, "NOK"] == 0


def test_the_workers_clock_sends_it_up_by_itself(house: HarborHouse, tmp_path: Path) -> None:
    house.open("harbor", *MONEY)
    house.join("ann")
    house.tell_and_work(("ann", "order.placed", -5, ORDER))
    again(house, *IN_NOK)
    house.tell_and_work(("ann", "order.returned", -3, RETURN))
    settings = read_settings(
        {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    worker = Worker(settings, "time")
    thread = Thread(target=worker.run)
    thread.start()
    try:
        house.await_true("select posted = 0 from accounts where name = %s and unit = 'EUR'", MAIN)
    finally:
        worker.stop()
        thread.join()
    assert house.rows("select actor from audit where action = 'budget.returned'") == [("worker",)]
