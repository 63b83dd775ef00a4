"""I-17 over a move: books that go to another server by pg_dump keep their seals, and are sealed on there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from tests.durability.home import SECRET, made_home
from tests.proof.paper import NOW, Paper

from guerdon.cli import main
from guerdon.config import REPOSITORY
from guerdon.embedded import Server
from guerdon.engine.proof.seals import ANCHORS, ANCHORS_FOLDER, anchor_new, find_lags
from guerdon.store.audit import record_audit
from guerdon.values.ids import show

Said = pytest.CaptureFixture[str]
# More transactions than a new server has behind it: rows written there have the lower numbers.
AHEAD = 3_000


@dataclass
class Move:
    """Two servers, the books on the first, and a folder for what is told outside."""

    old: Server
    new: Server
    paper: Paper
    folder: Path

    def moved(self, old: Server, paper: Paper, new: Server, name: str) -> Paper:
        """The books of one server on another, as docs/running.md says it."""
        dump = self.folder / f"{name}.dump"
        run(old, "pg_dump", "--format=custom", f"--file={dump}", f"--dbname={database_of(paper.url)}")
        url = new.url(name)
        # Makes the roles, which belong to a server; the empty tables make way for those of the dump.
        assert "ran 0011_proof" in migrated(url)
        with psycopg.connect(url) as db:
            db.execute("drop schema guerdon, accounts cascade")
        run(new, "pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={name}", str(dump))
        assert "nothing was pending" in migrated(url)
        return replace(paper, url=url)


def migrated(url: str) -> str:
    """`./guerdon migrate`, in a process of its own, as it prepares Django for one database."""
    done = subprocess.run(
        [sys.executable, "-m", "guerdon", "migrate"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run(server: Server, program: str, *words: str) -> None:
    done = subprocess.run(
        [str(server.cluster.programs / program), *words],
        env={**os.environ, **server.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def database_of(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


@pytest.fixture
def move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Move]:
    """Give books that were sealed and anchored, with rows that no seal covers yet, and a server elsewhere."""
    monkeypatch.setenv("GUERDON_SECRET", SECRET)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    with made_home() as here, made_home() as there, here.running() as old, there.running() as new:
        with psycopg.connect(old.url(), autocommit=True) as db:
            for _ in range(AHEAD):
                db.execute("select pg_current_xact_id()")
        paper = here.found(old)
        migrated(paper.url)
        paper.decide(1, 2, 3)
        paper.tell("a", "b")
        paper.seal()
        made = Move(old, new, paper, tmp_path)
        anchor(made, paper)
        paper.tell("not sealed before the move")
        yield made


def anchor(move: Move, paper: Paper) -> None:
    with paper.working() as db:
        assert len(anchor_new(db, move.folder / ANCHORS_FOLDER, NOW)) == 1


def verified(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> int:
    """`./guerdon audit verify`, with the anchors of before."""
    monkeypatch.setenv("DATABASE_URL", paper.url)
    return main(["audit", "verify"])


def last_and_next(paper: Paper) -> tuple[int, int]:
    """The number of the last sealed transaction, and of one that begins now."""
    ((sealed, begun),) = paper.rows(
        "select max(last_tx::text::bigint), pg_current_xact_id()::text::bigint from seals"
    )
    assert isinstance(sealed, int)
    assert isinstance(begun, int)
    return sealed, begun


def test_sealing_goes_on_after_a_move_and_all_of_it_is_verified_and_proven(
    move: Move, monkeypatch: pytest.MonkeyPatch, capsys: Said, caplog: pytest.LogCaptureFixture
) -> None:
    assert verified(move.paper, monkeypatch) == 0
    moved = move.moved(move.old, move.paper, move.new, "moved")
    sealed, begun = last_and_next(moved)
    # What would be lost: this server counts from below.
    assert begun < sealed
    assert verified(moved, monkeypatch) == 0
    # The tail of before comes under a seal here, though this server knows nothing of its transaction.
    assert moved.seal() == 1
    moved.tell("c", "d")
    moved.decide(7, 8)
    assert moved.seal() == 3
    with moved.working() as db:
        assert find_lags(db, NOW) == []
    assert caplog.text == ""
    assert moved.rows("select era, count(*) from audit group by 1 order by 1") == [(1, 5), (2, 3)]
    assert moved.rows("select number, last_era, rows from seals order by 1") == [
        (1, 1, 4), (2, 1, 1), (3, 2, 3)
    ]  # fmt: skip
    capsys.readouterr()
    assert verified(moved, monkeypatch) == 0
    assert "8 rows in 3 seals hold; 2 anchors agree" in capsys.readouterr().out
    for (row,) in moved.rows("select id from audit order by id"):
        assert isinstance(row, int)
        proven(move.folder, show("aud", row), capsys)
    for event in (1, 8):
        proven(move.folder, show("evt", event), capsys)


def proven(folder: Path, what: str, capsys: Said) -> None:
    assert main(["audit", "prove", what]) == 0
    case = folder / "case.json"
    case.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["audit", "verify", str(case), "--anchors", str(folder / ANCHORS_FOLDER / ANCHORS)]) == 0
    capsys.readouterr()


def test_who_moves_back_begins_another_era(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    there = move.moved(move.old, move.paper, move.new, "there")
    there.tell("there")
    there.seal()
    back = move.moved(move.new, there, move.old, "back")
    back.tell("back")
    back.seal()
    assert back.rows("select era, subject from audit where era > 1 order by 1") == [(2, "there"), (3, "back")]
    assert back.rows("select era, server = (select server from eras where era = 1) from eras order by 1") == [
        (1, True), (2, False), (3, True)
    ]  # fmt: skip
    assert verified(back, monkeypatch) == 0


def test_whatever_is_changed_before_the_move_is_found_after_it(
    move: Move, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    move.paper.force("update audit set subject = 'x' where subject = 'a'")
    moved = move.moved(move.old, move.paper, move.new, "moved")
    moved.tell("c")
    moved.seal()
    assert verified(moved, monkeypatch) == 1
    assert "seal 1 does not fit its rows" in capsys.readouterr().err


def test_a_row_of_before_does_not_stand_for_a_change_of_now(move: Move) -> None:
    moved = move.moved(move.old, move.paper, move.new, "moved")
    with psycopg.connect(moved.url, options="-c search_path=guerdon", autocommit=True) as db:
        with pytest.raises(errors.CheckViolation, match="no audit row"), db.transaction():
            numbered_alike(db)
        with db.transaction():
            numbered_alike(db)
            record_audit(db, 1, "per_1", "key.added", "k", NOW)


def numbered_alike(db: psycopg.Connection) -> None:
    """A change in a transaction that by chance has the number of one of the other server."""
    db.execute("set local session_replication_role = replica")
    db.execute("update audit set tx = pg_current_xact_id() where subject = 'a'")
    db.execute("set local session_replication_role = origin")
    db.execute("insert into api_keys values (1, 'k', sha256('x'), 'till', '/s', now(), null, null)")


def test_two_who_write_first_after_a_move_begin_one_era(move: Move) -> None:
    moved = move.moved(move.old, move.paper, move.new, "moved")
    moved.force("delete from eras where era > 1")
    with moved.acting() as first:
        record_audit(first, 1, "per_1", "key.added", "first", NOW)
        with psycopg.connect(moved.url, options="-c search_path=guerdon", autocommit=True) as second:
            second.execute("set statement_timeout = 300")
            with pytest.raises(errors.QueryCanceled):
                record_audit(second, 1, "per_1", "key.added", "second", NOW)
    moved.tell("third")
    assert moved.rows("select era from eras order by 1") == [(1,), (2,)]
    assert moved.rows("select subject from audit where era = 2 order by id") == [("first",), ("third",)]
