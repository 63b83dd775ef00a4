"""A scheduled version becomes live by itself or is called off; an earlier text is live again at once."""

from datetime import timedelta

import psycopg
import pytest
from psycopg import errors
from tests.engine.harbor_house import deed, later
from tests.versions.house import SLOW_7, SLOW_9, WITHOUT_DEALERS, VersionsHouse

from guerdon.access.grants import Grant, Person
from guerdon.engine.approvals.acting import Acting, Refused
from guerdon.engine.versions.ways_back import Returned, call_off, roll_back
from guerdon.queries.controls.receipts import VERSIONS
from guerdon.store.database import connect, transaction

HOUR = timedelta(hours=1)


def acting(house: VersionsHouse, role: str = "program_owner") -> Acting:
    grant = Grant(house.program_id, role, house.now - HOUR)  # type: ignore[arg-type]
    person = Person(7, "olga@example.com", "Olga", (grant,))
    return Acting(house.program_id, house.program, person, house.vault, house.now)


def calls_off(
    house: VersionsHouse, version: int, reason: str = "not yet", role: str = "program_owner"
) -> object:
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        return call_off(tx, acting(house, role), version, reason)


def rolls_back(
    house: VersionsHouse, version: int, reason: str = "broken", role: str = "program_owner"
) -> object:
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        return roll_back(tx, acting(house, role), version, reason)


def stands(house: VersionsHouse, name: str) -> int:
    """What accounts of a budget have."""
    rows = house.rows("select name, posted from accounts where member_id = 0")
    return sum(int(str(posted)) for account, posted in rows if str(account).startswith(f"budget:{name}:"))


def test_a_scheduled_version_is_live_from_its_instant_and_its_budgets_open_then(house: VersionsHouse) -> None:
    published = house.turn_to(*WITHOUT_DEALERS, SLOW_7, live_from=house.now + HOUR)
    assert (published.version, published.funded_minor) == (2, {})
    later(house, minutes=30)
    house.call([deed("ann", "walk.done", 0.2)])
    house.work()
    assert (stands(house, "dealers"), stands(house, "shops")) == (30_000, 0)
    later(house, minutes=30)
    house.call([deed("ann", "walk.done", house.at(house.now)), deed("bob", "walk.done", 0.9)])
    house.work()
    assert house.given("walk") == [("1", 1, 5), ("2", 2, 7), ("3", 1, 5)]
    assert (stands(house, "dealers"), stands(house, "shops")) == (0, 30_000)
    said = house.rows("select actor, action from audit where action like 'program.%' order by id")
    assert said == [
        *(("test", "program.published"), ("test", "program.scheduled"), ("worker", "program.opened"))
    ]


def test_a_version_scheduled_for_the_past_is_live_from_now_on_and_never_before(house: VersionsHouse) -> None:
    later(house, hours=2)
    published = house.turn_to(SLOW_7, live_from=house.now - HOUR)
    assert published.live_from == house.now
    with (
        psycopg.connect(house.url, options="-c search_path=guerdon") as db,
        pytest.raises(errors.CheckViolation, match="program_versions_begin_later"),
    ):
        db.execute(
            "insert into program_versions values (1, 3, '{}', 's', now() - interval '1 s', now(), 'x')"
        )


def test_what_is_published_meanwhile_is_followed_by_what_was_scheduled(house: VersionsHouse) -> None:
    house.turn_to(SLOW_7, live_from=house.now + HOUR)
    later(house, minutes=30)
    house.turn_to(SLOW_9)
    later(house, hours=1)
    house.call([deed(who, "walk.done", at) for who, at in (("ann", 0.1), ("ann", 0.6), ("bob", 1.1))])
    house.work()
    assert house.given("walk") == [("1", 1, 5), ("2", 3, 9), ("3", 2, 7)]


def test_a_scheduled_version_is_called_off_by_one_person_with_a_reason(house: VersionsHouse) -> None:
    house.turn_to(SLOW_7, live_from=house.now + HOUR)
    assert calls_off(house, 2, role="marketing") == Refused("role")
    assert calls_off(house, 2, " ") == Refused("reason")
    assert calls_off(house, 5) == Refused("unknown")
    assert calls_off(house, 1) == Refused("live")
    assert calls_off(house, 2) is None
    assert calls_off(house, 2) == Refused("unknown")
    later(house, hours=2)
    house.call([deed("ann", "walk.done", 1.5)])
    house.work()
    assert house.given("walk") == [("1", 1, 5)]
    assert house.rows("select reason from audit where action = 'program.called_off'") == [("not yet",)]
    # Its number is used up.
    assert house.turn_to(SLOW_9).version == 3


def test_what_is_live_cannot_be_called_off_any_more(house: VersionsHouse) -> None:
    house.turn_to(SLOW_7, live_from=house.now + HOUR)
    later(house, hours=1)
    assert calls_off(house, 2) == Refused("live")


def test_an_earlier_text_is_live_again_at_once_with_its_budgets(house: VersionsHouse) -> None:
    later(house, minutes=10)
    house.turn_to(*WITHOUT_DEALERS, SLOW_7)
    later(house, minutes=10)
    assert rolls_back(house, 1, role="marketing") == Refused("role")
    assert rolls_back(house, 1, "") == Refused("reason")
    assert rolls_back(house, 2) == Refused("live")
    assert rolls_back(house, 9) == Refused("unknown")
    assert rolls_back(house, 1) == Returned(3, house.now)
    later(house, minutes=10)
    house.call([deed(who, "walk.done", at) for who, at in (("ann", 0.1), ("ann", 0.2), ("bob", 0.4))])
    house.work()
    assert house.given("walk") == [("1", 1, 5), ("2", 2, 7), ("3", 3, 5)]
    assert (stands(house, "dealers"), stands(house, "shops")) == (30_000, 0)
    assert house.rows("select version, of_version, reason from version_origins") == [(3, 1, "broken")]
    texts = house.rows("select sha from program_versions order by version")
    assert texts[0] == texts[2] != texts[1]


def test_what_is_only_scheduled_is_nothing_to_go_back_to(house: VersionsHouse) -> None:
    house.turn_to(SLOW_7, live_from=house.now + HOUR)
    assert rolls_back(house, 2) == Refused("unknown")


def test_what_is_decided_in_the_instant_of_two_publications_is_right_by_the_controls(
    house: VersionsHouse,
) -> None:
    later(house, hours=1)
    instant = house.at(house.now)
    house.call([deed("ann", "walk.done", instant)])
    house.work()
    house.turn_to(SLOW_7)
    house.call([deed("ann", "walk.done", instant)])
    house.work()
    house.turn_to(SLOW_9)
    house.call([deed("bob", "walk.done", instant)])
    house.work()
    assert house.given("walk") == [("1", 1, 5), ("2", 2, 7), ("3", 3, 9)]
    house.check()
    # Later, that instant is the third one's alone.
    later(house, hours=1)
    house.call([deed("bob", "walk.done", instant)])
    house.work()
    assert house.given("walk")[-1] == ("4", 3, 9)
    house.check()
    for wrong in (1, 2):
        with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
            db.execute("set session_replication_role = replica")
            db.execute("update events set version = %s where external_id = '4'", (wrong,))
            db.execute("select set_config('guerdon.program_id', %s, true)", (str(house.program_id),))
            found = db.execute(VERSIONS.asked_of(db)).fetchall()
            assert [row[0] for row in found] == ["receipts.version"], wrong
            db.rollback()
