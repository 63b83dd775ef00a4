"""Following behind whoever decides: nothing is lost, however late somebody's transaction or a turn comes."""

from datetime import datetime, timedelta

import pytest
from tests.deliveries.house import DAY, ClockHouse, after
from tests.deliveries.test_following import breached, classes, figures, lengths

from guerdon.store.database import Transaction
from guerdon.store.deliveries import marks


class Held:
    """Somebody whose transaction keeps all of us from going beyond a moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at: datetime | None = None
        monkeypatch.setattr(marks, "settled_until", self.until)

    def until(self, _: Transaction, now: datetime) -> datetime:
        return now - marks.SLACK if self.at is None else self.at


def test_an_order_that_settled_while_its_reward_was_held_up_is_not_lost(
    house: ClockHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch)
    first = house.reward(1)
    house.order(first, after(2), 10)
    house.now = after(60)
    house.follow()
    # From here on somebody holds everything up, for half an hour. A reward is given, chosen with, ordered,
    # opened and used meanwhile.
    held.at = after(60)
    reward = house.reward(1, received=after(70))
    order = house.order(reward, after(75), 5)
    with house.owner() as db:
        db.execute("update fulfillments set opened_at = %s where order_id = %s", (after(90), order))
    for minutes in (5, 15, 30):
        house.now = after(minutes * 60)
        house.follow()
    assert figures(house, "handed")["all"][""].waits.n == 1
    held.at = None
    house.now = after(31 * 60)
    house.follow()
    assert lengths(figures(house, "handed")["all"][""]) == classes(5, 10)
    assert lengths(figures(house, "opened")["all"][""]) == classes(10)
    assert breached(house) == set()


def test_what_is_decided_first_of_all_does_not_hide_what_commits_after_it(
    house: ClockHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    Held(monkeypatch)
    # Nothing was followed yet, and the first that is seen is younger than what has settled.
    house.reward(10)
    house.now = after(11)
    house.follow()
    # Decided earlier, and committed only now.
    house.reward(4)
    house.now = after(60)
    house.follow()
    assert lengths(figures(house, "given")["all"][""]) == classes(4, 10)


def test_whose_transaction_is_seen_late_is_gone_back_for(
    house: ClockHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch)
    house.reward(1)
    house.now = after(300)
    house.follow()
    # Open for long already, and seen only now, as it writes; then it commits.
    held.at = after(20)
    house.now = after(310)
    house.follow()
    house.reward(5, received=after(30))
    held.at = None
    house.now = after(320)
    for _ in range(2):
        house.follow()
    assert lengths(figures(house, "given")["all"][""]) == classes(1, 5)


def test_orders_between_two_turns_are_each_taken_over_once(house: ClockHouse) -> None:
    rewards = [house.reward(1) for _ in range(12)]
    for n, reward in enumerate(rewards):
        house.now = DAY + timedelta(seconds=30 + 7 * n)
        house.order(reward, house.now - timedelta(seconds=6), 3)
        house.follow()
    house.follow()
    assert lengths(figures(house, "handed")["all"][""]) == classes(*[3] * 12)
    assert breached(house) == set()
