"""T-08: periods of limits and budgets are those of the program's own calendar, whatever clocks do."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.budgets.house import GERMANY, KIEL, TREE
from tests.budgets.house import House as BudgetHouse
from tests.clock.test_value_in_time import BERLIN, NOUGHT, SHIFTS
from tests.rules.harbor import HARBOR, Member, harbor, said

from guerdon.program.load import load_program, read_program
from guerdon.program.model import Program


def berlin(*parts: int, fold: int = 0) -> datetime:
    year, month, day, hour, minute, second = (*parts, *NOUGHT[len(parts) :])
    return datetime(year, month, day, hour, minute, second, tzinfo=BERLIN, fold=fold).astimezone(UTC)


def roomy() -> Program:
    """The harbor, where no cap comes before a limit."""
    text = HARBOR.read_text(encoding="utf-8").replace("cap: 100 CAP", "cap: 100000 CAP")
    program = read_program(text, None, "harbor")
    assert isinstance(program, Program), program
    return program


# Days of 23, 24 and 25 hours, a leap day, the last of a year.
DAYS = ((2027, 3, 28), (2026, 10, 25), (2028, 2, 29), (2026, 12, 31), (2026, 5, 4))


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_day_of_a_limit_is_the_programs_own_however_long_it_is(day: tuple[int, int, int]) -> None:
    first = berlin(*day)
    last = berlin(*day, 23, 59, 59)
    ann = Member(roomy(), now=last + timedelta(days=2))
    heard = [ann.hears("visit.done", at) for at in (first - timedelta(seconds=1), first, last)]
    assert all("issue" in said(each) for each in heard)
    # Two of the day are taken; the day before and the day after have room.
    assert "limit:visit_day" in said(ann.hears("visit.done", first + timedelta(hours=12)))
    assert "limit:visit_day" not in said(ann.hears("visit.done", last + timedelta(seconds=1)))
    assert "limit:visit_day" not in said(ann.hears("visit.done", first - timedelta(hours=2)))
    assert "limit:visit_day" in said(ann.hears("visit.done", first - timedelta(hours=3)))


@pytest.mark.parametrize(
    ("times", "third"),
    [
        # Two o'clock does not come: from one to three is one hour.
        (
            [berlin(2027, 3, 28, 1, 10), berlin(2027, 3, 28, 1, 50), berlin(2027, 3, 28, 3, 30)],
            "held limit:walk_fast",
        ),
        # It comes twice: from the first to the second is an hour, from one to five are five.
        (
            [berlin(2026, 10, 25, 2, 10), berlin(2026, 10, 25, 2, 20, fold=1), berlin(2026, 10, 25, 3, 30)],
            "held limit:walk_fast",
        ),
        ([berlin(2026, 10, 25, 1, 10), berlin(2026, 10, 25, 1, 20), berlin(2026, 10, 25, 5, 30)], "issue"),
        (
            [berlin(2026, 5, 4, 8, 10), berlin(2026, 5, 4, 8, 20), berlin(2026, 5, 4, 10, 30)],
            "held limit:walk_fast",
        ),
        ([berlin(2026, 5, 4, 8, 10), berlin(2026, 5, 4, 8, 20), berlin(2026, 5, 4, 12, 30)], "issue"),
    ],
)
def test_hours_of_a_limit_are_counted_on_both_changes_of_the_clocks(
    times: list[datetime], third: str
) -> None:
    ann = Member(harbor(), now=max(times) + timedelta(days=1))
    heard = [said(ann.hears("walk.done", at)) for at in times]
    assert heard == [["issue"], ["issue"], [third]]


def test_a_year_of_a_limit_turns_at_midnight_in_berlin() -> None:
    turn = berlin(2027, 1, 1)
    ann = Member(harbor(), now=turn + timedelta(days=400))
    moments = [turn - timedelta(hours=2), turn - timedelta(seconds=1), turn - timedelta(days=300)]
    told = [said(ann.hears("gift.given", at, contract="c")) for at in moments]
    assert told == [["issue"], ["issue"], ["limit:order_year"]]
    # In London it is still the old year.
    moments = [turn, turn + timedelta(days=364), turn + timedelta(seconds=1)]
    told = [said(ann.hears("gift.given", at, contract="c")) for at in moments]
    assert told == [["issue"], ["issue"], ["limit:order_year"]]


# A month begins: the clocks have just changed, the year turns, after a leap day.
TURNS = (berlin(2027, 4, 1), berlin(2026, 11, 1), berlin(2027, 1, 1), berlin(2028, 3, 1))


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_a_budgets_period_begins_once_and_at_midnight_in_berlin(
    database: str, secret: str, turn: datetime
) -> None:
    program = load_program(TREE)
    assert isinstance(program, Program)
    house = BudgetHouse(database, secret, program)
    house.publish(now=turn - timedelta(days=20))
    house.give(KIEL, 9_000, turn - timedelta(days=10))
    latest, began = turn - timedelta(days=20), 0
    # Each step forward is followed by one back: that which began has begun.
    for shift in SHIFTS[:-1]:
        for now in (turn + shift, turn + shift - timedelta(hours=2)):
            turned = house.turn(now)
            assert (turned is not None) == (latest < turn <= now), now
            latest = max(latest, now)
            began += turned is not None
    assert began == 1
    assert house.balances()[KIEL] == 15_000
    assert house.rows("select count(*) from budget_periods where name = %s", GERMANY) == [(2,)]
    # More than a year on, the periods that were missed are one.
    assert house.turn(turn + SHIFTS[-1]) is not None
    assert house.turn(turn) is None
    assert house.rows("select count(*) from budget_periods where name = %s", GERMANY) == [(3,)]
    house.check()
