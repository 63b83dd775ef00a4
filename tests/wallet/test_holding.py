"""Setting value aside: it ends once, what is not taken is free again, and what is freed pays debts first."""

from datetime import datetime, timedelta
from functools import partial

import psycopg
import pytest
from tests.wallet.house import House, at_once

from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.holding import OfHold, Reserve, capture, doubt, hold, learn, release
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.ledger.effects import Refuse


def held(
    house: House, member: int, amount: int, key: str = "h", until: datetime | None = None
) -> Done | Refuse:
    with house.web() as tx:
        asked = Reserve(house.program_id, member, key, "PTS", amount, "an order", until)
        return hold(tx, house.program, asked, house.now)


def opened(house: House, member: int, amount: int, key: str = "h", until: datetime | None = None) -> OfHold:
    answer = held(house, member, amount, key, until)
    assert isinstance(answer, Done), answer
    return OfHold(house.program_id, member, answer.event_id)


def captured(house: House, asked: OfHold, amount: int | None = None) -> Done | Refuse:
    with house.web() as tx:
        return capture(tx, asked, amount, house.now)


def released(house: House, asked: OfHold) -> Done | Refuse:
    with house.web() as tx:
        return release(tx, asked, house.now)


def reason(answer: Done | Refuse) -> str:
    assert isinstance(answer, Refuse), answer
    return answer.reason


@pytest.fixture
def member(house: House) -> int:
    """Return a member with 100 points for 90 days and 50 for 30."""
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    house.tell("1", "gift.given", order_no="b", amount=50)
    return member


def test_what_is_held_is_there_and_cannot_be_spent(house: House, member: int) -> None:
    opened(house, member, 70)
    assert house.purse(member) == (150, 70, 0, 0)
    assert house.lots(member) == [(100, 100, 20, "ready"), (50, 50, 50, "ready")]
    assert reason(held(house, member, 81, "more")) == "balance"
    with house.web() as tx:
        asked = Spend(house.program_id, member, "s", "PTS", 81)
        assert reason(spend(tx, house.program, asked, house.now)) == "balance"
    assert house.rows("select type, outcome from events where source = 'guerdon'") == [("value.held", "held")]


def test_the_same_reference_holds_once(house: House, member: int) -> None:
    first, second = held(house, member, 70), held(house, member, 70)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (second.again, second.event_id) == (True, first.event_id)
    assert house.purse(member) == (150, 70, 0, 0)
    assert reason(held(house, member, 71)) == "key:reused"


@pytest.mark.parametrize(
    ("amount", "hours", "why"),
    [(0, 1, "amount:nothing"), (-1, 1, "amount:nothing"), (151, 1, "balance"), (1, 0, "hold:ended")],
)
def test_what_cannot_be_held_is_refused(house: House, member: int, amount: int, hours: int, why: str) -> None:
    assert reason(held(house, member, amount, until=house.now + timedelta(hours=hours))) == why
    assert house.purse(member) == (150, 0, 0, 0)


def test_taking_part_frees_the_rest_in_the_same_commit(house: House, member: int) -> None:
    asked = opened(house, member, 70)
    assert isinstance(captured(house, asked, 30), Done)
    assert house.purse(member) == (120, 0, 0, 0)
    assert house.lots(member) == [(100, 100, 0, "ready"), (50, 20, 0, "ready")]
    assert house.rows("select state, captured from holds") == [("captured", 30)]


def test_taking_all_takes_what_was_set_aside_even_if_it_has_ended_since(house: House, member: int) -> None:
    asked = opened(house, member, 70)
    house.later(days=40)
    assert house.run_timers().expired == 0
    assert isinstance(captured(house, asked), Done)
    assert house.lots(member) == [(100, 80, 0, "ready"), (50, 0, 0, "redeemed")]


def test_what_was_held_and_has_ended_ends_once_it_is_free(house: House, member: int) -> None:
    asked = opened(house, member, 70)
    house.later(days=40)
    assert isinstance(released(house, asked), Done)
    assert house.run_timers().expired == 1
    assert house.purse(member) == (100, 0, 0, 0)
    assert house.pool("budget:pot:DE") == 1_000_000


@pytest.mark.parametrize("amount", [0, -1, 71])
def test_no_more_is_taken_than_was_held(house: House, member: int, amount: int) -> None:
    asked = opened(house, member, 70)
    assert reason(captured(house, asked, amount)) == "hold:amount"
    assert house.purse(member) == (150, 70, 0, 0)


def test_a_hold_ends_once(house: House, member: int) -> None:
    asked = opened(house, member, 70)
    assert isinstance(captured(house, asked, 30), Done)
    again = captured(house, asked, 30)
    assert isinstance(again, Done)
    assert again.again
    assert reason(captured(house, asked, 31)) == "key:reused"
    assert reason(released(house, asked)) == "hold:closed"
    assert house.purse(member) == (120, 0, 0, 0)
    other = opened(house, member, 10, "other")
    assert isinstance(released(house, other), Done)
    assert reason(captured(house, other)) == "hold:closed"
    assert house.purse(member) == (120, 0, 0, 0)


def test_taking_and_freeing_at_the_same_moment_is_one_of_them(house: House, member: int) -> None:
    for n in range(6):
        asked = opened(house, member, 10, f"h{n}")
        answers = at_once([partial(captured, house, asked), partial(released, house, asked)] * 3)
        kinds = [a for a in answers if isinstance(a, Done) and not a.again]
        assert len(kinds) == 1
    assert house.purse(member)[1] == 0


def test_nobody_takes_the_hold_of_another(house: House, member: int) -> None:
    (other,) = house.enroll("2")
    asked = opened(house, member, 10)
    assert reason(captured(house, OfHold(house.program_id, other, asked.hold_id))) == "hold:unknown"
    assert reason(released(house, OfHold(house.program_id, member, 5))) == "hold:unknown"


def test_freed_value_pays_the_debt_first(house: House, member: int) -> None:
    asked = opened(house, member, 150)
    house.tell("1", "order.returned", order_no="a", refunded=60, total=100)
    assert house.purse(member) == (150, 150, 0, 60)
    assert isinstance(released(house, asked), Done)
    assert house.purse(member) == (90, 0, 0, 0)
    assert house.pool("program:owed") == 0


def test_what_is_left_of_a_hold_that_was_taken_pays_the_debt_first(house: House, member: int) -> None:
    asked = opened(house, member, 150)
    house.tell("1", "order.returned", order_no="a", refunded=60, total=100)
    house.tell("1", "gift.withdrawn", order_no="b")
    assert house.purse(member) == (150, 150, 0, 110)
    assert (house.pool("program:owed"), house.pool("owed:pot:DE")) == (60, 50)
    assert isinstance(captured(house, asked, 70), Done)
    assert house.purse(member) == (0, 0, 0, 30)
    # Pools have theirs back in the order of their names.
    assert (house.pool("program:owed"), house.pool("owed:pot:DE")) == (30, 0)


def test_nobody_holds_value_as_if_it_were_for_an_order(house: House, member: int) -> None:
    asked = Reserve(house.program_id, member, "h", "PTS", 1, "order:ord_1")
    with house.web() as tx:
        assert reason(hold(tx, house.program, asked, house.now)) == "hold:order"
    assert house.purse(member) == (150, 0, 0, 0)


def test_while_nobody_knows_how_it_ended_it_is_neither_freed_nor_runs_out(house: House, member: int) -> None:
    asked = opened(house, member, 70, until=house.now + timedelta(hours=1))
    with house.web() as tx:
        assert doubt(tx, asked, house.now)
    house.later(hours=2)
    assert reason(released(house, asked)) == "hold:pending"
    assert house.run_timers().run_out == 0
    assert house.purse(member) == (150, 70, 0, 0)
    with house.web() as tx:
        assert learn(tx, asked, house.now)
    assert house.run_timers().run_out == 1
    assert house.purse(member) == (150, 0, 0, 0)


def test_a_late_yes_takes_what_nobody_knew_about(house: House, member: int) -> None:
    asked = opened(house, member, 70, until=house.now + timedelta(hours=1))
    with house.web() as tx:
        doubt(tx, asked, house.now)
    house.later(days=3)
    assert isinstance(captured(house, asked), Done)
    assert house.purse(member) == (80, 0, 0, 0)
    with house.web() as tx:
        assert not doubt(tx, asked, house.now)


def test_the_table_itself_ends_no_hold_of_which_nobody_knows(house: House, member: int) -> None:
    opened(house, member, 70)
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute("update holds set state = 'expired', closed_at = now(), outcome_known = false")
