"""A node is topped up once a period, out of what its parent has free, whoever would like to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.budgets.house import CENTRAL, GERMANY, KIEL, ULM, House, tree_program
from tests.races import RACED, Race

from guerdon.ledger.effects import Post, TopUp
from guerdon.program.model import TopUp as Refill
from guerdon.rules.budgets import Tree, budget_tree, cover, current_periods, top_up_id
from guerdon.rules.facts import Facts
from guerdon.store.audit import record_audit
from guerdon.store.budgets import TopUpRow, load_topped_up, record_top_ups
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.pools import PoolSpent

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY, NOVEMBER = date(2026, 11, 21), date(2026, 11, 1)
EXPECTED = (
    Post(top_up_id(KIEL, NOVEMBER), GERMANY, KIEL, "EUR", 5_000),
    TopUp(KIEL, NOVEMBER, 5_000),
)


def tree() -> Tree:
    return budget_tree(tree_program())


def facts_of(**pools: int) -> Facts:
    named = {"kiel": KIEL, "germany": GERMANY, "central": CENTRAL}
    return Facts(NOW, pools={named[name]: amount for name, amount in pools.items()}, allowances={})


def test_a_node_that_stays_above_its_threshold_pays_by_itself() -> None:
    facts = facts_of(kiel=3_000, germany=35_000)
    assert cover(tree(), facts, KIEL, 1_000, DAY) == ()
    assert facts.pools == {KIEL: 3_000, GERMANY: 35_000}


def test_one_that_would_fall_below_it_is_topped_up_first() -> None:
    facts = facts_of(kiel=2_999, germany=35_000)
    assert cover(tree(), facts, KIEL, 1_000, DAY) == EXPECTED
    assert facts.pools == {KIEL: 7_999, GERMANY: 30_000}


def test_it_is_topped_up_once_a_period_and_pays_on_below_its_threshold() -> None:
    facts, grown = facts_of(kiel=1_000, germany=35_000), tree()
    assert cover(grown, facts, KIEL, 1_000, DAY) == EXPECTED
    facts.fold_pool(KIEL, -5_500, "EUR")
    assert cover(grown, facts, KIEL, 500, DAY) == ()
    assert cover(grown, facts, KIEL, 501, DAY) is None
    [post, _] = cover(grown, facts, KIEL, 501, date(2026, 12, 1)) or ()
    assert isinstance(post, Post)
    assert post.id != EXPECTED[0].id


def test_its_transfer_is_the_same_one_whoever_makes_it() -> None:
    first = cover(tree(), facts_of(kiel=0, germany=5_000), KIEL, 100, DAY)
    second = cover(tree(), facts_of(kiel=2_000, germany=90_000), KIEL, 700, date(2026, 11, 2))
    assert first == second == EXPECTED


def test_a_parent_that_has_not_enough_gives_nothing_while_the_node_can_pay() -> None:
    facts = facts_of(kiel=1_500, germany=4_999)
    assert cover(tree(), facts, KIEL, 1_000, DAY) == ()
    assert facts.topped_up == set()


def test_when_a_reward_would_fail_a_parent_gives_what_it_has_if_that_is_enough() -> None:
    facts = facts_of(kiel=500, germany=600)
    [post, mark] = cover(tree(), facts, KIEL, 1_000, DAY) or ()
    assert isinstance(post, Post)
    assert (post.amount, mark) == (600, TopUp(KIEL, NOVEMBER, 600))
    assert facts.pools == {KIEL: 1_100, GERMANY: 0}
    short = facts_of(kiel=500, germany=400)
    assert cover(tree(), short, KIEL, 1_000, DAY) is None
    assert short.pools == {KIEL: 500, GERMANY: 400}


def test_what_even_a_top_up_cannot_pay_costs_no_top_up() -> None:
    facts = facts_of(kiel=500, germany=90_000)
    assert cover(tree(), facts, KIEL, 5_501, DAY) is None
    assert facts.topped_up == set()


def test_a_parent_is_topped_up_by_its_own_parent_first() -> None:
    program = tree_program()
    market = replace(program.budgets["by_market"], top_up=Refill({"DE": 0}, {"DE": 10_000}))
    high = budget_tree(replace(program, budgets={**program.budgets, "by_market": market}))
    assert high.pools_above([KIEL]) == {GERMANY, CENTRAL}
    facts = facts_of(kiel=0, germany=1_000, central=40_000)
    effects = cover(high, facts, KIEL, 1_000, DAY)
    assert effects is not None
    assert [e.account for e in effects if isinstance(e, TopUp)] == [GERMANY, KIEL]
    assert facts.pools == {KIEL: 5_000, GERMANY: 6_000, CENTRAL: 30_000}


def test_funding_pays_without_a_floor() -> None:
    assert cover(tree(), facts_of(), "program:funding", 10**12, DAY) == ()


def test_a_budget_without_top_up_pays_what_it_has() -> None:
    assert cover(tree(), facts_of(germany=100), GERMANY, 100, DAY) == ()
    assert cover(tree(), facts_of(germany=100), GERMANY, 101, DAY) is None


def give(tx: Transaction, house: House, number: int, *, locked: bool, now: datetime = NOW) -> bool:
    """Decide and write one reward of 10.00 the way a batch does: guarded, pools late."""
    stands = """
        select name, posted - held from accounts where program_id = %s and member_id = 0 and name = any(%s)
        order by name
    """
    found = tx.execute(
        f"{stands} for no key update" if locked else stands,
        (house.program_id, [KIEL, GERMANY]),
    ).fetchall()
    facts = Facts(now, pools=dict(found), allowances={})
    facts.topped_up = load_topped_up(tx, house.program_id, current_periods(DAY))
    effects = cover(tree(), facts, KIEL, 1_000, DAY)
    if effects is None:
        return False
    reward = Post(10_000 + number, KIEL, "purse", "EUR", 1_000)
    write(tx, house, number, [*(effect for effect in effects if isinstance(effect, Post)), reward], now)
    rows = [
        TopUpRow(KIEL, GERMANY, effect.period, "EUR", effect.amount, top_up_id(KIEL, effect.period))
        for effect in effects
        if isinstance(effect, TopUp)
    ]
    record_top_ups(tx, house.program_id, rows, now)
    record_audit(tx, house.program_id, "worker", "batch.decided", "events", now)
    return True


def write(tx: Transaction, house: House, number: int, posts: Sequence[Post], now: datetime) -> None:
    """Write transfers, then change the two pools by guarded statements."""
    tx.cursor().executemany(
        """
        insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,
                               happened_at, recorded_at) values (%s, 0, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            (house.program_id, p.id, number, p.from_account, p.to_account, p.unit, p.amount, now, now)
            for p in posts
        ],
    )
    change = {KIEL: -1_000, GERMANY: 0}
    for post in posts[:-1]:
        change[post.from_account] -= post.amount
        change[post.to_account] += post.amount
    for name in sorted(change):
        done = tx.execute(
            """
            update accounts set posted = posted + %s
            where program_id = %s and member_id = 0 and name = %s and posted - held + %s >= 0
            """,
            (change[name], house.program_id, name, change[name]),
        )
        if not done.rowcount:
            raise PoolSpent
    tx.execute(
        """
        insert into accounts (program_id, member_id, name, unit, posted) values (%s, 7, 'purse', 'EUR', 1000)
        on conflict (program_id, member_id, name, unit) do update set posted = accounts.posted + 1000
        """,
        (house.program_id,),
    )


@RACED
def test_32_at_once_top_up_once_and_spend_to_the_last_cent(house: House, race: Race) -> None:
    # 150.00 are there and one top-up of 50.00: 20 of 32 rewards of 10.00 can be paid.
    def giving(number: int) -> Callable[[Connection], bool]:
        def given(db: Connection) -> bool:
            for locked in (False, True):
                try:
                    with transaction(db, house.program_id) as tx:
                        return give(tx, house, number, locked=locked)
                except PoolSpent:
                    assert not locked, "a pool was spent while it was locked"
            raise AssertionError("not decided")

        return given

    assert sum(race.run(house, [("worker", giving(number)) for number in range(32)])) == 20
    assert house.balances() == {**house.balances(), KIEL: 0, GERMANY: 30_000}
    assert house.rows("select name, period::text, amount from top_ups") == [(KIEL, "2026-11-01", 5_000)]
    assert house.rows("select count(*) from transfers where id = %s", top_up_id(KIEL, NOVEMBER)) == [(1,)]
    assert (house.allocated()[KIEL], house.allocated()[GERMANY]) == (20_000, 30_000)


def test_a_second_top_up_of_the_period_is_refused_by_the_table(house: House) -> None:
    row = TopUpRow(ULM, GERMANY, NOVEMBER, "EUR", 5_000, 1)
    with house.opened() as tx:
        record_audit(tx, house.program_id, "worker", "batch.decided", "events", NOW)
        record_top_ups(tx, house.program_id, [row], NOW)
        with pytest.raises(PoolSpent):
            record_top_ups(tx, house.program_id, [row], NOW)
    assert house.rows("select count(*) from top_ups") == [(1,)]
