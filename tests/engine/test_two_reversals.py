"""One event by which two rules take back of the same reward: each its part, whatever was told first."""

from collections.abc import Iterator

import pytest
from tests.engine.harbor_house import Deed, HarborHouse, deed

# A rule beside `returned`: it takes a part of the same points, and by no reference of the latest visit.
SECOND = (
    "  visit:\n    name: Visit\n",
    """  fee:
    name: Fee for a return
    when: order.returned
    promise: public
    then:
      - reverse: { rule: points, reference: order_no, part: fee, whole: total, if_spent: debt }
  visit:
    name: Visit
""",
)
FIELD = ("      refunded: { type: money }\n", "      refunded: { type: money }\n      fee: { type: money }\n")
# And one that takes two visits back at once, without saying which.
TWICE = (
    "      - reverse: { rule: visit, if_spent: forgive }\n",
    """      - reverse: { rule: visit, if_spent: forgive }
  visit_undone_too:
    name: Two visits undone
    when: visit.undone
    promise: public
    then:
      - reverse: { rule: visit, if_spent: forgive }
""",
)
PLACED: Deed = deed("ann", "order.placed", order_no="1", amount=2_000)
RETURNED: Deed = deed("ann", "order.returned", 1, order_no="1", refunded=1, fee=2, total=4)


@pytest.fixture
def house(database: str, secret: str) -> Iterator[HarborHouse]:
    """Give the harbor's house with two rules more, and check its books at the end."""
    made = HarborHouse(database, secret)
    made.open("harbor", FIELD, SECOND, TWICE)
    made.join("ann")
    yield made
    made.check()


def points(house: HarborHouse) -> list[tuple[object, ...]]:
    return house.rows("select remaining, reversed, state from rewards where rule = 'points'")


def took(house: HarborHouse) -> list[tuple[object, ...]]:
    """Which rule took how much of the points."""
    return [(each["rule"], each["amount"]) for each in house.effects("reverse") if each["unit"] == "PTS"]


def set_apart(house: HarborHouse) -> int:
    return house.count("select count(*) from quarantine")


@pytest.mark.parametrize("at_most", [1, 1000])
@pytest.mark.parametrize("deeds", [(PLACED, RETURNED), (RETURNED, PLACED)], ids=["in order", "backwards"])
def test_two_rules_of_an_event_take_each_its_part_of_one_reward(
    house: HarborHouse, deeds: tuple[Deed, ...], at_most: int
) -> None:
    for each in deeds:
        house.tell_and_work(each, at_most=at_most)
    assert set_apart(house) == 0
    assert took(house) == [("returned", 25), ("fee", 50)]
    assert points(house) == [(25, 75, "ready")]
    assert house.count("select count(*) from reversals_waiting") == 0
    posts = "select count(*), count(distinct id) from transfers where unit = 'PTS' and from_account = 'purse'"
    assert house.rows(posts) == [(2, 2)]


def test_what_both_take_of_spent_points_is_owed_once_each(house: HarborHouse) -> None:
    house.tell_and_work(PLACED)
    house.spend("ann", "PTS", 90)
    house.tell_and_work(RETURNED)
    assert set_apart(house) == 0
    assert took(house) == [("returned", 25), ("fee", 50)]
    assert house.rows("select posted, debt from accounts where name = 'purse' and unit = 'PTS'") == [(0, 65)]
    # Another return takes what is left, and no more.
    house.tell_and_work(RETURNED)
    assert house.rows("select posted, debt from accounts where name = 'purse' and unit = 'PTS'") == [(0, 90)]


def test_the_rest_of_what_an_event_lets_wait_waits_on(house: HarborHouse) -> None:
    house.tell_and_work(deed("ann", "visit.undone", 5))
    assert house.count("select count(*) from reversals_waiting") == 1
    for hours in (1, 2, 3):
        house.tell_and_work(deed("ann", "visit.done", hours))
    assert set_apart(house) == 0
    # Two visits are taken back, whichever came first; the third is theirs.
    rewards = "select state from rewards where rule = 'visit' order by happened_at"
    assert house.rows(rewards) == [("reversed",), ("reversed",), ("ready",)]
    assert house.count("select count(*) from reversals_waiting") == 0
