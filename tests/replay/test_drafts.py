"""What a draft would have come to: limits, holds, windows, members as they were, and the books untouched."""

import ast
import csv
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.engine.harbor_house import HarborHouse, deed, later
from tests.engine.house import NOW
from tests.replay.trying import LATER, ask, changed, found, run, tried
from tests.rules.harbor import HARBOR

import guerdon
from guerdon.cli.replay.found import HEAD, render_result, write_members
from guerdon.queries.replay.found import list_members
from guerdon.queries.replay.history import one_snapshot
from guerdon.queries.replay.needed import missing_rehearsal
from guerdon.store.database import connect, transaction

TEXT = HARBOR.read_text(encoding="utf-8")
VISIT = "value: 60 CAP"


@pytest.fixture
def house(database: str, secret: str) -> HarborHouse:
    """Give the harbor's house, with three members."""
    made = HarborHouse(database, secret)
    made.open()
    made.join("ann", "bob")
    made.join("cy", market="NO", location="")
    return made


def visits(house: HarborHouse) -> None:
    house.tell_and_work(
        deed("ann", "visit.done", -50), deed("ann", "visit.done", -49), deed("ann", "visit.done", -48),
        deed("bob", "visit.done", -50), deed("cy", "visit.done", -20),
    )  # fmt: skip


def test_more_and_less_are_told_apart_by_member_place_and_rule(house: HarborHouse, tmp_path: Path) -> None:
    visits(house)
    # ann: 60, then 40 up to the cap of 100, then nothing. With 30 each: 30, 30, the third is one too many.
    draft = changed(TEXT, (VISIT, "value: 30 CAP"))
    result, members = tried(house, tmp_path, draft)
    ((ann, live, would), (bob, _, _), (cy, _, _)) = [(m.member_id, m.live, m.draft) for m in members]
    assert (ann, live, would) == (house.member("ann"), 100, 60)
    assert {bob, cy} == {house.member("bob"), house.member("cy")}
    assert result["members"] == [
        {"unit": "CAP", "gained": 0, "gained_minor": 0, "lost": 3, "lost_minor": 100}
    ]
    assert [(each["market"], each["lost"], each["lost_minor"]) for each in result["moved"]["markets"]] == [
        ("DE", 2, 70),
        ("NO", 1, 30),
    ]
    assert [(each["location"], each["lost"]) for each in result["moved"]["locations"]] == [
        ("", 1),
        ("de-kiel", 2),
    ]
    assert [(each["rule"], each["lost_minor"]) for each in result["moved"]["rules"]] == [("visit", 100)]
    (unit,) = [each for each in result["units"] if each["unit"] == "CAP"]
    assert (unit["live"]["granted_minor"], unit["draft"]["granted_minor"]) == (220, 120)
    # Without cap and limit each of the five would have given all of it.
    assert (unit["live"]["wanted_minor"], unit["draft"]["wanted_minor"]) == (300, 150)
    assert unit["liability"] == {"live": 220, "draft": 120}
    refused = {(each["rule"], each["reason"]): each for each in result["refusals"]}
    assert refused["visit", "cap:CAP"]["live"]["times"] == 1
    assert refused["visit", "limit:visit_day"]["draft"] == {"times": 1, "value_minor": 30}
    sample = result["samples"][0]
    assert (sample["rule"], sample["live_minor"], sample["draft_minor"]) == ("visit", 60, 30)
    said = list(render_result(draft, result))
    assert said[0] == (
        "This draft would have given 100 CAP less: 0 members gain 0 CAP, 3 members lose 100 CAP."
    )


def test_what_waits_for_people_is_held_apart_and_what_they_said_is_kept(
    house: HarborHouse, tmp_path: Path
) -> None:
    house.tell_and_work(*[deed("ann", "walk.done", -1)] * 4)
    result, _ = tried(house, tmp_path, changed(TEXT, ("hours: 3 }, times: 2", "hours: 3 }, times: 3")))
    (unit,) = result["units"]
    assert (unit["live"]["granted_minor"], unit["live"]["held_minor"]) == (10, 10)
    assert (unit["draft"]["granted_minor"], unit["draft"]["held_minor"]) == (15, 5)
    assert unit["live"]["wanted_minor"] == unit["draft"]["wanted_minor"] == 20


def test_who_would_have_had_less_can_spend_only_that(house: HarborHouse, tmp_path: Path) -> None:
    visits(house)
    house.spend("ann", "CAP", 90)
    later(house, hours=1)
    house.tell_and_work(deed("ann", "visit.done", 0.5))
    result, members = tried(house, tmp_path, changed(TEXT, (VISIT, "value: 30 CAP")))
    (unit,) = [each for each in result["units"] if each["unit"] == "CAP"]
    # ann had 60 and spent them all, and earned 30 more; bob and cy have 30 each.
    assert unit["liability"] == {"live": 10 + 60 + 120, "draft": 30 + 60}
    assert [(each.live, each.draft) for each in members if each.member_id == house.member("ann")] == [
        (160, 90)
    ]


def test_members_are_what_they_were_when_it_was_decided(house: HarborHouse, tmp_path: Path) -> None:
    house.tell_and_work(deed("ann", "order.placed", -3, order_no="1", amount=100))
    house.join("ann", market="NO", location="")
    later(house, hours=1)
    house.tell_and_work(deed("ann", "order.placed", 0.5, order_no="2", amount=100))
    values = "value: { DE: 200.00 EUR, NO: 50.00 EUR }, pay_from: main"
    result, members = tried(
        house, tmp_path, changed(TEXT, (values, values.replace("200.00 EUR", "100.00 EUR")))
    )
    eur = [each for each in result["markets"] if each["unit"] == "EUR"]
    assert [
        (each["market"], each["live"]["granted_minor"], each["draft"]["granted_minor"]) for each in eur
    ] == [
        ("DE", 20_000, 10_000),
        ("NO", 5_000, 5_000),
    ]
    assert [(each.live, each.draft, each.market) for each in members] == [(25_000, 15_000, "NO")]


def test_what_a_draft_counts_is_counted_from_the_first_event_on(house: HarborHouse, tmp_path: Path) -> None:
    visits(house)
    house.tell_and_work(deed("bob", "visit.done", -2))
    when = "    when: visit.done\n    promise: public"
    draft = changed(TEXT, (when, when + "\n    if: count(visit.done, 'ever') >= 2"))
    # Only the last is decided anew: bob's second, which the draft gives as well.
    since = NOW - timedelta(days=3_000)
    result, members = tried(house, tmp_path, draft, since)
    assert {(each.member_id, each.live, each.draft) for each in members} == {
        (house.member("cy"), 60, 0),
    } | {(house.member("bob"), 100, 60)}
    assert {row["draft_reason"] for row in result["samples"]} == {"condition", ""}


def test_nothing_of_it_reaches_the_books(house: HarborHouse, tmp_path: Path) -> None:
    visits(house)
    number = ask(house, changed(TEXT, (VISIT, "value: 30 CAP")))
    assert isinstance(number, int)
    before = contents(house)
    run(house, number, tmp_path)
    result, _ = found(house, number)
    assert result["otherwise"] == 4
    after = contents(house)
    assert {name for name in before if before[name] != after[name]} == {"replays", "replay_members"}
    # Nor could it: PostgreSQL itself refuses.
    with (
        connect(house.url, house.secret, "worker") as db,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        one_snapshot(db, house.program_id) as tx,
    ):
        tx.execute("update members set language = 'fr'")


def contents(house: HarborHouse) -> dict[str, str]:
    """A hash of each table."""
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        names = db.execute(
            "select relname from pg_class where relnamespace = 'guerdon'::regnamespace"
            " and relkind in ('r', 'p') and not relispartition"
        ).fetchall()
        found = {}
        for (name,) in names:
            row = db.execute(
                sql.SQL(
                    "select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from {} t"
                ).format(sql.Identifier(name))
            ).fetchone()
            assert row is not None
            found[name] = row[0]
    return found


def test_all_members_come_page_by_page_and_as_a_file(house: HarborHouse, tmp_path: Path) -> None:
    visits(house)
    draft = changed(TEXT, (VISIT, "value: 30 CAP"))
    number = ask(house, draft)
    assert isinstance(number, int)
    run(house, number, tmp_path)
    _, members = found(house, number)
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        paged, after = [], None
        while page := list_members(tx, house.program_id, number, 2, after):
            paged += page
            last = page[-1]
            after = (abs(last.draft - last.live), last.member_id, last.unit)
        assert write_members(tx, house.program_id, number, tmp_path / "members.csv") == 3
        assert missing_rehearsal(tx, house.program_id, draft.sha, LATER) == ""
        assert missing_rehearsal(tx, house.program_id, "another", LATER) == "never"
    assert paged == members
    lines = list(csv.reader((tmp_path / "members.csv").read_text(encoding="utf-8").splitlines()))
    assert lines[0] == list(HEAD)
    assert sorted(int(line[6]) for line in lines[1:]) == [-40, -30, -30]


def test_what_replays_import_can_write_nothing_but_what_they_found() -> None:
    folder = Path(guerdon.__file__).parent / "engine" / "replay"
    imported = {
        f"{node.module}.{name.name}"
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("guerdon.store")
        for name in node.names
    }
    # Rows as shapes, connections, and their own table; the audit, when somebody asks for a replay or ends it.
    assert imported == {
        "guerdon.store.audit.record_audit",
        # It wakes who looks on.
        "guerdon.store.decided.notify",
        "guerdon.store.batch.belongings.BelongingRow",
        *(f"guerdon.store.database.{name}" for name in ("Connection", "Transaction", "transaction")),
        "guerdon.store.members.MemberRow",
        "guerdon.store.referrals.pairs.Pair",
        *(f"guerdon.store.programs.{name}" for name in ("StoredVersion", "list_programs")),
        "guerdon.store.versions.replays",
        *(
            f"guerdon.store.versions.replays.{name}"
            for name in ("Lease", "MemberRow", "NewReplay", "ReplayRow", "find_waiting")
        ),
    }
