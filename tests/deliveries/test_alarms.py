"""The alarm: before the promise breaks, one for many, gone by itself when it came in time."""

from dataclasses import replace
from datetime import timedelta

from tests.deliveries.house import DAY, ClockHouse, after

from guerdon.engine.deliveries.forecasting import Known, expected_at, stands
from guerdon.engine.deliveries.watching import load_known
from guerdon.program.catalog.nouns import Promise, SupplierAccount
from guerdon.queries.alarms import Alarm, list_alarms
from guerdon.queries.deliveries.underway import APPROVAL, Underway
from guerdon.store.database import connect, transaction
from guerdon.suppliers import vendors
from guerdon.suppliers.wired import documented_paces

PROMISE = Promise()


def alarms(house: ClockHouse, *, only_open: bool = True) -> list[Alarm]:
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        return list_alarms(tx, 10, only_open=only_open)


def underway(supplier: str, place: int | None = None, before: float = 0) -> Underway:
    return Underway(1, 2, 1, "gift", "DE", "de-kiel", supplier, DAY, timedelta(seconds=before), place, None)


def test_an_alarm_comes_before_the_promise_breaks_and_goes_when_it_came(house: ClockHouse) -> None:
    for n in range(25):
        house.order(house.reward(1), after(n), 90 * 60, supplier="slow")
    house.now = DAY + timedelta(days=1)
    begin = house.now
    late = [
        house.order(
            house.reward(45 * 60, received=begin), begin + timedelta(minutes=46), None, state="reserved"
        )
        for _ in range(3)
    ]
    quick = house.order(
        house.reward(1, received=begin), begin + timedelta(minutes=46), None, state="reserved"
    )
    with house.owner() as db:
        db.execute("update fulfillments set supplier = 'slow' where order_id = any(%s)", ([*late, quick],))
    house.now = begin + timedelta(minutes=47)
    house.follow()
    # 45 minutes are gone and 95 % take 90 more: more than two hours, though not one of them has passed yet.
    assert house.watch() == 1
    (alarm,) = alarms(house)
    assert (alarm.kind, alarm.detail["n"], alarm.detail["broken"]) == ("delivery_late", 3, 0)
    assert alarm.detail["supplier"] == "slow"
    assert house.watch() == 0
    for order in late:
        house.settle(order, begin + timedelta(minutes=60))
    house.now = begin + timedelta(minutes=61)
    house.follow()
    house.watch()
    assert alarms(house) == []
    assert len(alarms(house, only_open=False)) == 1
    # Of which nothing comes, it is told before it breaks, and it is another alarm.
    house.now = begin + timedelta(minutes=46 + 91)
    house.follow()
    assert house.watch() == 1
    assert alarms(house)[0].detail["broken"] == 0


def test_a_queue_takes_as_long_as_its_pace_lets_it() -> None:
    known = Known({"slow": 2}, {"slow": timedelta(minutes=10)}, ())
    now = DAY + timedelta(minutes=1)
    assert expected_at(underway("slow", 30), known, now) == now + timedelta(minutes=25)
    assert expected_at(underway("slow"), known, now) == now + timedelta(minutes=9)
    # Longer than usual, or nothing known: as long again.
    late = DAY + timedelta(minutes=30)
    assert expected_at(underway("slow"), known, late) == late + timedelta(minutes=30)
    assert expected_at(underway("new"), known, now) == now + timedelta(minutes=1)


def test_the_pace_is_what_was_agreed_or_else_what_papers_say(house: ClockHouse) -> None:
    accounts = {
        "agreed": SupplierAccount("agreed", "runa", "KEY", per_minute=7),
        "papers": SupplierAccount("papers", "tremendous", "KEY"),
        "other": SupplierAccount("other", "unheard_of", "KEY"),
    }
    program = replace(house.program, suppliers=accounts)
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        known = load_known(tx, program, DAY, documented_paces())
    assert known.per_minute == {"agreed": 7, "papers": vendors()["tremendous"].abilities.per_minute}


def test_people_take_as_long_as_those_of_late_who_took_at_least_as_long() -> None:
    hours = [timedelta(hours=n) for n in (1, 2, 3, 10)]
    known = Known({}, {}, hours)
    assert expected_at(underway(APPROVAL), known, DAY) == DAY + timedelta(hours=3)
    now = DAY + timedelta(hours=4)
    assert expected_at(underway(APPROVAL), known, now) == now + timedelta(hours=6)
    assert expected_at(underway(APPROVAL), known, DAY + timedelta(hours=12)) == DAY + timedelta(hours=24)


def test_most_of_what_is_promised_never_passes_in_silence() -> None:
    each = underway("fast", before=600)
    assert stands(each, PROMISE, DAY, DAY + timedelta(minutes=79)) == "kept"
    assert stands(each, PROMISE, DAY, DAY + timedelta(minutes=80)) == "risk"
    assert stands(each, PROMISE, DAY, DAY + timedelta(minutes=111)) == "broken"
    assert stands(each, PROMISE, DAY + timedelta(minutes=111), DAY) == "risk"
