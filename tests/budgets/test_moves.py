"""Allocating and returning by hand: only what is free, between neighbors in the tree, all or nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from tests.budgets.house import CENTRAL, GERMANY, KIEL, NORWAY, ULM, House

from guerdon.engine.budgets import Move, MoveRefused, apply_moves
from guerdon.store.audit import record_audit

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FUNDING = "program:funding"


def move(house: House, *moves: Move, event_id: int = 77) -> tuple[MoveRefused, ...]:
    with house.opened() as tx:
        record_audit(tx, house.program_id, "per_0", "budget.moved", "apr_0", NOW)
        return apply_moves(tx, house.program_id, moves, NOW, event_id)


def test_money_goes_down_the_tree_and_up_again(house: House) -> None:
    assert move(house, Move(GERMANY, KIEL, "EUR", 4_000), Move(ULM, GERMANY, "EUR", 10_000)) == ()
    assert house.balances() == {CENTRAL: 40_000, GERMANY: 41_000, KIEL: 19_000, ULM: 0, NORWAY: 900_000}
    assert house.allocated() == house.balances()
    found = house.rows(
        "select event_id, from_account, amount from transfers where event_id = 77 order by amount"
    )
    assert found == [(77, GERMANY, 4_000), (77, ULM, 10_000)]


def test_a_root_is_fed_by_funding_and_feeds_it(house: House) -> None:
    assert move(house, Move(FUNDING, CENTRAL, "EUR", 5_000), Move(NORWAY, FUNDING, "NOK", 900_000)) == ()
    assert (house.balances()[CENTRAL], house.balances()[NORWAY]) == (45_000, 0)


def test_what_comes_in_first_may_go_on_in_the_same_request(house: House) -> None:
    moves = [Move(CENTRAL, GERMANY, "EUR", 40_000), Move(GERMANY, KIEL, "EUR", 75_000)]
    assert move(house, *moves) == ()
    assert house.balances()[KIEL] == 90_000


def test_a_refusal_names_what_is_missing_and_moves_nothing(house: House) -> None:
    with house.opened() as tx:
        tx.execute("update accounts set held = 3000 where name = %s", (ULM,))
    before = house.balances()
    good, bad = Move(GERMANY, KIEL, "EUR", 100), Move(ULM, GERMANY, "EUR", 7_001)
    assert move(house, good, bad) == (MoveRefused(bad, "missing", 1),)
    assert house.balances() == before


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Move(GERMANY, KIEL, "EUR", 0), "amount"),
        (Move(GERMANY, KIEL, "EUR", -5), "amount"),
        (Move(GERMANY, "budget:by_dealer:nowhere", "EUR", 5), "unknown"),
        (Move(GERMANY, "purse", "EUR", 5), "unknown"),
        (Move(GERMANY, GERMANY, "EUR", 5), "unknown"),
        (Move(FUNDING, FUNDING, "EUR", 5), "unknown"),
        (Move(GERMANY, KIEL, "NOK", 5), "unit"),
        (Move(CENTRAL, KIEL, "EUR", 5), "apart"),
        (Move(KIEL, ULM, "EUR", 5), "apart"),
        (Move(FUNDING, GERMANY, "EUR", 5), "apart"),
    ],
)
def test_only_neighbors_in_the_tree_give_to_each_other(house: House, wanted: Move, reason: str) -> None:
    before = house.rows("select count(*) from transfers")
    [refused] = move(house, wanted)
    assert refused.reason == reason
    assert house.rows("select count(*) from transfers") == before


def test_many_at_once_never_take_more_than_there_is(house: House) -> None:
    def one(number: int) -> bool:
        return not move(house, Move(KIEL, GERMANY, "EUR", 2_000), event_id=1_000 + number)

    with ThreadPoolExecutor(16) as many:
        done = list(many.map(one, range(16)))
    assert sum(done) == 7
    assert house.balances()[KIEL] == 1_000
