"""What time does: value matures, ends once with its last day, and holds run out; n runs are one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from tests.races import RACED, Race
from tests.wallet.house import NOW, House, at_once
from tests.wallet.test_holding import opened

from guerdon.config import Settings, read_settings
from guerdon.engine.library import Library
from guerdon.engine.timers import Clockwork, Ran, absences_of, keep_time, run_timers
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.holding import OfHold, Reserve, hold, release
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.ledger.effects import Refuse
from guerdon.store.database import Connection, Role, transaction
from guerdon.worker import MAPPERS, Worker

NOTHING = Ran(0, 0, 0)


def test_pending_value_is_available_after_its_days_and_not_before(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "trip.booked", order_no="a", amount=100)
    assert house.purse(member) == (0, 0, 100, 0)
    house.later(days=14, microseconds=-1)
    assert house.run_timers() == NOTHING
    house.later(microseconds=1)
    assert house.run_timers() == Ran(1, 0, 0)
    assert house.purse(member) == (100, 0, 0, 0)
    assert house.run_timers() == NOTHING
    assert house.rows("select type, outcome from events where source = 'guerdon'") == [
        ("value.matured", "matured")
    ]


def test_pending_value_is_not_spent(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "trip.booked", order_no="a", amount=100)
    with house.web() as tx:
        asked = Spend(house.program_id, member, "k", "PTS", 1)
        assert getattr(spend(tx, house.program, asked, house.now), "reason", "") == "balance"


def test_what_matures_pays_the_debt_first(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="g", amount=70)
    with house.web() as tx:
        spend(tx, house.program, Spend(house.program_id, member, "k", "PTS", 70), house.now)
    house.tell("1", "trip.booked", order_no="a", amount=30)
    house.tell("1", "trip.booked", order_no="b", amount=60)
    house.tell("1", "gift.withdrawn", order_no="g")
    assert house.purse(member) == (0, 0, 90, 70)
    house.later(days=14)
    assert house.run_timers() == Ran(2, 0, 0)
    assert house.purse(member) == (20, 0, 0, 0)
    assert (house.pool("owed:pot:DE"), house.pool("budget:pot:DE")) == (0, 1_000_000)


def test_value_ends_with_its_last_day_in_the_programs_zone_and_goes_back_to_its_pool(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="a", amount=50)
    house.tell("1", "order.paid", order_no="b", amount=7)
    # Thirty days after May 4th, at the end of June 3rd in Berlin.
    house.now = datetime(2026, 6, 3, 21, 59, 59, 999_999, tzinfo=UTC)
    assert house.run_timers() == NOTHING
    house.now = datetime(2026, 6, 3, 22, tzinfo=UTC)
    assert house.run_timers() == Ran(0, 1, 0)
    assert house.purse(member) == (7, 0, 0, 0)
    assert house.pool("budget:pot:DE") == 1_000_000
    assert house.run_timers() == NOTHING
    house.later(days=90)
    assert house.run_timers() == Ran(0, 1, 0)
    assert house.pool("program:funding") == -1_000_100


def test_a_lot_does_not_end_while_any_of_it_is_held(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="a", amount=50)
    opened(house, member, 20, until=house.now + timedelta(days=40))
    house.later(days=35)
    assert house.run_timers() == NOTHING
    assert house.purse(member) == (50, 20, 0, 0)
    house.later(days=6)
    # The hold runs out, and with it nothing keeps the lot.
    assert house.run_timers() == Ran(0, 1, 1)
    assert house.purse(member) == (0, 0, 0, 0)
    assert house.rows("select state from holds") == [("expired",)]
    assert sorted(house.rows("select type from events where source = 'guerdon'")) == [
        ("value.expired",),
        ("value.held",),
        ("value.lapsed",),
    ]


def test_a_hold_that_runs_out_pays_the_debt_first(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    opened(house, member, 60, "one", house.now + timedelta(hours=1))
    opened(house, member, 40, "two", house.now + timedelta(hours=1))
    house.tell("1", "order.returned", order_no="a", refunded=80, total=100)
    assert house.purse(member) == (100, 100, 0, 80)
    house.later(hours=1)
    assert house.run_timers() == Ran(0, 0, 2)
    assert house.purse(member) == (20, 0, 0, 0)
    assert house.pool("program:owed") == 0


def test_who_stays_away_loses_what_ends_by_it_and_nothing_else(house: House) -> None:
    gone, busy = house.enroll("1", "2")
    for contact in ("1", "2"):
        house.tell(contact, "walk.taken", amount=100)
        house.tell(contact, "order.paid", order_no=contact, amount=10)
    house.later(days=60)
    with house.web() as tx:
        spend(tx, house.program, Spend(house.program_id, busy, "k", "MILES", 1), house.now)
    # Three months after May 4th, at the end of August 4th in Berlin.
    house.now = datetime(2026, 8, 4, 21, 59, 59, tzinfo=UTC)
    assert house.run_timers().expired == 2  # both members' ten points, after ninety days
    assert house.purse(gone, "MILES") == (100, 0, 0, 0)
    house.now = datetime(2026, 8, 4, 22, tzinfo=UTC)
    assert house.run_timers() == Ran(0, 1, 0)
    assert house.purse(gone, "MILES") == (0, 0, 0, 0)
    assert house.purse(busy, "MILES") == (99, 0, 0, 0)
    assert house.rows("select expires_at from rewards where state = 'expired' and unit = 'MILES'") == [
        (house.now,)
    ]
    assert house.run_timers() == NOTHING
    assert [absence.unit for absence in absences_of(house.program)] == ["MILES"]


def test_many_batches_are_as_one(house: House) -> None:
    members = house.enroll(*(str(n) for n in range(1, 8)))
    for n in range(1, 8):
        for order in range(n % 3 + 1):
            house.tell(str(n), "gift.given", order_no=f"g{n}-{order}", amount=5)
            house.tell(str(n), "trip.booked", order_no=f"t{n}-{order}", amount=3)
    lots = sum(n % 3 + 1 for n in range(1, 8))
    house.later(days=14)
    assert house.run_timers(at_most=2) == Ran(lots, 0, 0)
    house.later(days=20)
    assert house.run_timers(at_most=2) == Ran(0, lots, 0)
    assert sum(house.purse(member)[0] for member in members) == 3 * lots
    assert house.pool("budget:pot:DE") == 1_000_000
    # One event for a member and a batch, never one for each lot of it.
    ended = house.rows("select member_id, count(*) from events where type = 'value.expired' group by 1")
    assert all(1 <= count <= 3 for _, count in ended)


def test_workers_at_the_same_moment_end_each_lot_once(house: House) -> None:
    contacts = [str(n) for n in range(1, 13)]
    members = house.enroll(*contacts)
    for contact in contacts:
        house.tell(contact, "gift.given", order_no=contact, amount=5)
        house.tell(contact, "trip.booked", order_no=contact, amount=3)
    house.later(days=40)
    ran = at_once([lambda: house.run_timers(at_most=3)] * 4)
    assert sum(each.expired for each in ran if isinstance(each, Ran)) == 12
    assert sum(each.matured for each in ran if isinstance(each, Ran)) == 12
    assert house.run_timers() == NOTHING
    assert {house.purse(member) for member in members} == {(3, 0, 0, 0)}
    assert house.pool("budget:pot:DE") == 1_000_000


@RACED
def test_what_ends_is_held_before_it_or_is_gone_and_never_both(house: House, race: Race) -> None:
    contacts = [str(n) for n in range(race.connections - 4)]
    members = house.enroll(*contacts)
    for contact in contacts:
        house.keep(contact, "gift.given", order_no=contact, amount=50)
    house.work()
    ((end,),) = house.rows("select distinct expires_at from rewards")

    def ending(db: Connection) -> Ran:
        return run_timers(db, Clockwork(house.program_id, house.program, end, 3))

    def holding(member: int) -> Callable[[Connection], Done | Refuse]:
        def held(db: Connection) -> Done | Refuse:
            race.dawdle(0.2)
            asked = Reserve(house.program_id, member, f"h{member}", "PTS", 50, "an order", None)
            with transaction(db, house.program_id) as tx:
                return hold(tx, house.program, asked, end - timedelta(microseconds=1))

        return held

    doings: list[tuple[Role, Callable[[Connection], Ran | Done | Refuse]]] = [("worker", ending)] * 4
    told = race.run(house, doings + [("web", holding(member)) for member in members])
    answers = dict(zip(members, told[4:], strict=True))
    holds = {member: answer for member, answer in answers.items() if isinstance(answer, Done)}
    race.figures.update(held=len(holds), ended=len(members) - len(holds))
    assert sum(ran.expired for ran in told[:4] if isinstance(ran, Ran)) == len(members) - len(holds)
    assert {answer.reason for answer in answers.values() if isinstance(answer, Refuse)} <= {"balance"}
    for member in members:
        assert house.purse(member) == ((50, 50, 0, 0) if member in holds else (0, 0, 0, 0))
    # What was held ends as soon as it is free, and all of it is back where it came from.
    house.now = end
    for member, answer in holds.items():
        with house.web() as tx:
            assert isinstance(release(tx, OfHold(house.program_id, member, answer.event_id), end), Done)
    assert house.run_timers().expired == len(holds)
    assert house.pool("budget:pot:DE") == 1_000_000


def test_who_is_being_decided_is_left_for_the_next_time(house: House) -> None:
    one, _ = house.enroll("1", "2")
    for contact in ("1", "2"):
        house.tell(contact, "gift.given", order_no=contact, amount=5)
    house.later(days=40)
    with house.worker() as db, transaction(db, house.program_id) as tx:
        tx.execute("select 1 from members where member_id = %s for no key update", (one,))
        assert house.run_timers() == Ran(0, 1, 0)
    assert house.run_timers() == Ran(0, 1, 0)


def test_a_run_that_dies_in_the_middle_is_finished_by_the_next(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="a", amount=5)
    house.later(days=40)
    with psycopg.connect(house.url, autocommit=True) as server:
        # The pool is the last that is written: until it is, nothing may be seen of the rest.
        server.execute("begin")
        server.execute("select 1 from guerdon.accounts where name = 'budget:pot:DE' for update")
        with house.worker() as db:
            db.execute("set lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                run_timers(db, Clockwork(house.program_id, house.program, house.now))
        server.execute("rollback")
    assert house.purse(member) == (5, 0, 0, 0)
    assert house.lots(member) == [(5, 5, 0, "ready")]
    assert house.run_timers() == Ran(0, 1, 0)


def test_the_worker_keeps_the_time_of_every_program(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="a", amount=5)
    house.tell("1", "walk.taken", amount=9)
    days = {house.program_id: NOW.date()}
    library = Library(house.vault, MAPPERS)
    with house.worker() as db:
        keep_time(db, library, days, NOW + timedelta(hours=1))
        assert house.purse(member) == (5, 0, 0, 0)
        keep_time(db, library, days, NOW + timedelta(days=200))
    assert (house.purse(member), house.purse(member, "MILES")) == ((0, 0, 0, 0), (0, 0, 0, 0))
    assert days == {house.program_id: (NOW + timedelta(days=200)).date()}


def test_the_workers_own_loop_does_it(house: House, tmp_path: Path) -> None:
    (member,) = house.enroll("1")
    # By the clock on the wall its last day is over.
    house.tell("1", "gift.given", order_no="a", amount=5)
    settings = read_settings(
        {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    worker = Worker(settings, "time")
    thread = Thread(target=worker.run)
    with psycopg.connect(house.url, autocommit=True) as listener:
        listener.execute("listen guerdon_live")
        thread.start()
        try:
            assert [note.payload for note in listener.notifies(timeout=60, stop_after=1)]
        finally:
            worker.stop()
            thread.join()
    assert house.purse(member) == (0, 0, 0, 0)
    assert house.lots(member) == [(5, 0, 0, "expired")]


@pytest.mark.parametrize("days", [0, 29])
def test_nothing_is_due_before_its_time(house: House, days: int) -> None:
    house.enroll("1")
    house.tell("1", "gift.given", order_no="a", amount=5)
    house.later(days=days)
    assert house.run_timers() == NOTHING
