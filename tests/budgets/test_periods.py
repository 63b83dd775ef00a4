"""Periods begin once: what is left and not carried over goes back, then each node gets its amount."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.budgets.house import CENTRAL, GERMANY, KIEL, NORWAY, ULM, House, with_amounts, with_budget

from guerdon.connectors.cloudevents.payload import map_body
from guerdon.engine.budgets import turn_periods
from guerdon.engine.library import Library
from guerdon.program.model import BudgetPeriod
from guerdon.queries.controls.budgets import ALLOCATED
from guerdon.rules.budgets import NO_PERIOD, current_periods, period_end, period_start
from guerdon.store.budgets import load_topped_up
from guerdon.store.database import connect
from guerdon.store.sealing import Vault

DECEMBER = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 1, 9, tzinfo=UTC)


def periods(house: House) -> dict[str, str]:
    return {str(n): str(p) for n, p in house.rows("select name, period::text from budget_nodes")}


def test_what_is_left_goes_back_and_every_node_gets_its_amount(house: House) -> None:
    house.give(KIEL, 9_000)
    turned = house.turn(DECEMBER)
    assert turned is not None
    assert turned.returned_minor == {GERMANY: 51_000, NORWAY: 900_000, KIEL: 6_000, ULM: 10_000}
    assert turned.given_minor == {GERMANY: 60_000, NORWAY: 900_000, KIEL: 15_000, ULM: 10_000}
    # Central's own year goes on: of its 1,000.00 the 90.00 are gone.
    assert house.balances() == {CENTRAL: 31_000, GERMANY: 35_000, KIEL: 15_000, ULM: 10_000, NORWAY: 900_000}
    assert house.allocated() == house.balances()
    assert periods(house)[KIEL] == "2026-12-01"
    assert periods(house)[CENTRAL] == "2026-01-01"


def test_a_period_begins_once_however_often_it_is_asked(house: House) -> None:
    assert house.turn(DECEMBER) is not None
    before = house.rows("select count(*) from transfers")
    assert house.turn(DECEMBER) is None
    assert house.turn(DECEMBER + timedelta(days=20)) is None
    assert house.turn(DECEMBER - timedelta(days=10)) is None
    assert house.rows("select count(*) from transfers") == before


def test_several_at_once_begin_it_once(house: House) -> None:
    with ThreadPoolExecutor(8) as eight:
        done = list(eight.map(lambda _: house.turn(DECEMBER), range(8)))
    assert sum(turned is not None for turned in done) == 1
    assert house.balances()[KIEL] == 15_000
    assert house.rows("select count(*) from budget_periods where name = %s", KIEL) == [(2,)]


def test_a_node_is_given_nothing_for_a_period_that_has_not_begun_yet(house: House) -> None:
    december = current_periods(DECEMBER.date())
    with house.opened() as tx:
        closed = {
            name for name, period in load_topped_up(tx, house.program_id, december) if period.month == 12
        }
    assert {KIEL, ULM, GERMANY} <= closed
    house.turn(DECEMBER)
    with house.opened() as tx:
        assert load_topped_up(tx, house.program_id, december) & {(KIEL, date(2026, 12, 1))} == set()


def test_missed_periods_end_in_the_present_one(house: House) -> None:
    house.give(ULM, 1_000)
    turned = house.turn(datetime(2027, 3, 15, tzinfo=UTC))
    assert turned is not None
    assert turned.given_minor[CENTRAL] == 100_000
    assert house.balances() == {CENTRAL: 40_000, GERMANY: 35_000, KIEL: 15_000, ULM: 10_000, NORWAY: 900_000}
    assert set(periods(house).values()) == {"2027-03-01", "2027-01-01"}
    assert house.turn(datetime(2027, 3, 16, tzinfo=UTC)) is None


def test_a_new_year_gives_what_the_root_kept_back_to_funding(house: House) -> None:
    house.give(KIEL, 9_000)
    turned = house.turn(NEW_YEAR)
    assert turned is not None
    assert turned.returned_minor[CENTRAL] == 91_000
    assert house.rows("select posted from accounts where name = 'program:funding' and unit = 'EUR'") == [
        (-109_000,)
    ]


def test_what_is_carried_over_stays_and_the_amount_comes_on_top(house: House) -> None:
    carried = replace(house.program.budgets["by_dealer"], carry_over=True)
    house.publish(with_budget(house.program, carried))
    house.give(KIEL, 9_000)
    turned = house.turn(DECEMBER)
    assert turned is not None
    assert turned.returned_minor[KIEL] == 0
    assert (house.balances()[KIEL], house.allocated()[KIEL]) == (21_000, 21_000)


def test_what_waits_for_approval_stays_where_it_is_held(house: House) -> None:
    with house.opened() as tx:
        tx.execute("update accounts set held = 4000 where name = %s", (KIEL,))
    house.turn(DECEMBER)
    assert house.balances()[KIEL] == 19_000


def test_what_a_parent_lacks_at_the_turn_is_named_and_somebody_is_told(house: House) -> None:
    house.give(GERMANY, 35_000)
    turned = house.turn(DECEMBER)
    assert turned is not None
    # Central had 400.00 and 250.00 came back to Germany and on: 650.00 for 600.00, the next month 50.00.
    assert turned.missing_minor == {}
    house.give(GERMANY, 35_000)
    turned = house.turn(datetime(2027, 1, 1, tzinfo=UTC) - timedelta(hours=2))
    assert turned is None
    house.give(CENTRAL, 5_000)
    less = with_amounts(house.program, "central", one=0)
    house.publish(less)
    turned = house.turn(NEW_YEAR)
    assert turned is not None
    assert turned.missing_minor == {GERMANY: 60_000, KIEL: 15_000, ULM: 10_000}
    told = house.rows(
        "select subject, mark, detail ->> 'missing' from alarms where kind = 'budget_short' order by 1"
    )
    assert told == [
        (KIEL, "2027-01-01", "15000"),
        (ULM, "2027-01-01", "10000"),
        (GERMANY, "2027-01-01", "60000"),
    ]


def test_a_turn_is_on_record(house: House) -> None:
    house.turn(DECEMBER)
    [(actor, detail)] = house.rows("select actor, detail from audit where action = 'budget.period_began'")
    assert actor == "worker"
    assert isinstance(detail, dict)
    assert detail["periods"] == ["by_dealer:2026-12-01", "by_market:2026-12-01"]


def test_the_worker_turns_every_program_by_its_live_version(house: House) -> None:
    library = Library(Vault(house.secret), {"cloudevents": map_body})
    with connect(house.url, house.secret, "worker") as db:
        # Berlin is an hour ahead: in UTC it is November still.
        assert turn_periods(db, library, datetime(2026, 11, 30, 22, 59, tzinfo=UTC)) == []
        [turned] = turn_periods(db, library, datetime(2026, 11, 30, 23, 0, tzinfo=UTC))
        assert turned.given_minor[KIEL] == 15_000
        assert turn_periods(db, library, datetime(2026, 11, 30, 23, 1, tzinfo=UTC)) == []


def test_days_of_the_clock_change_belong_to_their_local_month(house: House) -> None:
    # Berlin changes its clocks late in March and October; a month ends by the local clock of its day.
    for before, after in (
        (datetime(2027, 3, 31, 21, 59, tzinfo=UTC), datetime(2027, 3, 31, 22, 0, tzinfo=UTC)),
        (datetime(2027, 10, 31, 22, 59, tzinfo=UTC), datetime(2027, 10, 31, 23, 0, tzinfo=UTC)),
    ):
        house.turn(before)
        assert house.turn(before) is None
        assert house.turn(after) is not None


def test_a_budget_that_gets_periods_later_begins_with_the_present_one(house: House) -> None:
    house.give(KIEL, 1_000)
    house.turn(DECEMBER)
    never = with_budget(house.program, replace(house.program.budgets["by_dealer"], period="none"))
    house.publish(never, DECEMBER + timedelta(hours=1))
    assert periods(house)[KIEL] == "0001-01-01"
    with house.opened("web") as tx:
        assert tx.execute(ALLOCATED.asked_of(tx)).fetchall() == []
    monthly = with_budget(house.program, replace(house.program.budgets["by_dealer"], period="month"))
    house.publish(monthly, DECEMBER + timedelta(hours=2))
    assert periods(house)[KIEL] == "2026-12-01"
    assert house.turn(datetime(2026, 12, 30, tzinfo=UTC)) is None


def test_what_comes_back_late_is_free_in_the_new_period_and_breaks_nothing(house: House) -> None:
    house.give(KIEL, 9_000)
    house.turn(DECEMBER)
    house.transfer("purse", KIEL, 9_000, DECEMBER)
    assert (house.balances()[KIEL], house.allocated()[KIEL]) == (24_000, 15_000)
    house.publish(with_amounts(house.program, "by_dealer", de_kiel=0))
    assert house.balances()[KIEL] == 9_000
    house.turn(NEW_YEAR)
    assert house.balances()[KIEL] == 0


@pytest.mark.parametrize(
    ("period", "day", "start", "end"),
    [
        ("none", date(2026, 2, 28), NO_PERIOD, None),
        ("month", date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
        ("month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 3, 31), date(2026, 1, 1), date(2026, 4, 1)),
        ("quarter", date(2026, 12, 31), date(2026, 10, 1), date(2027, 1, 1)),
        ("year", date(2026, 12, 31), date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_day_belongs_to_one_period(period: BudgetPeriod, day: date, start: date, end: date | None) -> None:
    assert period_start(period, day) == start
    assert period_end(period, start) == end
    assert start in current_periods(day)


def test_what_was_allocated_is_derived_again_from_transfers_alone(house: House) -> None:
    house.give(KIEL, 9_000)
    house.turn(DECEMBER)
    # A batch that was at work when the period began is recorded before it and committed after.
    house.give(KIEL, 1_000, DECEMBER - timedelta(seconds=1))
    house.transfer("purse", KIEL, 9_000, DECEMBER)
    house.publish(with_amounts(house.program, "by_dealer", de_kiel=0), NEW_YEAR)
    house.publish(with_amounts(house.program, "by_dealer", de_kiel=17_000), NEW_YEAR)
    with house.opened("web") as tx:
        assert tx.execute(ALLOCATED.asked_of(tx)).fetchall() == []
