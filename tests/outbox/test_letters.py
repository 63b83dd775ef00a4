from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from tests.outbox.postal import NOW, example_program

from guerdon.engine.messages.desk import Desk
from guerdon.engine.messages.falling import (
    GIVE_UP_AFTER,
    RETRY_FIRST,
    RETRY_LONGEST,
    decide_ending,
    next_try_at,
)
from guerdon.engine.messages.hindrance import decide_hindrance
from guerdon.engine.messages.port import Outcome, Rejected, Retry, Unsure, Untried
from guerdon.store.messages.outbox import Due, DueReward, Postponement, Settlement
from guerdon.store.persons import Person

PROGRAM = example_program()
DESK = Desk(1, PROGRAM, lambda *_: "")
REWARD = DueReward(1001, "booking", "EUR", 20_000, "ready", NOW, NOW + timedelta(days=180))


def due(*, attempts: int = 1, hand_overs: int = 0, id_: int = 5001) -> Due:
    return Due(1, id_, "reward_ready", attempts, hand_overs, NOW, "DE", "de", REWARD)


def test_each_retry_waits_longer_up_to_a_limit() -> None:
    delays = [next_try_at(due(attempts=n), NOW) - NOW for n in range(1, 40)]
    assert RETRY_FIRST * 0.75 <= delays[0] <= RETRY_FIRST * 1.25
    assert all(RETRY_LONGEST * 0.75 <= delay <= RETRY_LONGEST * 1.25 for delay in delays[8:])
    assert all(later >= earlier * 1.1 for earlier, later in pairwise(delays[:7]))


def test_letters_that_failed_together_do_not_all_come_back_together() -> None:
    assert len({next_try_at(due(id_=n), NOW) for n in range(100)}) > 90


def test_after_three_days_of_trying_it_has_failed() -> None:
    late = NOW + GIVE_UP_AFTER + timedelta(seconds=1)
    ending = decide_ending(due(attempts=2), Retry("smtp:451"), PROGRAM, late)
    assert isinstance(ending, Settlement)
    assert (ending.state, ending.reason) == ("failed", "gave_up:smtp:451")
    # Its time begins with the first try, however long it waited for that.
    first = decide_ending(due(), Retry("smtp:451"), PROGRAM, late)
    assert isinstance(first, Postponement)
    assert first.via_since == late
    again = replace(due(attempts=9), via_since=late)
    assert isinstance(decide_ending(again, Retry("smtp:451"), PROGRAM, late + GIVE_UP_AFTER), Postponement)


@pytest.mark.parametrize("outcome", [Rejected("smtp:550"), Unsure("smtp:TimeoutError")])
def test_what_may_have_arrived_once_is_never_called_failed(outcome: Outcome) -> None:
    ending = decide_ending(due(hand_overs=1), outcome, PROGRAM, NOW)
    assert isinstance(ending, Settlement)
    assert ending.state == "unknown"


def test_what_was_not_tried_is_due_at_once_and_not_counted() -> None:
    assert decide_ending(due(), Untried(), PROGRAM, NOW) == Postponement(1, 5001, NOW, 0, began=False)


def test_what_never_ends_has_not_expired() -> None:
    ada, later = Person("Ada Example", "ada@example.com"), NOW + timedelta(days=9999)
    assert decide_hindrance(replace(due(), reward=replace(REWARD, expires_at=None)), ada, DESK, later) is None
    settled = decide_hindrance(due(), ada, DESK, later)
    assert settled is not None
    assert settled.reason == "reward:expired"


def test_nobody_is_written_a_message_in_the_words_of_another() -> None:
    settled = decide_hindrance(replace(due(), message="thanks"), Person("Ada", "ada@example.com"), DESK, NOW)
    assert settled is not None
    assert (settled.state, settled.reason) == ("failed", "text:missing")
