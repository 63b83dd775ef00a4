"""The one row that a location has of a week: what was counted before is in it, and what is wrong is found."""

from datetime import timedelta

import pytest
from tests.deliveries.house import DAY, ClockHouse, after
from tests.deliveries.test_following import breached

from guerdon.store.migrations import migrate
from guerdon.values.waits import class_of, classes_in

KEPT = (
    "select program_id, measure, week, location, market, done, stopped, never from delivery_places"
    " order by 1, 2, 3, 4, 5"
)


def busy(house: ClockHouse) -> None:
    """Orders at two locations in two weeks, at one of them in two markets; some failed, some called off."""
    for n in range(24):
        reward = house.reward(
            n % 5,
            location=("de-kiel", "de-ulm", None)[n % 3],
            market=("DE", "FR")[n % 4 == 1],
            received=DAY + timedelta(days=7 * (n % 2)),
            unit=("EUR", "PTS")[n % 7 == 0],
        )
        states = ("fulfilled", "fulfilled", "failed", "canceled")
        chosen = after(60) + timedelta(days=7 * (n % 2))
        house.order(reward, chosen, 17 * n, state=states[n % 4], supplier=("fast", "slow")[n % 2])
    house.now = DAY + timedelta(days=20)
    house.follow()


def kept(house: ClockHouse) -> list[tuple[object, ...]]:
    with house.owner() as db:
        return db.execute(KEPT).fetchall()


def test_a_location_has_one_row_a_week_with_all_classes(house: ClockHouse) -> None:
    for took in (10, 10, 600):
        house.order(house.reward(1), after(60), took)
    house.order(house.reward(1), after(60), 90, state="canceled", supplier="slow")
    house.order(house.reward(1), after(60), 90, state="failed")
    house.reward(1, location=None)
    house.follow()
    with house.owner() as db:
        rows = db.execute(
            "select location, done::text, stopped::text, never from delivery_places where measure = 'handed'"
        ).fetchall()
        assert db.execute("select distinct location from delivery_places").fetchall() == [("de-kiel",)]
        by_class = db.execute("select count(*) from delivery_counts where location = 'de-kiel'").fetchone()
    ((location, done, stopped, never),) = rows
    assert (location, never) == ("de-kiel", 1)
    assert classes_in(done) == {class_of(10_000): 2, class_of(600_000): 1}
    assert classes_in(stopped) == {class_of(90_000): 1}
    assert by_class is not None
    assert by_class[0] > len(rows)


def test_what_was_counted_before_is_carried_over(house: ClockHouse) -> None:
    busy(house)
    meant = kept(house)
    assert {row[3] for row in meant} == {"de-kiel", "de-ulm"}
    assert {row[4] for row in meant} == {"DE", "FR"}
    assert any(row[6] for row in meant)
    assert any(row[7] for row in meant)
    with house.owner() as db:
        db.execute("drop table delivery_places")
        db.execute("drop function delivery_digits")
        db.execute("delete from schema_migrations where name = '0046_delivery_places'")
    assert migrate(house.url, house.secret) == ["0046_delivery_places"]
    assert kept(house) == meant
    assert breached(house) == set()
    # And it goes on from there.
    house.order(house.reward(1, received=house.now), house.now + timedelta(minutes=1), 10)
    house.now += timedelta(days=1)
    house.follow()
    assert len(kept(house)) > len(meant)
    assert breached(house) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        "update delivery_places set done = done + 1 where measure = 'given'",
        "update delivery_places set done = done * 1e12 where done > 0 and measure = 'whole'",
        "update delivery_places set stopped = stopped + 1e36 where measure = 'handed'",
        "update delivery_places set never = never + 1 where measure = 'whole'",
        "update delivery_places set market = 'NO' where measure = 'choosing' and market = 'DE'",
        "delete from delivery_places where measure = 'arrival'",
        (
            "insert into delivery_places select program_id, 'opened', '2026-05-04', 'nowhere', 'DE', 1, 0, 0"
            " from programs"
        ),
    ],
)
def test_a_wrong_row_is_found(house: ClockHouse, wrong: str) -> None:
    busy(house)
    assert breached(house) == set()
    with house.owner() as db:
        assert db.execute(wrong.encode()).rowcount
    assert breached(house) == {"deliveries.counted"}
