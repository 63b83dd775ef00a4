"""What is read of budgets: the tree with its sums, statements with balances, and who is told in time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from tests.budgets.house import CENTRAL, GERMANY, KIEL, NORWAY, ULM, House, with_budget

from guerdon.connectors.cloudevents.payload import map_body
from guerdon.engine.budgets import watch_budgets
from guerdon.engine.budgets.watch import watch_program
from guerdon.engine.library import Library
from guerdon.queries.alarms import list_alarms
from guerdon.queries.budgets import BudgetLine, list_budgets, load_tree
from guerdon.queries.budgets.statements import StatementLine, list_periods, list_statement, list_top_ups
from guerdon.store.audit import record_audit
from guerdon.store.budgets import TopUpRow, record_top_ups
from guerdon.store.database import connect
from guerdon.store.sealing import Vault

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def tree(house: House, today: date = TODAY) -> dict[str, BudgetLine]:
    with house.opened("web") as tx:
        return {line.account: line for line in load_tree(tx, house.program, today)}


def watch(house: House, now: datetime = NOW) -> int:
    with house.opened() as tx:
        return watch_program(tx, house.program_id, house.program, now)


def told(house: House, kind: str) -> list[tuple[object, ...]]:
    return house.rows(
        "select subject, mark, settled_at is null from alarms where kind = %s order by subject, mark", kind
    )


def reward(house: House, payer: str, value: int, remaining: int) -> None:
    """A reward as it stands, with its money gone from the budget."""
    house.give(payer, value)
    with house.opened() as tx:
        tx.execute(
            """
            insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,
                                 state, happened_at, issued_at, available_at, redeemed_at)
            values (%s, 7, %s, 1, 'visit', 'EUR', %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                house.program_id,
                house.made,
                value,
                remaining,
                payer,
                "ready" if remaining else "redeemed",
                *[NOW] * 3,
                None if remaining else NOW,
            ),
        )


def statement(
    house: House, account: str, at_most: int = 50, after: tuple[datetime, int] | None = None
) -> list[StatementLine]:
    with house.opened("web") as tx:
        return list_statement(tx, account, "EUR", at_most, after)


def test_each_node_stands_below_the_one_that_feeds_it_with_the_sums_of_both(house: House) -> None:
    lines = tree(house)
    assert [(line.account, line.depth) for line in lines.values()] == [
        (CENTRAL, 0),
        (GERMANY, 1),
        (KIEL, 2),
        (ULM, 2),
        (NORWAY, 0),
    ]
    assert (lines[CENTRAL].total, lines[CENTRAL].left, lines[CENTRAL].own.free) == (100_000, 100_000, 40_000)
    assert (lines[GERMANY].total, lines[GERMANY].children) == (60_000, 2)
    assert {line.used_share for line in lines.values()} == {0.0}


def test_committed_held_and_spent_are_told_apart_to_the_cent(house: House) -> None:
    reward(house, KIEL, 3_000, 3_000)
    reward(house, KIEL, 2_000, 500)
    house.transfer("purse", "spent:by_dealer:de-kiel", 1_500)
    with house.opened() as tx:
        tx.execute("update accounts set held = 700 where name = %s", (KIEL,))
    lines = tree(house)
    for account, limit in ((KIEL, 15_000), (GERMANY, 60_000), (CENTRAL, 100_000)):
        sums = lines[account].sums
        assert (sums.limit, sums.committed, sums.held, sums.spent) == (limit, 3_500, 700, 1_500)
        assert sums.limit == sums.committed + sums.held + sums.spent + sums.free
    assert lines[ULM].sums.committed == 0


def test_spent_begins_anew_with_a_period_and_committed_does_not(house: House) -> None:
    reward(house, KIEL, 3_000, 3_000)
    house.give(KIEL, 1_500)
    house.transfer("purse", "spent:by_dealer:de-kiel", 1_500)
    house.turn(datetime(2026, 12, 1, 12, tzinfo=UTC))
    kiel = tree(house, date(2026, 12, 1))[KIEL]
    assert (kiel.sums.limit, kiel.sums.committed, kiel.sums.spent, kiel.left) == (15_000, 3_000, 0, 15_000)
    assert kiel.used_share == 0


def test_those_that_pay_are_listed_by_use(house: House) -> None:
    house.give(ULM, 9_000)
    house.give(KIEL, 3_000)
    with house.opened("web") as tx:
        assert [line.account for line in list_budgets(tx, house.program, TODAY)] == [ULM, KIEL, NORWAY]
        assert [line.account for line in list_budgets(tx, house.program, TODAY, "NO")] == [NORWAY]


def test_it_runs_out_on_the_day_that_a_straight_line_says(house: House) -> None:
    for days in range(4):
        house.give(KIEL, 1_000, NOW - timedelta(days=days))
    kiel = tree(house)[KIEL]
    # 110.00 are left, 10.00 go a day.
    assert (kiel.runs_out_in_days, kiel.runs_out_on) == (11, None)
    assert kiel.cycle == "month"
    endless = with_budget(house.program, replace(house.program.budgets["by_dealer"], period="none"))
    house.publish(endless)
    assert tree(house)[KIEL].runs_out_on == date(2026, 12, 2)
    assert tree(house)[ULM].runs_out_on is None


def test_what_comes_back_slows_the_pace_and_moves_in_the_tree_do_not_count(house: House) -> None:
    house.give(KIEL, 5_000, NOW - timedelta(days=9))
    house.transfer("purse", KIEL, 3_000)
    house.transfer(GERMANY, KIEL, 2_000)
    pace = tree(house)[KIEL].pace
    assert (pace.outflow, pace.days) == (2_000, 10)
    assert tree(house)[CENTRAL].pace.outflow == 2_000


def test_nothing_is_forecast_from_a_single_day(house: House) -> None:
    house.give(KIEL, 5_000)
    kiel = tree(house)[KIEL]
    assert kiel.pace.is_early
    assert kiel.runs_out_in_days is None


def test_a_budget_that_was_taken_out_is_listed_while_it_holds_something(house: House) -> None:
    with house.opened() as tx:
        tx.execute("update accounts set held = 700 where name = %s", (ULM,))
    house.publish(replace(house.program, budgets={"central": house.program.budgets["central"]}))
    assert list(tree(house)) == [CENTRAL, ULM]


def test_a_statement_shows_each_movement_with_the_balance_after_it(house: House) -> None:
    house.give(KIEL, 1_000, NOW + timedelta(hours=1))
    house.give(KIEL, 2_500, NOW + timedelta(hours=2))
    house.transfer("purse", KIEL, 500, NOW + timedelta(hours=3))
    lines = statement(house, KIEL)
    assert [(line.other, line.amount, line.balance) for line in lines] == [
        ("purse", 500, 12_000),
        ("purse", -2_500, 11_500),
        ("purse", -1_000, 14_000),
        (GERMANY, 15_000, 15_000),
    ]
    assert lines[0].member_id == 7


def test_a_statement_goes_on_where_its_page_ended_with_the_same_balances(house: House) -> None:
    # Several at one moment, too: the id parts them.
    for number in range(25):
        house.give(KIEL, 100 + number, NOW + timedelta(minutes=number // 3))
    whole = statement(house, KIEL)
    paged: list[StatementLine] = []
    while True:
        after = (paged[-1].at, paged[-1].id) if paged else None
        page = statement(house, KIEL, 7, after)
        if not page:
            break
        paged += page
        house.give(KIEL, 1, NOW + timedelta(days=1))
    assert paged == whole
    assert len(whole) == 26


def test_top_ups_and_periods_are_listed_with_when(house: House) -> None:
    with house.opened() as tx:
        record_audit(tx, house.program_id, "worker", "batch.decided", "events", NOW)
        record_top_ups(
            tx, house.program_id, [TopUpRow(KIEL, GERMANY, date(2026, 11, 1), "EUR", 5_000, 1)], NOW
        )
        assert [row.amount for row in list_top_ups(tx, KIEL, 5)] == [5_000]
        assert [(row.period, row.allocated) for row in list_periods(tx, KIEL, 5)] == [
            (date(2026, 11, 1), 15_000)
        ]
    refill = tree(house)[KIEL].refill
    assert refill is not None
    assert (refill.below, refill.amount, refill.done_at) == (2_000, 5_000, NOW)
    assert tree(house, date(2026, 12, 1))[KIEL].refill == replace(refill, done_at=None)
    house.program = with_budget(house.program, replace(house.program.budgets["by_dealer"], top_up=None))
    assert tree(house)[KIEL].refill is None


def test_each_mark_is_told_once_for_a_node_and_period(house: House) -> None:
    house.give(ULM, 6_999)
    assert watch(house) == 0
    house.give(ULM, 1)
    assert watch(house) == 1
    assert watch(house) == 0
    house.give(ULM, 3_000)
    assert watch(house) == 2
    assert told(house, "budget_used") == [(ULM, f"2026-11-01:{mark}", True) for mark in (100, 70, 90)]
    # What is set aside is used as well.
    with house.opened() as tx:
        tx.execute("update accounts set held = 10500 where name = %s", (KIEL,))
    assert watch(house) == 1


def test_an_alarm_that_holds_no_more_is_settled_and_not_said_again(house: House) -> None:
    house.give(ULM, 7_000)
    assert watch(house) == 1
    house.transfer("purse", ULM, 5_000)
    assert watch(house) == 0
    assert told(house, "budget_used") == [(ULM, "2026-11-01:70", False)]
    house.give(ULM, 5_000)
    assert watch(house) == 0


def test_a_new_period_settles_what_was_said_of_the_one_before_and_may_say_it_again(house: House) -> None:
    house.give(ULM, 7_000)
    watch(house)
    december = datetime(2026, 12, 1, 12, tzinfo=UTC)
    house.turn(december)
    assert told(house, "budget_used") == [(ULM, "2026-11-01:70", False)]
    house.give(ULM, 7_000, december)
    watch(house, december)
    assert (ULM, "2026-12-01:70", True) in told(house, "budget_used")


def test_a_low_balance_is_told_with_the_day_on_which_it_runs_out(house: House) -> None:
    for days in range(4):
        house.give(KIEL, 2_500, NOW - timedelta(days=days))
    assert watch(house) == 1
    with house.opened("web") as tx:
        [alarm] = list_alarms(tx, 10, KIEL, only_open=True)
    # 50.00 are left, 25.00 go a day; the month has nine days left.
    assert alarm.kind == "budget_runs_out"
    assert alarm.detail == {"unit": "EUR", "left": 5_000, "runs_out_on": "2026-11-23"}


def test_the_worker_watches_by_the_live_version(house: House) -> None:
    house.give(ULM, 10_000)
    library = Library(Vault(house.secret), {"cloudevents": map_body})
    with connect(house.url, house.secret, "worker") as db:
        assert watch_budgets(db, library, NOW) == 3
        assert watch_budgets(db, library, NOW) == 0
    [(detail,)] = house.rows("select detail from alarms where mark = '2026-11-01:90'")
    assert detail == {"percent": 90, "unit": "EUR", "left": 0, "of": 10_000, "runs_out_on": None}
