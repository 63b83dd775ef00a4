"""Segments in hard times: removed while somebody is in them, clocks that jump, workers that die or meet."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import psycopg
import pytest
from tests.engine.harbor_house import deed
from tests.segments.house import SurfHouse

from guerdon.engine.library import Library
from guerdon.engine.segments import Recount, Stuck, follow_segments, following, recount_segments
from guerdon.store.database import Transaction, connect, transaction
from guerdon.store.segments import passes
from guerdon.store.segments.members import Settled, settle
from guerdon.store.segments.question import Among, Question
from guerdon.worker import MAPPERS

ADA, BEN = "ada,BR,br-rio,reef,6,true,2026-01-01,2026-11-20T10:00:00Z", "ben,PT,,,,,,"
REEF = """  reef: { if: "member.club == 'reef'" }\n"""


def meets(house: SurfHouse, name: str) -> set[str]:
    return {segment for segment, names in house.kept().items() if name in names}


def mend_sizes(house: SurfHouse) -> None:
    """Sizes that went wrong by hand are right again by hand only."""
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("delete from segment_sizes")
        db.execute(
            "insert into segment_sizes select program_id, segment, '2026-11-22', market, count(*)"
            " from segment_members group by 1, 2, 4"
        )


def test_what_is_missing_is_in_no_segment_that_asks_for_it_nor_for_its_opposite(surf: SurfHouse) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.follow()
    assert meets(surf, "ben") == {"idle"}
    assert {"reef", "often", "first_year", "exactly"} <= meets(surf, "ada")
    assert not meets(surf, "ada") & {"not_reef", "away"}


def test_a_segment_that_is_removed_lets_its_members_go_and_comes_back_whole(surf: SurfHouse) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.follow()
    since = surf.rows("select since from segment_members where segment = 'here'")
    surf.begin((REEF, ""))
    surf.follow()
    assert "reef" not in surf.kept()
    assert surf.count("select count(*) from segments where segment = 'reef'") == 0
    assert surf.sizes("reef")[-1][2] == 0
    # Nothing else was built anew for it.
    assert surf.rows("select since from segment_members where segment = 'here'") == since
    assert surf.rows("select detail->>'built' from audit where action = 'segments.changed'")[-1] == ("[]",)
    surf.begin()
    surf.follow()
    assert surf.kept()["reef"] == {"ada"}
    assert surf.sizes("reef")[-1][1:] == ("BR", 1)


def test_a_segment_that_means_something_else_is_built_anew_and_only_it(surf: SurfHouse) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.follow()
    surf.begin(("member.club == 'reef'\" }\n  not", "member.club == 'wave'\" }\n  not"))
    surf.follow()
    assert "reef" not in surf.kept()
    (said,) = surf.rows("select detail->>'built' from audit where action = 'segments.changed'")[1:]
    assert said == ('["reef"]',)


def test_only_segments_that_read_what_changed_are_looked_at_again(
    surf: SurfHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.follow()
    asked: list[tuple[str, ...]] = []

    def watching(
        tx: Transaction, question: Question, segments: Sequence[str], among: Among
    ) -> Mapping[str, Settled]:
        asked.append(tuple(segments))
        return settle(tx, question, segments, among)

    monkeypatch.setattr("guerdon.engine.segments.following.settle", watching)
    surf.enroll_rows(ADA.replace("reef", "wave"))
    surf.follow()
    assert asked == [("reef", "not_reef", "morning")]
    asked.clear()
    surf.tell_and_work(deed("ada", "board.bought", number="1", kind="short"))
    surf.follow()
    assert asked == [("owner", "fresh")]
    asked.clear()
    # What is brought again unchanged is no change.
    surf.enroll_rows(ADA.replace("reef", "wave"))
    surf.follow()
    assert asked == []
    # Who moves concerns all: their sizes are by market.
    surf.enroll_rows(ADA.replace("reef", "wave").replace("BR,br-rio", "PT,"))
    surf.follow()
    assert len(asked[0]) == len(surf.program.segments)
    assert surf.sizes("owner")[-2:] == [("2026-11-21", "BR", 0), ("2026-11-21", "PT", 1)]


def test_time_alone_lets_members_in_and_out_on_the_very_day(surf: SurfHouse) -> None:
    surf.enroll_rows(ADA)
    surf.tell_and_work(deed("ada", "wave.ridden"), deed("ada", "wave.ridden", -24))
    surf.follow()
    assert "keen" in meets(surf, "ada")
    # The seventh day is the last; a day begins at three o'clock UTC in Sao Paulo.
    for day in range(20, 27):
        surf.now = surf.now.replace(day=day, hour=2, minute=59) if day > 21 else surf.now
        surf.follow()
        assert "keen" in meets(surf, "ada"), day
    surf.now = surf.now.replace(day=27, hour=3, minute=0)
    with connect(surf.url, surf.secret, "worker") as db, transaction(db, surf.program_id) as tx:
        assert passes.find_due(tx, surf.program_id, surf.now, 10)
    surf.follow()
    assert "keen" not in meets(surf, "ada")
    assert "away" not in meets(surf, "ada")
    surf.pass_time(days=9)
    surf.follow()
    assert "away" in meets(surf, "ada")


@pytest.mark.parametrize("jump", [timedelta(hours=-20), timedelta(days=-5), timedelta(days=3000)], ids=str)
def test_a_clock_that_jumps_leaves_each_segment_as_it_is_at_that_time(
    surf: SurfHouse, jump: timedelta
) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.tell_and_work(deed("ada", "wave.ridden"), deed("ben", "board.bought", number="1", kind="short"))
    surf.pass_time(days=6)
    surf.follow()
    assert surf.kept() == surf.meant()
    back = surf.now
    surf.now += jump
    surf.follow()
    assert surf.kept() == surf.meant()
    surf.now = back
    surf.follow()
    assert surf.kept() == surf.meant()
    # Nothing more is to be done, however often one looks.
    assert surf.follow() == 1


def test_a_worker_killed_in_the_middle_leaves_off_where_it_last_committed(
    surf: SurfHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "STRETCH_MAX", 10)
    surf.enroll_rows(*(f"m{n},BR,br-rio,reef,,,," for n in range(45)))
    library = Library(surf.vault, MAPPERS)
    with connect(surf.url, surf.secret, "worker") as db:
        for _ in range(3):
            assert follow_segments(db, library, surf.now)
        mid = surf.count("select max(walked_to) from segments")
        with psycopg.connect(surf.url, autocommit=True) as killer:
            killer.execute("select pg_terminate_backend(%s)", (db.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            follow_segments(db, library, surf.now)
    assert len(surf.kept()["reef"]) == 30 == mid
    # It is not over: nobody is told a size, and no control looks at it.
    assert surf.count("select count(*) from segments where built_at is not null") == 0
    surf.check()
    surf.follow()
    assert surf.kept() == surf.meant()
    assert len(surf.kept()["reef"]) == 45


def test_two_workers_at_once_come_to_the_same(surf: SurfHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STRETCH_MAX", 7)
    monkeypatch.setattr(following, "SOME_MAX", 5)
    surf.enroll_rows(*(f"m{n},BR,br-rio,reef,,,," for n in range(40)))
    stop = threading.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with connect(surf.url, surf.secret, "worker") as db:
                library = Library(surf.vault, MAPPERS)
                while not stop.is_set():
                    follow_segments(db, library, surf.now)
        except BaseException as fault:  # noqa: BLE001  told below
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(0, 40, 4):
        surf.tell_and_work(
            *(deed(f"m{m}", "wave.ridden", -h) for m in range(n, n + 4) for h in (0, 1)),
            deed(f"m{n}", "board.bought", number="1", kind="short"),
        )
    surf.enroll_rows(*(f"m{n},PT,,wave,,,," for n in range(20, 60)))
    surf.await_true(
        "select not exists (select from segment_touches)"
        " and not exists (select from segments where pass is not null)"
    )
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert surf.kept() == surf.meant()
    assert {row[1]: row[2] for row in surf.sizes("reef")} == {"BR": 20}


def test_what_a_recount_finds_is_mended_and_told(surf: SurfHouse) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.follow()
    with psycopg.connect(surf.url, options="-c search_path=guerdon") as db:
        db.execute("delete from segment_members where segment = 'reef'")
        db.execute(
            "insert into segment_members select program_id, 'away', member_id, market, now() from members"
        )
    surf.pass_time(hours=24)
    surf.follow()
    assert surf.kept() == surf.meant()
    ((found,),) = surf.rows(
        "select detail->'found' from audit where action = 'segments.recounted' order by id desc limit 1"
    )
    assert isinstance(found, dict)
    assert {key: n for key, n in found.items() if n} == {"reef": 1, "away": 2}
    assert surf.rows("select kind, subject, detail->>'total' from alarms") == [
        ("control", "segments.members", "3")
    ]
    # That is another control's.
    mend_sizes(surf)


def test_somebody_may_have_all_looked_at_now(surf: SurfHouse) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.tell_and_work(deed("ada", "wave.ridden"))
    with connect(surf.url, surf.secret, "worker") as db:
        found = recount_segments(
            db, Library(surf.vault, MAPPERS), Recount(surf.program_id, "test"), lambda: surf.now
        )
    assert set(found) == set(surf.program.segments)
    assert not any(found.values())


def test_a_recount_waits_for_the_worker_that_is_at_it(
    surf: SurfHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    surf.enroll_rows(ADA, BEN)
    surf.follow()
    wanted, library = Recount(surf.program_id, "test", ["reef"]), Library(surf.vault, MAPPERS)
    monkeypatch.setattr(following, "WAIT_S", 0.01)
    with (
        psycopg.connect(surf.url, options="-c search_path=guerdon") as other,
        connect(surf.url, surf.secret, "worker") as db,
    ):
        other.execute("delete from segment_members where segment in ('reef', 'here')")
        other.commit()
        other.execute("select pg_advisory_xact_lock(1735289453, %s)", (surf.program_id,))
        with ThreadPoolExecutor(1) as aside:
            done = aside.submit(recount_segments, db, library, wanted, lambda: surf.now)
            with pytest.raises(TimeoutError):
                done.result(0.5)
            other.commit()
            # Of the others nobody asked, so what is wrong with them stands.
            assert done.result(30) == {"reef": 1}
        assert "here" not in surf.kept()
        other.execute("select pg_advisory_xact_lock(1735289453, %s)", (surf.program_id,))
        monkeypatch.setattr(following, "TRIES_MAX", 3)
        with pytest.raises(Stuck):
            recount_segments(db, library, wanted, lambda: surf.now)
    with connect(surf.url, surf.secret, "worker") as db:
        found = recount_segments(db, library, Recount(surf.program_id, "test"), lambda: surf.now)
    assert {key: n for key, n in found.items() if n} == {"here": 1}
    assert surf.kept() == surf.meant()
    mend_sizes(surf)


def test_what_changes_while_a_segment_begins_to_be_kept_is_not_missed(surf: SurfHouse) -> None:
    """An import that is not committed when the first pass begins leaves word all the same."""
    surf.enroll_rows(ADA)
    with psycopg.connect(surf.url, options="-c search_path=guerdon") as db:
        db.execute("select set_config('guerdon.program_id', %s, false)", (str(surf.program_id),))
        db.execute("update members set attributes = '{}' where program_id = %s", (surf.program_id,))
        thread = threading.Thread(target=surf.follow)
        thread.start()
        # It waits for the import, which reads what is watched under a lock.
        surf.await_true("select exists (select from pg_locks where not granted)")
        db.commit()
    thread.join()
    surf.follow()
    assert surf.kept() == surf.meant()
    assert "reef" not in surf.kept()


def test_days_that_there_are_not_are_no_days(surf: SurfHouse) -> None:
    """What does not fit its declaration is missing, in SQL as in Python; nothing raises."""
    surf.enroll_rows(*(f"m{n},BR,,,,,," for n in range(40)))
    written = [
        *('"2026-02-30T00:00:00Z"', '"2025-02-29"', '"2024-02-29"', '"2026-11-01T24:00:00Z"', '"soon"'),
        *('"2026-11-01T10:00:60Z"', '"2026-11-01T10:00:00.123456+02:00"', '"1999-12-31T23:59:59Z"'),
        *('"2000-01-01T00:00:00+01:00"', '"2099-12-31T23:59:59-01:00"', '"2026-11-31"', "1763000000000"),
        *(
            '"1763000000000"',
            "true",
            "null",
            "[]",
            "{}",
            '""',
            "12.5",
            "99999999999999999999",
            '"2026-11-10"',
        ),
        *('"2026-11-19 10:00"', '"2026-11-19T10:00Z"', "-1", '"1998-05-03"', '"1900-02-29"'),
        *('"1904-02-29T00:00:00Z"', '"1899-12-31T23:59:59Z"', '"1900-01-01T00:00:00+01:00"', "1700000000"),
        *("883612800000", '"-126230400000"', "-2208988800001", "0", "3024000000", '"00883612800000"'),
    ]
    numbers = [
        *("9223372036854775807", "9223372036854775808", "-9223372036854775808", '" 12 "', '"-7"', '"1e3"'),
        *("1e3", "7.0", "true", '"12a"', "7", '""', "null"),
    ]
    texts = ['"reef"', '"wave"', '"other"', "7", "null", '"reef "', "true", '["reef"]']
    with psycopg.connect(surf.url, options="-c search_path=guerdon") as db:
        db.execute("select set_config('guerdon.program_id', %s, false)", (str(surf.program_id),))
        for n in range(40):
            attributes = (
                f'{{"seen": {written[n % len(written)]}, "joined": {written[(n * 7) % len(written)]},'
                f' "visits": {numbers[n % len(numbers)]}, "club": {texts[n % len(texts)]},'
                f' "vip": {("true", chr(34) + "yes" + chr(34), chr(34) + "NO" + chr(34), "1", "0")[n % 5]}}}'
            )
            db.execute(
                "update members set attributes = %s where member_id = (select member_id from member_ids"
                " where external_id = %s)",
                (attributes, f"m{n}"),
            )
    surf.follow()
    assert surf.kept() == surf.meant()
    for days in (1, 3, 30):
        surf.pass_time(days=days)
        surf.follow()
        assert surf.kept() == surf.meant()
    assert surf.now.date() > date(2026, 12, 1)
