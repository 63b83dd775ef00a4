"""The life of value through real workers: taken back, released, owed and repaid, in any order and batch."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.engine.harbor_house import HarborHouse, deed, everything, later
from tests.engine.house import NOW

from guerdon.engine.timers import Clockwork, run_timers
from guerdon.store.database import connect

ANN_POINTS = ("ann", "PTS")


@pytest.fixture
def house(database: str, secret: str) -> Iterator[HarborHouse]:
    """Give the harbor's house, and check its books at the end."""
    made = HarborHouse(database, secret)
    yield made
    if made.program_id:
        made.check()


def purse(house: HarborHouse, name: str, unit: str) -> tuple[object, ...]:
    """Posted, held, pending and debt."""
    found = [row[2:] for row in house.ends()["purses"] if row[:2] == (name, unit)]
    return found[0] if found else (0, 0, 0, 0)


def left(house: HarborHouse, pool: str) -> object:
    return {row[0]: row[2] for row in house.ends()["pools"]}.get(pool, 0)


def test_a_reversal_takes_the_reward_back_to_its_budget(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "order.placed", order_no="1", amount=2_000))
    house.tell_and_work(deed("ann", "order.returned", 1, order_no="1", refunded=1, total=4))
    assert house.outcomes() == ["earned", "reversed"]
    assert purse(house, "ann", "EUR") == (0, 0, 0, 0)
    assert purse(house, *ANN_POINTS) == (75, 0, 0, 0)
    assert left(house, "budget:main:DE") == 100_000
    assert house.rows(
        "select rule, remaining, reversed, state from rewards where rule <> 'late' order by 1"
    ) == [
        ("order", 0, 20_000, "reversed"),
        ("points", 75, 25, "ready"),
    ]


@pytest.mark.parametrize("at_most", [1, 1000])
def test_a_reward_of_the_same_batch_is_taken_back_like_any_other(house: HarborHouse, at_most: int) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(
        deed("ann", "order.placed", order_no="1", amount=2_000),
        deed("ann", "order.returned", 1, order_no="1", refunded=1, total=1),
        deed("ann", "order.placed", 2, order_no="2", amount=2_000),
        deed("ann", "order.delivered", 3, order_no="2"),
        at_most=at_most,
    )
    assert house.outcomes() == ["earned", "reversed", "earned", "matured"]
    assert purse(house, *ANN_POINTS) == (100, 0, 0, 0)
    assert purse(house, "ann", "LATE") == (10, 0, 10, 0)
    assert purse(house, "ann", "EUR") == (20_000, 0, 0, 0)


@pytest.mark.parametrize("at_most", [1, 1000])
def test_a_reversal_that_comes_first_waits_for_its_reward(house: HarborHouse, at_most: int) -> None:
    house.open()
    house.join("ann")
    returned = deed("ann", "order.returned", 1, order_no="1", refunded=1, total=2)
    placed = deed("ann", "order.placed", order_no="1", amount=2_000)
    house.tell_and_work(returned, at_most=at_most)
    assert house.count("select count(*) from reversals_waiting") == 2
    house.tell_and_work(placed, at_most=at_most)
    assert house.outcomes() == ["waiting", "earned"]
    assert house.count("select count(*) from reversals_waiting") == 0
    assert purse(house, *ANN_POINTS) == (50, 0, 0, 0)
    assert left(house, "budget:main:DE") == 100_000
    # Waiting and coming within one batch leaves no trace.
    later_on = [deed("ann", "order.returned", 1, order_no="2", refunded=1, total=1)]
    later_on.append(deed("ann", "order.placed", order_no="2", amount=2_000))
    house.tell_and_work(*later_on)
    assert house.count("select count(*) from reversals_waiting") == 0
    assert purse(house, *ANN_POINTS) == (50, 0, 0, 0)


def test_a_duplicate_takes_nothing_back_twice(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "order.placed", order_no="1", amount=2_000))
    event: dict[str, object] = {
        "id": "return 1",
        "source": "shop",
        "specversion": "1.0",
        "type": "order.returned",
        "subject": "crm:ann",
        "time": house.now.isoformat(),
        "data": {"order_no": "1", "refunded": 1, "total": 4},
    }
    for _ in range(3):
        house.call_events([event])
        house.work()
    assert purse(house, *ANN_POINTS) == (75, 0, 0, 0)
    # Under another id it is another return: another quarter of the points; the money is gone already.
    house.call_events([event | {"id": "return 2"}])
    house.work()
    assert purse(house, *ANN_POINTS) == (50, 0, 0, 0)
    assert house.effects("refuse")[-1]["reason"] == "reversed"


def test_a_code_that_nobody_used_is_void_and_the_redemption_is_not_counted(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "order.placed", order_no="1", amount=0))
    order = house.redeem("ann", "order")
    assert house.rows("select redeemed, redeemed_value from rollups where rule = 'order'") == [(1, 20_000)]
    house.check()
    house.tell_and_work(deed("ann", "order.returned", 1, order_no="1", refunded=1, total=1))
    assert house.rows("select state, order_id from codes") == [("void", order)]
    assert house.count("select count(*) from orders where canceled_at is not null") == 1
    assert left(house, "budget:main:DE") == 100_000
    assert purse(house, "ann", "EUR") == (0, 0, 0, 0)
    assert house.rows(
        "select issued, redeemed, redeemed_value, redeemed_phone from rollups where rule = 'order'"
    ) == [(1, 0, 0, 0)]


def test_a_code_that_was_used_is_owed_and_the_next_earning_pays_it(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "order.placed", order_no="1", amount=0))
    order = house.redeem("ann", "order")
    with_code_used(house, order)
    house.tell_and_work(deed("ann", "order.returned", 1, order_no="1", refunded=1, total=1))
    assert purse(house, "ann", "EUR") == (0, 0, 0, 20_000)
    assert left(house, "owed:main:DE") == 20_000
    house.check()
    house.tell_and_work(deed("ann", "gift.given", 2, contract="c"))
    assert purse(house, "ann", "EUR") == (0, 0, 0, 10_000)
    house.tell_and_work(
        deed("ann", "order.placed", 3, order_no="2", amount=0), deed("ann", "gift.given", 4, contract="c")
    )
    assert purse(house, "ann", "EUR") == (20_000, 0, 0, 0)
    assert left(house, "owed:main:DE") == 0
    assert house.rows("select remaining, state from rewards where rule = 'gift' order by happened_at") == [
        (0, "redeemed"),
        (10_000, "ready"),
    ]


def with_code_used(house: HarborHouse, order: int) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("update codes set state = 'redeemed' where order_id = %s", (order,))


def test_a_location_owes_for_what_was_spent(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "gift.given", contract="c"))
    with_code_used(house, house.redeem("ann", "gift"))
    house.tell_and_work(deed("ann", "gift.undone", 1, contract="c"))
    assert (left(house, "location:de-kiel"), left(house, "owed:main:DE")) == (-10_000, 10_000)
    assert purse(house, "ann", "EUR") == (0, 0, 0, 0)


def test_spent_points_are_taken_from_what_ends_first_and_the_rest_is_owed(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "order.placed", order_no="1", amount=2_000))
    later(house, days=3)
    house.tell_and_work(deed("ann", "order.placed", 72, order_no="2", amount=2_000))
    house.spend("ann", "PTS", 150)
    house.check()
    house.tell_and_work(deed("ann", "order.returned", 73, order_no="1", refunded=1, total=1))
    assert purse(house, *ANN_POINTS) == (0, 0, 0, 50)
    assert house.rows(
        "select reference, remaining, reversed, state from rewards where rule = 'points' order by 1"
    ) == [
        ("1", 0, 100, "redeemed"),
        ("2", 0, 0, "reversed"),
    ]
    house.check()
    house.tell_and_work(deed("ann", "order.placed", 74, order_no="3", amount=2_000))
    assert purse(house, *ANN_POINTS) == (50, 0, 0, 0)


RETURNED = "      - reverse: { rule: order, reference: order_no, if_spent: debt }\n"
LATE_TOO = (RETURNED, RETURNED + RETURNED.replace("rule: order", "rule: late"))


@pytest.mark.parametrize(
    ("unit", "amount", "rule"), [("PTS", 100, "points"), ("LATE", 10, "late"), ("SLOW", 5, "walk")]
)
def test_what_a_debt_swallows_is_redeemed_by_whichever_way_it_came(
    house: HarborHouse, unit: str, amount: int, rule: str
) -> None:
    # Given at once, released by an event, matured by the clock: once for the debt, once to be swallowed.
    house.open("harbor", LATE_TOO)
    house.join("ann")

    def earn(number: str) -> None:
        if rule == "walk":
            house.tell_and_work(deed("ann", "walk.done", hours_of(house)))
            later(house, days=20)
            with connect(house.url, house.secret, "worker") as db:
                run_timers(db, Clockwork(house.program_id, house.program, house.now), absences=False)
        else:
            house.tell_and_work(deed("ann", "order.placed", hours_of(house), order_no=number, amount=2_000))
        if rule == "late":
            house.tell_and_work(deed("ann", "order.delivered", hours_of(house), order_no=number))

    earn("1")
    house.spend("ann", unit, amount)
    if rule == "walk":
        house.tell_and_work(deed("ann", "walk.undone", hours_of(house)))
    else:
        house.tell_and_work(deed("ann", "order.returned", hours_of(house), order_no="1", refunded=1, total=1))
    assert purse(house, "ann", unit) == (0, 0, 0, amount)
    earn("2")
    assert purse(house, "ann", unit) == (0, 0, 0, 0)
    ends = house.rows(
        "select rule, remaining, reversed, state, redeemed_at is not null from rewards order by reversed desc"
    )
    assert [row[1:] for row in ends if row[0] == rule] == [
        (0, amount, "redeemed", True),
        (0, 0, "redeemed", True),
    ]


def hours_of(house: HarborHouse) -> float:
    """What has passed by the house's clock, for what happens now."""
    return (house.now - NOW) / timedelta(hours=1)


def test_pending_value_waits_for_its_event_and_pays_debts_as_it_comes(house: HarborHouse) -> None:
    house.open()
    house.join("ann", "bob")
    house.tell_and_work(
        deed("ann", "order.placed", order_no="1", amount=0),
        deed("bob", "order.placed", order_no="1", amount=0),
    )
    assert house.rows("select distinct available_at = 'infinity' from rewards where rule = 'late'") == [
        (True,)
    ]
    house.tell_and_work(deed("ann", "order.delivered", 1, order_no="1"))
    assert (purse(house, "ann", "LATE"), purse(house, "bob", "LATE")) == ((10, 0, 0, 0), (0, 0, 10, 0))
    assert house.outcomes() == ["earned", "earned", "matured"]


def test_limits_are_given_back_in_the_period_they_were_used_in(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(*[deed("ann", "gift.given", contract="c")] * 3)
    assert house.outcomes() == ["earned", "earned", "refused"]
    house.tell_and_work(deed("ann", "gift.undone", 1, contract="c"))
    assert [row[3] for row in house.ends()["allowances"]] == [10_000]
    house.tell_and_work(deed("ann", "gift.given", 2, contract="c"))
    assert house.outcomes()[-1] == "earned"


def test_more_than_a_reward_can_be_is_set_apart_and_the_others_go_on(house: HarborHouse) -> None:
    unbound = ('rate: "0.05", unit: PTS, at_most: 500 PTS', 'rate: "1", unit: PTS')
    house.open("harbor", unbound)
    house.join("ann", "bob")
    house.tell_and_work(
        deed("ann", "order.placed", order_no="1", amount=2**63 - 1),
        deed("ann", "order.placed", 1, order_no="2", amount=2**53),
        deed("bob", "order.placed", 2, order_no="1", amount=7),
    )
    ((reason, detail),) = house.rows("select reason, detail from quarantine")
    assert reason == "poison"
    assert "OverflowError" in str(detail)
    assert purse(house, "ann", "PTS") == (2**53, 0, 0, 0)
    assert purse(house, "bob", "PTS") == (7, 0, 0, 0)


def test_a_balance_that_would_pass_63_bits_parks_the_event_and_keeps_the_books(house: HarborHouse) -> None:
    unbound = ('rate: "0.05", unit: PTS, at_most: 500 PTS', 'rate: "1", unit: PTS')
    house.open("harbor", unbound)
    house.join("ann", "bob")
    house.call(
        [deed("ann", "order.placed", order_no=str(n), amount=2**53) for n in range(1024)], per_request=200
    )
    house.work()
    parked = house.rows("select reason, detail from quarantine")
    assert len(parked) == 1
    assert "out of range" in str(parked)
    assert purse(house, "ann", "PTS") == (2**53 * 1023, 0, 0, 0)


def test_late_events_land_on_the_day_they_happened(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "visit.done", -24 * 40), deed("ann", "visit.done", -24 * 40))
    later(house, days=1)
    house.tell_and_work(deed("ann", "visit.undone", -24 * 39))
    assert house.rows("select day, sum(events) from event_rollups group by 1 order by 1") == [
        (day, n)
        for day, n in house.rows(
            "select (happened_at at time zone 'Europe/Berlin')::date, count(*) from events"
            " group by 1 order by 1"
        )
    ]
    assert house.count("select count(distinct t.happened_at) from transfers t where event_id <> 0") == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_of_arrival_and_any_batch_come_to_the_same(house: HarborHouse, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  seeded, not secret
    deeds = sorted(everything(chance), key=lambda each: each[2])
    ends = []
    for key, arrival, size in (
        ("in_order", deeds, 1000),
        ("one_by_one", deeds, 1),
        ("shuffled", chance.sample(deeds, len(deeds)), 1000),
        ("shuffled_in_parts", chance.sample(deeds, len(deeds)), 7),
        ("backwards", deeds[::-1], 3),
    ):
        house.open(key, ("amounts: { DE: 1000.00, NO: 100.00 }", "amounts: { DE: 100000.00, NO: 100.00 }"))
        house.join("ann", "bob", "cy", "dee")
        house.call(arrival, per_request=5, seed=key)
        house.work(size)
        house.check()
        ends.append(house.ends())
    assert all(each == ends[0] for each in ends[1:])
    assert {row[7] for row in ends[0]["rewards"]} >= {"ready", "pending", "reversed"}
