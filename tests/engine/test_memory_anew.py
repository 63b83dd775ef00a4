"""What is kept of members is what the live version declares, whatever was declared when it was told.

Versions that declare another kind of bike, other days or none follow each other, and events come late: what
is kept is made anew, what an earlier version sees is its own, and the controls find nothing at any time.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from tests.engine.cycling_house import DAY, KEPT, CyclingHouse
from tests.engine.harbor_house import HarborHouse, deed
from tests.engine.house import NOW, House

from guerdon.engine.memory import belongings, count_anew
from guerdon.engine.why.accounts import Account
from guerdon.engine.why.trying import Trial, try_event
from guerdon.queries.controls.run import run_controls
from guerdon.rules.playbook import Playbook
from guerdon.store.batch.belongings import BelongingRow, record_belongings
from guerdon.store.database import Transaction, connect, transaction

BEGUN = NOW - timedelta(days=40)
RACE = {"kind": "race"}
KINDS = """holdings:
  bike:
    fields:
      kind: { type: string, one_of: [city, race] }
      bought_on: { type: date }
    from: { event: bike.bought, key: frame, fields: { bought_on: happened_at } }
    change: [{ event: bike.rebuilt, key: frame }]
    until: { event: bike.sold, key: frame }
"""
RULE = """  racing:
    name: Racing
    when: ride.done
    if: "holds(bike, bike.kind == 'race' && days_since(bike.bought_on) < 30)"
    promise: public
    then: [{ reward: { value: 1 PTS } }]
"""
NO_BIKES = ((KINDS, ""), (RULE, ""))
FOR_EVER = (("    until: { event: bike.sold, key: frame }\n", ""),)
TOKYO = (("time_zone: Europe/Berlin\nunits", "time_zone: Asia/Tokyo\nunits"),)
BIKES = """
    select i.external_id, h.key, h.fields->>'kind', h.fields->>'bought_on', h.opened_at, h.closed_at
    from member_holdings h join member_ids i using (program_id, member_id) order by 1, 2
"""


@pytest.fixture
def early(house: House) -> Iterator[CyclingHouse]:
    """A house of forty days ago."""
    made = CyclingHouse(house.url, house.secret)
    made.now = BEGUN
    yield made
    assert made.breaches() == []
    made.check()


def racing(house: CyclingHouse) -> list[object]:
    return [event for event, rule in house.given() if rule == "racing"]


def test_a_kind_that_is_new_is_made_of_all_events_there_were(
    early: CyclingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Written one by one, and read two at a time: it is made in parts.
    monkeypatch.setattr(belongings, "WRITTEN_MAX", 1)
    monkeypatch.setattr("guerdon.store.batch.belongings.TELLINGS_MAX", 2)
    early.begin(*NO_BIKES)
    early.join("ada", "ben", "cyd")
    early.now = NOW
    early.tell_and_work(
        *(
            deed(who, "bike.bought", -5 * DAY, frame=frame, **RACE)
            for frame in "AB"
            for who in ("ada", "ben")
        ),
        deed("ada", "bike.sold", -4 * DAY, frame="A"),
        deed("cyd", "bike.rebuilt", -3 * DAY, frame="A", kind="city"),
    )
    assert early.rows("select held, kept_by from programs") == [([], 1)]
    assert early.rows(BIKES) == []
    early.turn_to(NOW + timedelta(hours=1))
    # Published, and nothing decided by it yet: all is kept as it was.
    assert early.breaches() == []
    early.tell_and_work(deed("ada", "ride.done", 1, km=1), deed("cyd", "ride.done", 1, km=1))
    bought, day = NOW - timedelta(days=5), "2026-11-16T00:00:00Z"
    assert early.rows(BIKES) == [
        ("ada", "A", "race", day, bought, NOW - timedelta(days=4)),
        ("ada", "B", "race", day, bought, None),
        ("ben", "A", "race", day, bought, None),
        ("ben", "B", "race", day, bought, None),
        ("cyd", "A", "city", None, None, None),
    ]
    assert racing(early) == ["7"]
    assert early.breaches() == []


@pytest.mark.parametrize(
    "wrong",
    [
        "update member_holdings set fields = '{\"kind\": \"city\"}' where key = 'A'",
        "update member_holdings set closed_at = opened_at where key = 'A'",
        "update member_holdings set key = 'B' where key = 'A'",
        "update member_holdings set fields = '{}'",
    ],
)
def test_the_control_finds_what_is_kept_otherwise(early: CyclingHouse, wrong: LiteralString) -> None:
    early.begin()
    early.join("ada")
    early.now = NOW
    early.tell_and_work(
        deed("ada", "bike.bought", -5 * DAY, frame="A", kind="city"),
        deed("ada", "bike.rebuilt", -4 * DAY, frame="A", **RACE),
        deed("ada", "bike.rebuilt", -6 * DAY, frame="A", kind="city"),
    )
    assert early.breaches() == []
    with connect(early.url, early.secret, "owner") as db, transaction(db, early.program_id) as tx:
        tx.execute(wrong)
        found = run_controls(tx, early.now, KEPT).breached
        assert [each.key for each in found] == ["memory.holdings"]
        raise psycopg.Rollback


def test_what_is_kept_is_the_live_versions_and_what_a_late_event_sees_its_own(early: CyclingHouse) -> None:
    early.begin()
    early.join("ada", "ben")
    early.now = NOW
    early.tell_and_work(
        deed("ada", "bike.bought", -9 * DAY, frame="A", **RACE), deed("ada", "bike.sold", -5 * DAY, frame="A")
    )
    early.turn_to(NOW + timedelta(hours=1), *FOR_EVER)
    assert early.breaches() == []
    # One by one and all in one batch; of the time of the first version, which ends a bike that is sold.
    late = [
        deed("ada", "ride.done", -4 * DAY, km=1),
        deed("ada", "ride.done", -6 * DAY, km=1),
        deed("ben", "bike.sold", -2 * DAY, frame="B"),
        deed("ben", "bike.bought", -3 * DAY, frame="B", **RACE),
        deed("ben", "ride.done", -1 * DAY, km=1),
        deed("ben", "ride.done", -2.5 * DAY, km=1),
    ]
    early.tell_and_work(*late[:1])
    assert early.rows("select version, facts->>'holds(bike)' from events where type = 'ride.done'") == [
        (1, "[]")
    ]
    early.tell_and_work(*late[1:])
    # What is kept is the second version's, which ends none: of events that the first one decided, too.
    assert early.rows("select count(*), count(closed_at) from member_holdings") == [(2, 0)]
    assert racing(early) == ["4", "8"]
    early.now = NOW + timedelta(hours=2)
    early.tell_and_work(deed("ada", "ride.done", 2, km=1), deed("ben", "ride.done", 2, km=1))
    assert racing(early) == ["4", "8", "9", "10"] or racing(early) == ["4", "8", "10", "9"]
    assert early.breaches() == []
    # Back to the first text: they are sold again.
    early.turn_to(NOW + timedelta(hours=3))
    early.tell_and_work(deed("ada", "ride.done", 3, km=1))
    assert early.rows("select count(*), count(closed_at) from member_holdings") == [(2, 2)]
    assert racing(early)[-1] != "11"
    # And to none at all.
    early.turn_to(NOW + timedelta(hours=4), *NO_BIKES)
    early.tell_and_work(deed("ada", "ride.done", 4, km=1))
    assert early.rows("select held from programs") == [([],)]
    assert early.rows(BIKES) == []
    # The first one sees them still.
    early.tell_and_work(deed("ada", "ride.done", -8 * DAY, km=1))
    assert racing(early)[-1] == "13"


def test_what_is_made_anew_is_made_whole_or_not_at_all(
    early: CyclingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    early.begin()
    early.join("ada", "ben")
    early.now = NOW
    early.tell_and_work(*(deed(who, "bike.bought", -5 * DAY, frame="A", **RACE) for who in ("ada", "ben")))
    before, first = early.rows(BIKES), Playbook(early.program, early.program_id, 1)
    early.turn_to(NOW + timedelta(hours=1), *FOR_EVER)
    early.call([deed("ada", "bike.sold", 1, frame="A")])
    monkeypatch.setattr(belongings, "WRITTEN_MAX", 1)
    written: list[int] = []

    def killed(tx: Transaction, program_id: int, rows: Sequence[BelongingRow]) -> None:
        written.append(len(rows))
        if len(written) == 2:
            raise KeyboardInterrupt
        record_belongings(tx, program_id, rows)

    with monkeypatch.context() as patched, connect(early.url, early.secret, "worker") as db:
        patched.setattr("guerdon.engine.memory.belongings.record_belongings", killed)
        with pytest.raises(KeyboardInterrupt):
            count_anew(db, Playbook(early.program, early.program_id, 2), early.now)
    assert written == [1, 1]
    assert early.rows(BIKES) == before
    assert early.rows("select kept_by, (select count(*) from inbox) from programs") == [(1, 1)]
    early.work()
    assert early.rows("select kept_by, (select count(*) from inbox) from programs") == [(2, 0)]
    assert [row[5] for row in early.rows(BIKES)] == [None, None]
    # Who goes by a version that was live before changes nothing any more.
    with connect(early.url, early.secret, "worker") as db:
        count_anew(db, first, early.now)
    assert early.rows("select kept_by from programs") == [(2,)]


@pytest.mark.parametrize("without", [(), NO_BIKES], ids=["with bikes", "without"])
def test_days_are_those_of_the_live_versions_zone(
    early: CyclingHouse, without: tuple[tuple[str, str], ...]
) -> None:
    def at(day: int, hour: int) -> float:
        return (datetime(2026, 11, day, hour, tzinfo=UTC) - NOW) / timedelta(hours=1)

    days = "select day::text, sum(amount) from member_days where what = 'ride.done' group by 1 order by 1"
    early.begin(*without)
    early.join("ada")
    early.now = NOW
    # In Tokyo, the next day.
    early.tell_and_work(
        deed("ada", "bike.bought", at(10, 16), frame="A", **RACE), deed("ada", "ride.done", at(10, 16), km=60)
    )
    assert early.rows(days) == [("2026-11-10", 1)]
    early.turn_to(NOW + timedelta(hours=1), *without, *TOKYO)
    assert early.breaches() == []
    early.tell_and_work(deed("ada", "ride.done", 1, km=1))
    assert early.rows(days) == [("2026-11-11", 1), ("2026-11-21", 1)]
    assert early.rows("select counted_in, kept_by from programs") == [("Asia/Tokyo", 2)]
    bought = [] if without else [("2026-11-11T00:00:00Z",)]
    assert early.rows("select fields->>'bought_on' from member_holdings") == bought
    assert early.breaches() == []
    # Late, of the first version's time: seven of its days, the first of which is that of the ride in Berlin.
    early.tell_and_work(
        deed("ada", "ride.done", at(17, 22), km=1),
        deed("ada", "ride.done", at(16, 22), km=1),
        deed("ada", "ride.done", at(16, 23), km=1),
    )
    seen = early.rows(
        "select external_id, version, facts->>'count(ride.done, 7d)', facts->'holds(bike)'->0->>'bought_on'"
        " from events where external_id::int > 3 order by 1"
    )
    berlin = None if without else "2026-11-10T00:00:00Z"
    assert seen == [("4", 1, "1", berlin), ("5", 1, "2", berlin), ("6", 1, "3", berlin)]
    assert early.rows(days) == [("2026-11-11", 1), ("2026-11-17", 2), ("2026-11-18", 1), ("2026-11-21", 1)]


def test_whoever_only_looks_sees_what_a_version_would_keep(early: CyclingHouse) -> None:
    early.begin()
    early.join("ada")
    early.now = NOW
    early.tell_and_work(
        deed("ada", "bike.bought", -9 * DAY, frame="A", **RACE), deed("ada", "bike.sold", -5 * DAY, frame="A")
    )
    first = Playbook(early.program, early.program_id, 1)
    early.turn_to(NOW + timedelta(hours=1), *FOR_EVER, *TOKYO)
    second = Playbook(early.program, early.program_id, 2)
    trial = Trial("ride.done", {"km": 1}, early.member("ada"), NOW + timedelta(hours=1))

    def given(playbook: Playbook) -> list[str]:
        with connect(early.url, early.secret, "web") as db, transaction(db, early.program_id) as tx:
            account = try_event(tx, playbook, trial, early.now)
        assert isinstance(account, Account), account
        return [each.rule for each in account.receipt.issued]

    # Before the second has decided anything, and after.
    before = given(first.at_present(second)), given(second)
    early.tell_and_work(deed("ada", "bike.rebuilt", 1, frame="A", **RACE))
    assert (given(first.at_present(second)), given(second)) == before
    assert before == ([], ["racing"])


def test_a_program_that_remembers_nothing_asks_for_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    harbor = HarborHouse(house.url, house.secret)
    harbor.open()
    harbor.join("ann", "bob")
    harbor.call([deed(who, "order.placed", -1, order_no=who, amount=500) for who in ("ann", "bob")])
    asked: list[str] = []
    execute = psycopg.Cursor.execute

    def heard(self: Any, query: Any, *terms: Any, **options: Any) -> Any:
        asked.append(str(query))
        return execute(self, query, *terms, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", heard)
    harbor.work()
    worked = tuple(asked)
    assert len(harbor.rows("select from events")) == 2
    # One look at the program's row, and not one at what it could remember, or at the events there are.
    assert len([each for each in worked if "for share of p" in each]) == 1
    remembering = ("member_days", "member_holdings", "from events")
    assert [each for each in worked if any(table in each for table in remembering)] == []
    assert harbor.rows("select kept_by from programs") == [(0,)]
