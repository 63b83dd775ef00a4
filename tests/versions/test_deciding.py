"""An event is decided by the version that was live when it happened, however late it is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Flag

import psycopg
import pytest
from tests.engine.harbor_house import deed, later
from tests.engine.house import NOW, Worker
from tests.versions.house import SLOW_7, SLOW_9, WITHOUT_DEALERS, VersionsHouse

from guerdon.engine.process import process
from guerdon.store.database import connect, transaction
from guerdon.store.versions.timeline import Era, Timeline, lock_timeline


def test_a_timeline_is_half_open_and_begins_with_its_first_version() -> None:
    hour = timedelta(hours=1)
    eras = [
        *(Era(1, "a", NOW, True), Era(3, "c", NOW + hour, True), Era(2, "b", NOW + 2 * hour, False)),
        # Followed in its first instant, it was never live.
        *(Era(4, "d", NOW + 3 * hour, True), Era(5, "e", NOW + 3 * hour, True)),
    ]
    timeline = Timeline(eras)
    instants = [NOW - hour, NOW, NOW + hour - timedelta(microseconds=1), NOW + hour, NOW + 9 * hour]
    assert [timeline.at(instant).version for instant in instants] == [1, 1, 1, 3, 5]
    assert timeline.live(NOW - hour) is None
    live = timeline.live(NOW + 2 * hour)
    assert live is not None
    assert (live.version, live.opened) == (2, False)
    assert [timeline.ends(era.version) for era in timeline.eras] == [
        *(NOW + hour, NOW + 2 * hour, NOW + 3 * hour, None)
    ]


def test_what_happened_before_the_change_and_still_waits_is_decided_by_the_version_before(
    house: VersionsHouse,
) -> None:
    later(house, minutes=10)
    house.call([deed("ann", "walk.done", house.at(house.now))])
    later(house, seconds=1)
    house.turn_to(SLOW_7)
    at = house.now
    later(house, seconds=1)
    house.call(
        [
            deed("ann", "walk.done", house.at(at)),
            deed("bob", "walk.done", house.at(at - timedelta(microseconds=1))),
        ]
    )
    house.work()
    assert house.given("walk") == [("1", 1, 5), ("2", 2, 7), ("3", 1, 5)]


def test_what_is_said_to_happen_later_than_it_was_told_belongs_to_when_it_was_told(
    house: VersionsHouse,
) -> None:
    # The sender's clock is ahead; the change comes between the telling and the deciding.
    house.call([deed("ann", "walk.done", 2)])
    later(house, minutes=1)
    house.turn_to(SLOW_7)
    house.work()
    assert house.given("walk") == [("1", 1, 5)]


def test_the_events_of_one_member_keep_their_order_over_all_versions(house: VersionsHouse) -> None:
    for change in (SLOW_7, SLOW_9):
        later(house, hours=5)
        house.turn_to(change)
    later(house, hours=5)
    hours = [12, 1, 6, 13, 2, 7, -4, 14]
    house.call([deed(who, "walk.done", hour) for hour in hours for who in ("ann", "bob")])
    house.work()
    said = [3, 1, 2, 3, 1, 2, 1, 3]
    assert house.decided() == {str(n + 1): said[n // 2] for n in range(16)}
    for name in ("ann", "bob"):
        told = house.rows(
            "select i.external_id, e.external_id::int from events e"
            " join member_ids i on i.program_id = e.program_id and i.member_id = e.member_id"
            " order by e.decided_at, e.tableoid, e.ctid"
        )
        mine = [number for whose, number in told if whose == name]
        assert mine == sorted(mine)  # type: ignore[type-var]


def test_a_batch_of_one_version_is_read_once(house: VersionsHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    later(house, hours=5)
    house.turn_to(SLOW_7)
    later(house, hours=5)
    read: list[int] = []
    plain = process.__globals__["_read_meanings"]

    def counting(*of: object) -> object:
        read.append(len(of[3]))  # type: ignore[arg-type]
        return plain(*of)

    monkeypatch.setitem(process.__globals__, "_read_meanings", counting)
    house.call([deed(who, "walk.done", hour) for hour in (1, 2, 3) for who in ("ann", "bob")])
    house.work()
    assert read == [6]
    house.call([deed(who, "walk.done", hour) for hour in (3, 6) for who in ("ann", "bob")])
    house.work()
    # Looked at together, then each part by itself.
    assert read == [6, 4, 2, 2]


def test_a_batch_and_a_change_wait_for_each_other(house: VersionsHouse) -> None:
    house.call([deed("ann", "walk.done", 0)])
    began, done = Flag(), Flag()

    def work() -> None:
        began.set()
        house.work()
        done.set()

    with ThreadPoolExecutor(1) as one, connect(house.url, house.secret, "owner") as db:
        with transaction(db, house.program_id) as tx:
            lock_timeline(tx, house.program_id)
            working = one.submit(work)
            began.wait()
            house.await_true(
                "select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted"
                " and classid = 1735289447"
            )
            assert not done.is_set()
        working.result()
    assert house.given("walk") == [("1", 1, 5)]


def test_a_version_is_never_live_before_what_was_decided_already(house: VersionsHouse) -> None:
    later(house, seconds=5)
    house.call([deed("ann", "walk.done", house.at(house.now))])
    house.work()
    # Whoever publishes has a clock that is a little behind.
    house.now -= timedelta(seconds=2)
    published = house.turn_to(SLOW_7)
    assert published.live_from == house.now + timedelta(seconds=2, microseconds=1)
    assert house.decided() == {"1": 1}


def test_a_reward_of_a_version_whose_budget_is_closed_is_refused_and_says_so(house: VersionsHouse) -> None:
    later(house, minutes=10)
    house.turn_to(*WITHOUT_DEALERS)
    later(house, minutes=10)
    house.call([deed("ann", "sale.made", 0, seller="s"), deed("ann", "sale.made", 0.3, seller="s")])
    house.work()
    assert house.decided() == {"1": 1, "2": 2}
    assert [each["reason"] for each in house.effects("refuse")] == ["budget_closed:dealers"]
    assert house.given("sale") == [("2", 2, 10_000)]


def test_money_that_is_told_late_comes_down_the_tree_that_there_is_now(house: VersionsHouse) -> None:
    beside = (
        "dealers: { per: location,",
        "central: { per: one, unit: EUR, amount: 500.00 }\n  dealers: { per: location,",
    )
    empty = ("amounts: { de-kiel: 300.00, de-ulm: 0.00 }", "amounts: { de-kiel: 20.00, de-ulm: 20.00 }")
    topped = (
        "when_empty: hold }",
        "when_empty: hold, parent: central, top_up: { below: 10.00, amount: 100.00 } }",
    )
    later(house, minutes=10)
    house.turn_to(beside, empty, topped)
    later(house, minutes=10)
    house.call([deed("ann", "sale.made", 0, seller="s")])
    house.work()
    assert house.given("sale") == [("1", 1, 10_000)]
    assert len(house.effects("top_up")) == 1


def test_a_kind_of_event_that_the_version_did_not_know_has_no_rules_there(house: VersionsHouse) -> None:
    later(house, minutes=10)
    house.turn_to(
        ("  walk.done: {}\n", "  walk.done: {}\n  run.done: {}\n"),
        ("when: walk.done", "when: run.done"),
    )
    later(house, minutes=10)
    house.call([deed("ann", "run.done", 0), deed("ann", "run.done", 0.3)])
    house.work()
    assert house.decided() == {"1": 1, "2": 2}
    assert house.given("walk") == [("2", 2, 5)]


def test_a_field_that_was_of_another_type_is_missing_for_the_rules_of_then(house: VersionsHouse) -> None:
    later(house, minutes=10)
    house.turn_to(("      amount: { type: money }", "      amount: { type: string }"), *_POINTS_GONE)
    later(house, minutes=10)
    house.call([deed("ann", "order.placed", 0, order_no="A", amount="a lot")])
    house.work()
    assert house.decided() == {"1": 1}
    assert "missing:event.amount" in [each["reason"] for each in house.effects("refuse")]
    assert [value for _, _, value in house.given("order")] == [20_000]


_POINTS_GONE = (
    (
        'reward: { value: { of: amount, rate: "0.05", unit: PTS, at_most: 500 PTS }, reference: order_no }',
        "reward: { value: 10 PTS, reference: order_no }",
    ),
)


def test_what_fell_under_a_version_that_no_longer_reads_is_set_apart_and_the_rest_goes_on(
    house: VersionsHouse,
) -> None:
    later(house, minutes=10)
    house.turn_to(SLOW_7)
    later(house, minutes=10)
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        db.execute("update program_versions set bundle = 'nonsense: [' where version = 1")
    house.call([deed("ann", "walk.done", 0), deed("bob", "walk.done", 0.3)])
    house.work()
    assert house.decided() == {"2": 2}
    said = house.rows("select reason, detail from quarantine")
    assert said == [
        ("old_version", "Version 1, which was live when it happened, cannot be read by this release")
    ]
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        db.execute(
            "update program_versions v set bundle = o.bundle, sha = o.sha from program_versions o"
            " where v.version = 1 and o.version = 2"
        )


def test_a_worker_takes_up_a_new_version_at_once(house: VersionsHouse) -> None:
    with house.worker() as worker:
        house.call([deed("ann", "walk.done", house.at(house.now))])
        house.drain(worker)
        later(house, microseconds=1)
        house.turn_to(SLOW_7)
        house.call([deed("ann", "walk.done", house.at(house.now))])
        house.drain(worker)
    assert house.given("walk") == [("1", 1, 5), ("2", 2, 7)]
    assert isinstance(worker, Worker)
