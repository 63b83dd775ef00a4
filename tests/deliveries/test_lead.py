"""Items with a lead time: what their members were told when they chose is what is promised of them."""

from datetime import timedelta

from tests.deliveries.house import DAY, ClockHouse, after
from tests.deliveries.test_alarms import alarms, underway
from tests.deliveries.test_following import breached, classes, figures, lengths

from guerdon.engine.deliveries.forecasting import Known, breaks_at, expected_at, stands
from guerdon.engine.deliveries.watching import load_known
from guerdon.program.catalog.nouns import Promise
from guerdon.queries.deliveries.clock import load_clock
from guerdon.queries.deliveries.underway import Underway
from guerdon.store.database import connect, transaction

PROMISE, LEAD = Promise(), timedelta(days=5)
DAYS = 86_400
NOTHING_KNOWN = Known({}, {}, ())


def with_lead(place: int | None = None, before: float = 0) -> Underway:
    return Underway(
        *(1, 2, 1, "gift", "DE", "de-kiel", "fast", DAY, timedelta(seconds=before), place, None),
        lead=LEAD,
    )


def test_what_takes_days_by_agreement_is_late_when_these_are_over(house: ClockHouse) -> None:
    thing = house.item(LEAD)
    house.order(house.reward(600), after(3600), 4 * DAYS, item_id=thing)
    # Giving took its ten minutes before: what came on the last day is in time.
    house.order(house.reward(600), after(3600), 5 * DAYS, item_id=thing)
    house.order(house.reward(600), after(3600), 5 * DAYS + 1, item_id=thing)
    # A short lead time takes nothing from what is promised of all.
    quick = house.item(timedelta(minutes=1))
    house.order(house.reward(1), after(3600), 100, item_id=quick)
    house.order(house.reward(1), after(3600), 4 * DAYS)
    house.now = DAY + timedelta(days=7)
    house.follow()
    whole = figures(house, "whole")["all"][""]
    assert whole.kept == [3, 0, 2]
    # Of giving, what is promised of all is promised still.
    assert figures(house, "given")["all"][""].kept == [2, 3, 0]
    assert breached(house) == set()


def test_of_what_is_saved_up_giving_is_not_in_it(house: ClockHouse) -> None:
    thing = house.item(LEAD)
    points = house.reward(3600, unit="PTS")
    house.order(points, after(DAYS), 5 * DAYS, item_id=thing)
    house.order(points, after(DAYS), 5 * DAYS + 2, item_id=thing)
    house.now = DAY + timedelta(days=7)
    house.follow()
    # Points given within the hour, and two orders of which one was two seconds late.
    assert figures(house, "whole")["all"][""].kept == [1, 1, 1]


def test_nobody_is_alarmed_for_days_that_were_agreed_and_then_in_time(house: ClockHouse) -> None:
    thing = house.item(LEAD)
    order = house.order(house.reward(1), after(60), None, state="reserved", item_id=thing)
    house.now = DAY + timedelta(days=3)
    house.follow()
    assert house.watch() == 0
    assert alarms(house) == []
    house.now = DAY + timedelta(days=4)
    house.follow()
    assert house.watch() == 0
    house.now = DAY + timedelta(days=4.6)
    house.follow()
    assert house.watch() == 1
    (alarm,) = alarms(house)
    assert (alarm.detail["broken"], alarm.detail["at_most_s"]) == (0, 5 * DAYS + 1)
    assert alarm.detail["breaks_at"] == (DAY + timedelta(days=5, seconds=60)).isoformat()
    # That it is broken now, and not just about to be, is said anew; once.
    house.now = DAY + timedelta(days=6)
    house.follow()
    assert [house.watch(), house.watch()] == [1, 0]
    (later,) = alarms(house)
    assert (later.subject, later.detail["broken"]) == (alarm.subject, 1)
    assert later.mark != alarm.mark
    house.settle(order, house.now)
    house.follow()
    house.watch()
    assert alarms(house) == []


def test_it_is_expected_when_its_member_was_told() -> None:
    day = timedelta(days=1)
    usual = Known({"fast": 60}, {"fast": timedelta(minutes=1)}, ())
    for known in (usual, NOTHING_KNOWN):
        assert expected_at(with_lead(), known, DAY + 3 * day) == DAY + LEAD
        assert expected_at(with_lead(0), known, DAY) == DAY + LEAD
        # Later than that: as long again.
        assert expected_at(with_lead(), known, DAY + 6 * day) == DAY + 12 * day
    # Those before it last longer than its own time.
    assert expected_at(with_lead(60 * 24 * 60 * 6), usual, DAY) == DAY + 6 * day
    assert stands(with_lead(), PROMISE, DAY + LEAD, DAY + 3 * day) == "kept"
    assert stands(with_lead(), PROMISE, DAY + LEAD, DAY + 4.4 * day) == "kept"
    assert stands(with_lead(), PROMISE, DAY + LEAD, DAY + 4.6 * day) == "risk"
    assert stands(with_lead(), PROMISE, DAY + LEAD + day, DAY) == "risk"
    assert stands(with_lead(), PROMISE, DAY + LEAD, DAY + 5.1 * day) == "broken"
    assert breaks_at(with_lead(before=600), PROMISE) == DAY + LEAD
    assert breaks_at(underway("fast", before=600), PROMISE) == DAY + PROMISE.at_most - timedelta(minutes=10)
    short = Underway(*(1, 2, 1, "gift", "DE", "", "fast", DAY, timedelta(), None, None), lead=day / 24)
    assert breaks_at(short, PROMISE) == DAY + PROMISE.at_most


def test_days_that_were_agreed_say_nothing_of_what_is_there_at_once(house: ClockHouse) -> None:
    thing = house.item(LEAD)
    for n in range(25):
        house.order(house.reward(1), after(n), 4 * DAYS, item_id=thing)
        house.order(house.reward(1), after(n), 10)
    failed = house.order(house.reward(1), after(9), 4 * DAYS, state="failed", item_id=thing)
    house.now = DAY + timedelta(days=6)
    house.follow()
    assert failed
    with house.worker() as db, transaction(db, house.program_id) as tx:
        known = load_known(tx, house.program, house.now)
    assert timedelta(seconds=9) < known.handed["fast"] < timedelta(seconds=11)
    # What it took is in the figures all the same.
    handed = lengths(figures(house, "handed")["all"][""])
    assert handed == classes(*[10] * 25, *[4 * DAYS] * 25) | {32767: 1}
    assert breached(house) == set()


def test_a_rewards_clock_says_how_long_its_item_takes(house: ClockHouse) -> None:
    reward = house.reward(1)
    house.order(reward, after(60), None, state="reserved", item_id=house.item(LEAD))
    house.follow()
    house.watch()
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        found = load_clock(tx, reward, reward)
    assert found is not None
    (order,) = found.orders
    assert (order.lead, order.expected_at) == (LEAD, after(60) + LEAD)
