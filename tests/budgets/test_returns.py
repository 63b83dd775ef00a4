"""What comes back to a budget that is no more goes up the way it came down, also while others publish."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from tests.budgets.house import CENTRAL, GERMANY, KIEL, NORWAY, ULM, House, with_budget, with_text
from tests.budgets.test_top_ups import give

from guerdon.engine.budgets import Move, MoveRefused, apply_moves, send_returns
from guerdon.program.model import Program
from guerdon.queries.controls import budgets
from guerdon.queries.controls.run import run_controls
from guerdon.rules.budgets import current_periods
from guerdon.store.budgets import load_topped_up
from guerdon.store.database import connect

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)


def send_up(house: House) -> int:
    with connect(house.url, house.secret, "worker") as db:
        return send_returns(db, NOW)


def breaches(house: House, now: datetime = NOW) -> list[str]:
    """What the controls of budgets say."""
    with house.opened() as tx:
        checked = run_controls(tx, now, budgets.CONTROLS).breached
    return [f"{each.key}: {breach}" for each in checked for breach in each.breaches]


def without(program: Program, *keys: str) -> Program:
    return replace(program, budgets={k: b for k, b in program.budgets.items() if k not in keys})


def test_it_passes_every_budget_that_is_gone_up_to_the_first_that_is_there(house: House) -> None:
    house.give(KIEL, 12_000)
    house.publish(without(house.program, "by_dealer", "by_market"))
    house.transfer("purse", KIEL, 5_000)
    before = house.balances()
    assert send_up(house) == 2
    assert house.balances() == {**before, KIEL: 0, CENTRAL: before[CENTRAL] + 5_000}
    ((actor, detail),) = house.rows("select actor, detail from audit where action = 'budget.returned'")
    assert (actor, detail) == ("worker", {"changes_minor": {KIEL: -5_000, CENTRAL: 5_000}})
    assert breaches(house) == []


def test_what_was_set_aside_goes_up_once_it_is_free(house: House) -> None:
    with house.opened() as tx:
        tx.execute("update accounts set held = 14000 where name = %s", (KIEL,))
    house.publish(without(house.program, "by_dealer"))
    assert send_up(house) == 0
    assert house.balances()[KIEL] == 14_000
    with house.opened() as tx:
        tx.execute("update accounts set held = 0 where name = %s", (KIEL,))
    before = house.balances()
    assert send_up(house) == 1
    assert house.balances() == {**before, KIEL: 0, GERMANY: before[GERMANY] + 14_000}


def test_nobody_gives_by_hand_to_a_budget_that_is_gone(house: House) -> None:
    house.publish(without(house.program, "by_dealer"))
    asked = Move(GERMANY, KIEL, "EUR", 1_000)
    with house.opened() as tx:
        assert apply_moves(tx, house.program_id, [asked], NOW, 77) == (MoveRefused(asked, "unknown"),)


def test_a_budget_in_a_new_unit_is_topped_up_in_periods_of_its_own(house: House) -> None:
    market = house.program.budgets["by_market"]
    norway = replace(market.nodes["NO"], unit="EUR", amount_minor=10_000, parent_account=CENTRAL)
    house.publish(with_budget(house.program, replace(market, nodes={**market.nodes, "NO": norway})))
    house.turn(DECEMBER)
    with house.opened() as tx:
        found = load_topped_up(tx, house.program_id, current_periods(DECEMBER.date()))
    # Its account in crowns stands in November for ever.
    assert (NORWAY, date(2026, 12, 1)) not in found
    assert breaches(house) == []


def test_value_that_comes_back_while_others_publish_is_lost_nowhere(house: House) -> None:
    house.give(KIEL, 12_000)
    whole, less = house.program, without(house.program, "by_dealer")
    together = Barrier(3)

    def publish(programs: Sequence[Program]) -> None:
        together.wait()
        for program in programs:
            House(house.url, house.secret, program).publish(program)

    def bring_back(count: int) -> None:
        together.wait()
        for _ in range(count):
            house.transfer("purse", KIEL, 1_000)

    def send(count: int) -> None:
        together.wait()
        for _ in range(count):
            send_up(house)

    with ThreadPoolExecutor(3) as three:
        tasks = [
            three.submit(publish, [less, whole, less, whole, less]),
            three.submit(bring_back, 12),
            three.submit(send, 20),
        ]
        for task in tasks:
            task.result()
    send_up(house)
    assert house.balances() == {KIEL: 0, ULM: 0, GERMANY: 60_000, CENTRAL: 40_000, NORWAY: 900_000}
    assert breaches(house) == []


@pytest.mark.parametrize("clock", [NOW, DECEMBER + timedelta(hours=1)], ids=["behind", "ahead"])
def test_a_top_up_that_crosses_the_turn_by_its_clock_is_counted_where_it_was_made(
    house: House, clock: datetime
) -> None:
    house.give(KIEL, 14_000)
    if clock < DECEMBER:
        # Behind: decided by November's clock, and committed when December had begun.
        house.turn(DECEMBER)
        house.give(KIEL, 14_000, DECEMBER)
    with house.opened() as tx:
        assert give(tx, house, 1, locked=True, now=clock)
    assert house.rows("select amount from top_ups") == [(5_000,)]
    if clock > DECEMBER:
        # Ahead: committed in November, and recorded after December began.
        house.turn(DECEMBER)
    assert breaches(house) == []
    house.publish(with_text(house.program, '"Tree"', '"Forest"'), DECEMBER + timedelta(hours=2))
    assert breaches(house) == []
