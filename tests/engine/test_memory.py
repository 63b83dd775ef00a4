"""What the house remembers: events by day, things members have, and what was known when it was decided."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.engine.cycling_house import DAY, CyclingHouse
from tests.engine.harbor_house import deed
from tests.engine.house import NOW, House

from guerdon.store.database import connect


@pytest.fixture
def cycling(database: str, secret: str) -> Iterator[CyclingHouse]:
    made = CyclingHouse(database, secret)
    made.begin()
    made.join("ada", "ben")
    yield made
    made.check()


def test_an_event_counts_itself_and_those_of_its_week(cycling: CyclingHouse) -> None:
    cycling.tell_and_work(
        deed("ada", "ride.done", -8 * DAY, km=10),
        deed("ada", "ride.done", -6 * DAY, km=10),
        deed("ben", "ride.done", -1 * DAY, km=10),
        deed("ada", "ride.done", -1 * DAY, km=10),
        deed("ada", "ride.done", km=10),
        deed("ada", "ride.done", km=10),
    )
    # The ride of eight days ago is out of the week; the fourth within it is no third.
    assert cycling.given() == [("5", "third")]


def test_one_batch_or_many_give_the_same(cycling: CyclingHouse) -> None:
    deeds = [deed("ada", "ride.done", -n * DAY / 2, km=7) for n in range(9, -1, -1)]
    cycling.call(deeds)
    cycling.work(at_most=1)
    alone = [rule for _, rule in cycling.given()]
    cycling.call([(f"ben{who[3:]}", kind, hours, data) for who, kind, hours, data in deeds])
    cycling.work()
    assert [rule for _, rule in cycling.given()] == alone * 2
    assert alone


def test_what_happened_later_does_not_count_for_what_is_told_late(cycling: CyclingHouse) -> None:
    cycling.tell_and_work(deed("ada", "ride.done", km=1), deed("ada", "ride.done", km=1))
    cycling.tell_and_work(deed("ada", "ride.done", -2 * DAY, km=1))
    assert cycling.given() == []
    cycling.tell_and_work(deed("ada", "ride.done", -1, km=1))
    assert cycling.rows("select facts->>'count(ride.done, 7d)' from events order by id") == [
        ("1",),
        ("2",),
        ("1",),
        ("4",),
    ]


def test_a_sum_adds_up_its_field_and_what_lacks_it_adds_nothing(cycling: CyclingHouse) -> None:
    cycling.tell_and_work(
        deed("ada", "ride.done", -3, km=60), deed("ada", "ride.done", -2), deed("ada", "ride.done", -1, km=40)
    )
    assert ("3", "far") in cycling.given()
    assert ("1", "far") not in cycling.given()
    facts = cycling.rows("select facts->>'sum(ride.done.km, month)' from events order by id")
    assert facts == [("60",), ("60",), ("100",)]


def test_a_sum_beyond_64_bits_compares_as_the_largest(cycling: CyclingHouse) -> None:
    big = 2**63 - 1
    cycling.tell_and_work(deed("ada", "ride.done", -2, km=big), deed("ada", "ride.done", -1, km=big))
    assert [rule for _, rule in cycling.given()] == ["far", "far"]
    assert cycling.rows("select sum(amount) from member_days where what = 'ride.done#km'") == [(2 * big,)]


def test_a_version_that_counts_something_new_counts_what_there_was(house: House) -> None:
    cycling = CyclingHouse(house.url, house.secret)
    cycling.now = NOW - timedelta(days=40)
    cycling.begin(
        ("sum(ride.done.km, 'month') >= 100 && event.km > 0", "false"), ("count(ride.done, '7d')", "1")
    )
    cycling.join("ada")
    cycling.now = NOW
    cycling.tell_and_work(deed("ada", "ride.done", -2, km=60), deed("ada", "ride.done", -1, km=60))
    assert cycling.given() == []
    cycling.now = NOW + timedelta(hours=1)
    cycling.begin()
    cycling.now = NOW + timedelta(hours=3)
    cycling.tell_and_work(deed("ada", "ride.done", 2, km=1))
    assert cycling.given() == [("3", "far"), ("3", "third")]
    counted = cycling.rows("select detail->>'new', detail->>'held' from audit where action = 'days.counted'")
    assert counted == [("[]", '["bike"]'), ('["ride.done","ride.done#km"]', "[]")]
    cycling.check()


def test_a_bike_counts_from_its_purchase_until_its_sale_however_it_is_told(cycling: CyclingHouse) -> None:
    race = {"frame": "A1", "kind": "race"}
    cycling.tell_and_work(
        deed("ada", "ride.done", -10 * DAY, km=1),
        deed("ada", "bike.sold", -1 * DAY, frame="A1"),
        deed("ada", "bike.bought", -5 * DAY, **race),
        deed("ada", "ride.done", -4 * DAY, km=1),
        deed("ada", "ride.done", -12, km=1),
        deed("ben", "ride.done", -4 * DAY, km=1),
    )
    assert cycling.given() == [("4", "racing")]


def test_a_change_told_before_the_purchase_is_not_overwritten_by_it(cycling: CyclingHouse) -> None:
    cycling.tell_and_work(
        deed("ada", "bike.rebuilt", -2 * DAY, frame="A1", kind="race"),
        deed("ada", "bike.bought", -5 * DAY, frame="A1", kind="city"),
    )
    cycling.tell_and_work(deed("ada", "ride.done", km=1))
    assert cycling.given() == [("3", "racing")]
    assert cycling.rows("select fields->>'kind' from member_holdings") == [("race",)]


def test_a_bike_of_long_ago_no_longer_counts(cycling: CyclingHouse) -> None:
    cycling.tell_and_work(deed("ada", "bike.bought", -31 * DAY, frame="A1", kind="race"))
    cycling.tell_and_work(deed("ada", "ride.done", km=1))
    assert cycling.given() == []
    ((told,),) = cycling.rows("select facts->'holds(bike)'->0->>'kind' from events where type = 'ride.done'")
    assert told == "race"


def test_a_bike_is_bought_on_the_day_of_the_program(cycling: CyclingHouse) -> None:
    # Half past midnight in Berlin; in UTC it is the day before still.
    at = (datetime(2026, 11, 20, 23, 30, tzinfo=UTC) - NOW).total_seconds() / 3600
    cycling.tell_and_work(deed("ada", "bike.bought", at, frame="A1", kind="race"))
    assert cycling.rows("select fields->>'bought_on' from member_holdings") == [("2026-11-21T00:00:00Z",)]


def test_a_late_event_of_an_earlier_version_keeps_what_a_later_one_knows(house: House) -> None:
    cycling = CyclingHouse(house.url, house.secret)
    cycling.now = NOW - timedelta(days=10)
    cycling.begin(
        ("kind: { type: string, one_of: [city, race] }\n      bought_on", "bought_on"),
        ("&& event.km > 0", ""),
        ("holds(bike, bike.kind == 'race' && days_since(bike.bought_on) < 30)", "holds(bike)"),
        ("sum(ride.done.km, 'month') >= 100", "false"),
        ("ride.done: { fields: { km: { type: int } } }", "ride.done: {}"),
    )
    cycling.join("ada")
    cycling.now = NOW - timedelta(days=5)
    cycling.begin()
    cycling.now = NOW
    cycling.tell_and_work(deed("ada", "bike.bought", -2 * DAY, frame="A1", kind="race"))
    # In the time of a version that knew neither kinds of bikes nor kilometers.
    cycling.tell_and_work(
        deed("ada", "bike.rebuilt", -8 * DAY, frame="A1"), deed("ada", "ride.done", -8 * DAY, km=99)
    )
    cycling.tell_and_work(deed("ada", "ride.done", -1, km=1))
    assert cycling.rows("select fields->>'kind' from member_holdings") == [("race",)]
    assert ("4", "far") in cycling.given()
    cycling.check()


def test_an_event_knows_the_state_of_its_member_and_the_states_before_are_kept(cycling: CyclingHouse) -> None:
    cycling.enroll_rows("crm,cyd,DE,en,reds")
    cycling.tell_and_work(deed("cyd", "ride.done", km=1))
    # Brought again as it was: no new state.
    cycling.enroll_rows("crm,cyd,DE,en,reds")
    cycling.tell_and_work(deed("cyd", "ride.done", km=1))
    cycling.enroll_rows("crm,cyd,DE,en,blues")
    cycling.tell_and_work(deed("cyd", "ride.done", km=1))
    assert cycling.rows("select state from events order by id") == [(0,), (0,), (1,)]
    assert cycling.rows("select state, attributes->>'club' from member_states") == [(0, "reds")]
    assert cycling.rows("select attributes->>'club' from members where state = 1") == [("blues",)]


def test_the_states_of_members_are_never_changed(cycling: CyclingHouse) -> None:
    cycling.enroll_rows("crm,cyd,DE,en,reds")
    cycling.enroll_rows("crm,cyd,DE,en,blues")
    with connect(cycling.url, cycling.secret, "owner") as db, pytest.raises(Exception, match="never changed"):
        db.execute("delete from member_states")
