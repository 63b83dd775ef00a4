"""Publishing opens the tree: from funding to the root, from parent to child; then only what differs moves."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.budgets.house import (
    CENTRAL,
    GERMANY,
    KIEL,
    NORWAY,
    ULM,
    House,
    tree_program,
    with_amounts,
    with_text,
)

from guerdon.program.load import read_program
from guerdon.program.model import Program


def test_the_root_is_funded_and_each_child_by_its_parent(house: House) -> None:
    moved = house.rows("select from_account, to_account, unit, amount from transfers order by id")
    assert set(moved) == {
        ("program:funding", CENTRAL, "EUR", 100_000),
        ("program:funding", NORWAY, "NOK", 900_000),
        (CENTRAL, GERMANY, "EUR", 60_000),
        (GERMANY, KIEL, "EUR", 15_000),
        (GERMANY, ULM, "EUR", 10_000),
    }
    assert house.balances() == {CENTRAL: 40_000, GERMANY: 35_000, KIEL: 15_000, ULM: 10_000, NORWAY: 900_000}
    assert house.allocated() == house.balances()


def test_every_node_knows_its_place_its_parent_and_its_period(house: House) -> None:
    found = house.rows(
        "select name, unit, market, location, parent, period::text from budget_nodes order by name"
    )
    assert found == [
        (KIEL, "EUR", "DE", "de-kiel", GERMANY, "2026-11-01"),
        (ULM, "EUR", "DE", "de-ulm", GERMANY, "2026-11-01"),
        (GERMANY, "EUR", "DE", None, CENTRAL, "2026-11-01"),
        (NORWAY, "NOK", "NO", None, None, "2026-11-01"),
        (CENTRAL, "EUR", None, None, None, "2026-01-01"),
    ]
    periods = house.rows("select name, returned, allocated from budget_periods order by name")
    assert periods == [
        (KIEL, 0, 15_000),
        (ULM, 0, 10_000),
        (GERMANY, 0, 60_000),
        (NORWAY, 0, 900_000),
        (CENTRAL, 0, 100_000),
    ]


def test_the_same_text_again_moves_nothing(house: House) -> None:
    before = house.rows("select count(*) from transfers")
    done = house.publish()
    assert (done.version, done.funded_minor, done.missing_minor) == (1, {}, {})
    assert house.rows("select count(*) from transfers") == before


def test_a_child_that_rises_takes_from_its_parent_alone(house: House) -> None:
    done = house.publish(with_amounts(house.program, "by_dealer", de_kiel=20_000))
    assert done.funded_minor == {KIEL: 5_000, GERMANY: -5_000}
    assert (house.balances()[CENTRAL], house.balances()[GERMANY]) == (40_000, 30_000)


def test_what_the_parent_lacks_is_not_moved_and_named(house: House) -> None:
    done = house.publish(with_amounts(house.program, "by_dealer", de_kiel=60_000))
    assert done.missing_minor == {KIEL: 10_000}
    assert house.balances()[KIEL] == 50_000
    assert house.balances()[GERMANY] == 0
    # What was missing is given as soon as the parent has it.
    done = house.publish(with_amounts(house.program, "by_market", DE=65_000))
    assert (done.funded_minor, done.missing_minor) == ({CENTRAL: -5_000, KIEL: 5_000}, {KIEL: 5_000})


def test_parent_and_child_rise_together_from_root_to_leaf(house: House) -> None:
    program = with_amounts(with_amounts(house.program, "by_dealer", de_kiel=60_000), "by_market", DE=100_000)
    done = house.publish(with_amounts(program, "central", one=150_000))
    assert done.missing_minor == {}
    assert house.balances() == {CENTRAL: 50_000, GERMANY: 30_000, KIEL: 60_000, ULM: 10_000, NORWAY: 900_000}


def test_a_node_that_falls_gives_back_what_is_free_and_no_more(house: House) -> None:
    house.give(KIEL, 12_000)
    done = house.publish(with_amounts(house.program, "by_dealer", de_kiel=0))
    assert done.funded_minor == {KIEL: -3_000, GERMANY: 3_000}
    assert house.balances()[KIEL] == 0
    # Of the new amount 120.00 were given already.
    done = house.publish(with_amounts(house.program, "by_dealer", de_kiel=13_000))
    assert done.funded_minor == {KIEL: 1_000, GERMANY: -1_000}


def test_what_is_set_aside_for_approval_is_not_taken_back(house: House) -> None:
    with house.opened() as tx:
        tx.execute("update accounts set held = 14000 where name = %s", (KIEL,))
    house.publish(with_amounts(house.program, "by_dealer", de_kiel=0))
    assert house.balances()[KIEL] == 14_000


def test_money_that_people_moved_stays_where_they_moved_it(house: House) -> None:
    house.transfer(GERMANY, KIEL, 4_000)
    done = house.publish(with_text(house.program, '"Tree"', '"Forest"'))
    assert (done.version, done.funded_minor) == (2, {})
    assert house.balances()[KIEL] == 19_000


def test_a_budget_that_is_taken_out_gives_back_what_is_free(house: House) -> None:
    house.give(KIEL, 12_000)
    less = {key: budget for key, budget in house.program.budgets.items() if key != "by_dealer"}
    done = house.publish(replace(house.program, budgets=less))
    assert done.funded_minor == {KIEL: -3_000, ULM: -10_000, GERMANY: 13_000}
    # The 120.00 that it had spent are still spent of Germany's 600.00.
    assert house.balances()[GERMANY] == 48_000
    assert house.publish().funded_minor == {}


def test_a_budget_that_gets_a_parent_later_brings_its_money_along(house: House) -> None:
    alone = house.program.budgets["by_market"]
    alone = replace(
        alone, nodes={p: replace(n, parent_account=None) for p, n in alone.nodes.items()}, parent=None
    )
    without = {key: budget for key, budget in house.program.budgets.items() if key != "central"}
    whole = house.program
    done = house.publish(replace(whole, budgets={**without, "by_market": alone}))
    assert done.funded_minor == {CENTRAL: -40_000}
    # The 600.00 of Germany count towards the 1,000.00 of central.
    assert house.publish(whole).funded_minor == {CENTRAL: 40_000}
    house.check()


def test_a_node_whose_currency_changes_gives_back_the_old_and_gets_the_new(house: House) -> None:
    market = house.program.budgets["by_market"]
    norway = replace(market.nodes["NO"], unit="EUR", amount_minor=10_000, parent_account=CENTRAL)
    changed = replace(market, nodes={**market.nodes, "NO": norway})
    house.publish(replace(house.program, budgets={**house.program.budgets, "by_market": changed}))
    stands = house.rows("select unit, posted from accounts where name = %s order by unit", NORWAY)
    assert stands == [("EUR", 10_000), ("NOK", 0)]
    nodes = house.rows(
        "select unit, allocated, closed_at is null from budget_nodes where name = %s order by unit", NORWAY
    )
    assert nodes == [("EUR", 10_000, True), ("NOK", 0, False)]


def test_many_who_publish_at_once_fund_once(house: House) -> None:
    changed = [
        with_amounts(with_text(house.program, '"Tree"', f'"Tree {n}"'), "by_dealer", de_kiel=20_000)
        for n in range(6)
    ]

    def publish_one(program: Program) -> int:
        return House(house.url, house.secret, program).publish().version

    with ThreadPoolExecutor(6) as six:
        versions = list(six.map(publish_one, changed))
    assert sorted(versions) == [2, 3, 4, 5, 6, 7]
    assert house.balances()[KIEL] == 20_000
    assert house.balances()[GERMANY] == 30_000


@pytest.mark.parametrize(
    ("old", "new"),
    [('"parent": "central"', '"parent": "by_dealer"'), ('"parent": "central"', '"parent": "by_market"')],
)
def test_a_budget_that_is_its_own_ancestor_is_refused_with_its_name(old: str, new: str) -> None:
    text = tree_program().text
    assert old in text, text[:2_000]
    mistakes = read_program(text.replace(old, new), None, "tree")
    assert isinstance(mistakes, list)
    assert any("by_market" in str(problem) or "by_dealer" in str(problem) for problem in mistakes)
