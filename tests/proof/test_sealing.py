"""The audit is sealed as it stands in the database: everything, once, in an order that stands."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import errors, sql
from tests.proof.paper import NOW, Paper

from guerdon.engine.proof.seals import ANCHORS, anchor_new, find_lags, seal_new
from guerdon.ledger.trail import Anchor, read_line
from guerdon.store.audit import record_audit
from guerdon.store.database import Role, connect


def anchored(paper: Paper, folder: Path, at_hour: int = 0) -> list[Anchor]:
    with paper.working() as db:
        return anchor_new(db, folder, NOW + timedelta(hours=at_hour))


def test_what_is_new_is_sealed_and_the_rest_left_alone(paper: Paper) -> None:
    paper.tell("a", "b")
    assert paper.seal() == 3
    assert paper.seal() == 0
    paper.tell("c")
    assert paper.seal() == 1
    assert paper.rows("select number, rows, total_rows from seals order by 1") == [(1, 3, 3), (2, 1, 4)]
    done = paper.check()
    assert (done.wrong, done.rows, done.seals, done.unsealed) == (None, 4, 2, 0)


def test_programs_have_seals_of_their_own(paper: Paper) -> None:
    other = paper.found("another")
    paper.tell("a")
    assert paper.seal() == 3
    found = paper.rows("select program_id, number, rows from seals order by 1")
    assert found == [(paper.program_id, 1, 2), (other, 1, 1)]


def test_a_row_whose_transaction_is_open_holds_later_ones_back_until_it_is_through(paper: Paper) -> None:
    paper.seal()
    with paper.acting() as slow:
        # It has its number, and nobody sees its row yet.
        record_audit(slow, paper.program_id, "per_1", "key.added", "slow", NOW)
        paper.tell("quick")
        assert paper.seal() == 0
    assert paper.seal() == 2
    assert paper.check().wrong is None


def test_two_who_seal_at_once_make_each_seal_once(paper: Paper) -> None:
    paper.tell(*map(str, range(20)))
    with ThreadPoolExecutor(4) as four:
        sealed = list(four.map(lambda _: paper.seal(), range(4)))
    assert sum(sealed) == 21
    assert paper.check().wrong is None


def test_a_clock_that_was_set_back_makes_no_older_seal(paper: Paper) -> None:
    paper.seal()
    paper.tell("a")
    paper.seal(NOW - timedelta(days=1))
    assert paper.check().wrong is None


def test_rows_that_nobody_seals_are_noticed(paper: Paper) -> None:
    paper.tell("a")
    with paper.working() as db:
        assert find_lags(db, NOW + timedelta(seconds=59)) == []
        (lag,) = find_lags(db, NOW + timedelta(seconds=61))
        assert (lag.program_id, lag.rows, lag.since) == (paper.program_id, 2, NOW)
        seal_new(db, NOW)
        assert find_lags(db, NOW + timedelta(days=1)) == []


def test_a_seal_of_another_server_is_noticed(paper: Paper, caplog: pytest.LogCaptureFixture) -> None:
    paper.seal()
    paper.force("update seals set last_tx = '9999999999'")
    with paper.working() as db:
        find_lags(db, NOW)
    assert "was sealed on a copy of this PostgreSQL server" in caplog.text


TAMPERINGS: dict[str, tuple[LiteralString, ...]] = {
    "a row deleted": ("delete from audit where subject = 'b'",),
    "a row put in": (
        """
        insert into audit (program_id, id, tx, actor, action, subject, recorded_at) overriding system value
        select program_id, 0, tx, actor, action, 'x', recorded_at from audit where subject = 'b'
        """,
    ),
    "two rows in each other's place": (
        "update audit set subject = case subject when 'a' then 'c' else 'a' end where subject in ('a', 'c')",
    ),
    "the tail cut": ("delete from seals where number = 2", "delete from audit where subject in ('c', 'd')"),
    "a seal's root": ("update seals set root = sha256('x') where number = 1",),
    "a seal's count": ("update seals set rows = rows + 1 where number = 2",),
    "a seal's total": ("update seals set total_rows = total_rows + 1 where number = 2",),
    "a seal's clock": ("update seals set sealed_at = sealed_at + interval '1 us' where number = 2",),
    "a seal's chain": ("update seals set previous = sha256('x') where number = 2",),
    "a seal's end": ("update seals set last_id = last_id - 1 where number = 2",),
    "a seal's beginning": ("update seals set first_id = first_id + 1 where number = 1",),
    "a seal gone": ("delete from seals where number = 1",),
    "all gone": ("delete from seals", "delete from audit", "delete from anchors"),
    "what was told, told otherwise": ("update anchors set seal = sha256('x')",),
}


@pytest.mark.parametrize("statements", TAMPERINGS.values(), ids=TAMPERINGS)
def test_whatever_the_owner_of_the_machine_does_is_found(
    paper: Paper, tmp_path: Path, statements: tuple[LiteralString, ...]
) -> None:
    paper.tell("a", "b")
    paper.seal()
    paper.tell("c", "d")
    paper.seal()
    told = anchored(paper, tmp_path)
    assert paper.check(*told).wrong is None
    paper.force(*statements)
    assert paper.check(*told).wrong is not None


def test_whoever_makes_all_seals_anew_is_found_by_the_anchor_alone(paper: Paper, tmp_path: Path) -> None:
    paper.tell("a", "b")
    paper.seal()
    told = anchored(paper, tmp_path)
    paper.force(
        "update audit set actor = 'somebody' where subject = 'a'", "delete from seals", "delete from anchors"
    )
    paper.seal()
    assert paper.check().wrong is None
    assert "the trail was rewritten" in str(paper.check(*told).wrong)


# One value for each column that no row of these tests has.
OTHERWISE: dict[str, LiteralString] = {
    "program_id": "99",
    "id": "id + 1000",
    "era": "era + 1",
    "tx": "'1'",
    "recorded_at": "recorded_at + interval '1 us'",
    "before": "'{\"n\": 2}'",
    "after": "'{\"n\": 2}'",
    "detail": "'{\"n\": 2}'",
}


def test_every_column_is_under_the_seal_also_one_that_comes_later(paper: Paper) -> None:
    columns = [
        str(name)
        for (name,) in paper.rows(
            "select attname from pg_attribute where attrelid = 'audit'::regclass and attnum > 0"
            " and not attisdropped"
        )
    ]
    assert len(columns) == 14
    paper.tell("a")
    paper.seal()
    paper.force("create table kept as select * from audit")
    for column in columns:
        with psycopg.connect(paper.url, options="-c search_path=guerdon", autocommit=True) as db:
            db.execute("set session_replication_role = replica")
            db.execute("create temp table bent as select * from kept")
            other = sql.SQL("update bent set {} = {} where subject = 'a'").format(
                sql.Identifier(column), sql.SQL(OTHERWISE.get(column, "'other'"))
            )
            assert db.execute(other).rowcount == 1
            for told, holds in (("bent", False), ("kept", True)):
                db.execute("delete from audit")
                again = sql.SQL("insert into audit overriding system value select * from {}")
                assert db.execute(again.format(sql.Identifier(told))).rowcount == 2
                assert (paper.check().wrong is None) == holds, (column, told)


def test_the_newest_seal_is_told_outside_once_an_hour(paper: Paper, tmp_path: Path) -> None:
    assert anchored(paper, tmp_path) == []
    paper.seal()
    (told,) = anchored(paper, tmp_path)
    assert (told.number, told.total_rows) == (1, 1)
    paper.tell("a")
    paper.seal()
    assert anchored(paper, tmp_path) == []
    (later,) = anchored(paper, tmp_path, at_hour=1)
    # Nothing new is told of a seal that was told before.
    assert anchored(paper, tmp_path, at_hour=2) == []
    kept = [read_line(line) for line in (tmp_path / ANCHORS).read_bytes().splitlines()]
    assert kept == [told, later]
    assert paper.check(told, later).anchors == 4


def test_two_workers_tell_one_seal_once(paper: Paper, tmp_path: Path) -> None:
    paper.seal()
    with ThreadPoolExecutor(3) as three:
        told = list(three.map(lambda _: anchored(paper, tmp_path), range(3)))
    assert sorted(map(len, told)) == [0, 0, 1]
    assert len((tmp_path / ANCHORS).read_bytes().splitlines()) == 1


@pytest.mark.parametrize("table", ["seals", "anchors"])
@pytest.mark.parametrize("change", ["update {} set number = 7", "delete from {}", "truncate {}"])
def test_seals_and_anchors_are_never_changed(paper: Paper, tmp_path: Path, table: str, change: str) -> None:
    paper.seal()
    anchored(paper, tmp_path)
    refusals: dict[Role, str] = {"owner": "never changed", "worker": "permission denied", "web": "permission"}
    for role, said in refusals.items():
        with connect(paper.url, paper.secret, role) as db:
            db.execute("select set_config('guerdon.program_id', %s, false)", (str(paper.program_id),))
            with pytest.raises(errors.InsufficientPrivilege, match=said):
                db.execute(change.format(table).encode())


def test_transactions_are_in_order_by_number_and_not_by_letters(paper: Paper) -> None:
    paper.tell("a", "b")
    paper.force(
        "update audit set tx = '9' where subject = 'a'",
        "update audit set tx = '10' where subject = 'b'",
        "update audit set tx = '8' where subject not in ('a', 'b')",
    )
    paper.seal()
    assert paper.rows("select rows, last_tx::text, first_id from seals") == [(3, "10", 1)]
    assert paper.check().wrong is None
