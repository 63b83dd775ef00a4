"""T-17: a backup is restored to an instant with nothing lost, and what is damaged or missing is said."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from tests.durability.home import SECRET, Home, made_home, server_clock
from tests.proof.paper import NOW

from guerdon.cli import main
from guerdon.embedded.backup import NOTE
from guerdon.engine.proof.seals import ANCHORS, anchor_new

Said = pytest.CaptureFixture[str]


@dataclass
class Story:
    """A backup with what happened before it, before an instant, and after."""

    out: Path
    at: datetime
    anchors: Path

    def copied(self, to: Path) -> Path:
        shutil.copytree(self.out, to, symlinks=True)
        return to


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Tell a story once: rows, a backup, more rows, an instant, rows that came too late, the log added."""
    aside = tmp_path_factory.mktemp("backup")
    with made_home() as home, home.running() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in home.environment.items():
            patch.setenv(name, value)
        paper = home.found(server)
        paper.tell("before")
        paper.seal()
        assert main(["backup", str(aside / "out")]) == 0
        paper.tell(*(f"between {n}" for n in range(50)))
        paper.seal()
        with paper.working() as db:
            assert anchor_new(db, aside / "anchors", NOW)
        time.sleep(0.02)
        at = server_clock(paper)
        time.sleep(0.02)
        paper.tell("too late")
        paper.seal()
        with psycopg.connect(paper.url, autocommit=True) as db:
            # Several log files, so that one in the middle can be missing.
            for _ in range(2):
                db.execute("select pg_switch_wal()")
                db.execute("create table aside (); drop table aside")
        assert main(["backup", str(aside / "out")]) == 0
        yield Story(aside / "out", at, aside / "anchors" / ANCHORS)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Give a home without data, in the environment."""
    with made_home() as home:
        for name, value in home.environment.items():
            monkeypatch.setenv(name, value)
        yield home


def subjects(home: Home) -> list[str]:
    with home.running() as server:
        return [str(row[0]) for row in home.paper(server).rows("select subject from audit order by id")]


def test_nothing_is_lost_at_the_instant_and_nothing_later_is_there(
    story: Story, fresh: Home, capsys: Said
) -> None:
    assert (
        main(["restore", str(story.out), "--at", story.at.isoformat(), "--anchors", str(story.anchors)]) == 0
    )
    assert "nordlys_circle: books in order; 52 audit rows in 2 seals hold" in capsys.readouterr().out
    assert subjects(fresh) == ["nordlys_circle", "before", *(f"between {n}" for n in range(50))]


def test_without_an_instant_all_of_it_comes_back_and_work_goes_on(story: Story, fresh: Home) -> None:
    assert main(["restore", str(story.out)]) == 0
    with fresh.running() as server:
        paper = fresh.paper(server)
        paper.tell("after the fire")
        paper.seal()
        assert paper.check().wrong is None
    assert subjects(fresh)[-2:] == ["too late", "after the fire"]
    # And it can be backed up again.
    assert main(["backup", str(fresh.folder / "again")]) == 0


def refused(words: list[str], capsys: Said) -> str:
    assert main(["restore", *words]) == 1
    return capsys.readouterr().err


def test_a_missing_log_file_is_named_and_nothing_is_laid_out(
    story: Story, fresh: Home, tmp_path: Path, capsys: Said
) -> None:
    out = story.copied(tmp_path / "out")
    logs = sorted((out / "wal").iterdir())
    assert len(logs) >= 3
    logs[1].unlink()
    (out / "base" / "pg_wal" / logs[1].stem).unlink(missing_ok=True)
    said = refused([str(out)], capsys)
    assert f"log file {logs[1].stem} is missing" in said
    assert not (fresh.folder / "postgres" / "data").exists()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("how", ["cut", "changed", "mangled"])
def test_a_damaged_log_file_is_named(story: Story, how: str, tmp_path: Path, capsys: Said) -> None:
    out = story.copied(tmp_path / "out")
    log = max((out / "wal").iterdir())
    written = bytearray(log.read_bytes())
    if how == "changed":
        written[-6] ^= 1
    if how == "mangled":
        written[100:120] = bytes(20)
    log.write_bytes(written[: len(written) // 2] if how == "cut" else written)
    assert f"the backup is damaged: {log.name} cannot be unpacked" in refused([str(out)], capsys)


@pytest.mark.usefixtures("fresh")
def test_one_altered_page_is_found(story: Story, tmp_path: Path, capsys: Said) -> None:
    out = story.copied(tmp_path / "out")
    page = max((out / "base" / "base").rglob("*"), key=lambda path: path.stat().st_size)
    written = bytearray(page.read_bytes())
    written[8192 + 100] ^= 1
    page.write_bytes(written)
    said = refused([str(out)], capsys)
    assert "the backup is damaged: checksum mismatch for file" in said
    assert page.name in said


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("gone", ["base/global/pg_control", "base/backup_manifest", "base/PG_VERSION", NOTE])
def test_a_missing_file_is_named(story: Story, tmp_path: Path, gone: str, capsys: Said) -> None:
    out = story.copied(tmp_path / "out")
    (out / gone).unlink()
    said = refused([str(out)], capsys)
    assert "damaged" in said or "is no backup of ours" in said


def test_a_trail_that_was_rewritten_before_the_backup_is_put_aside(
    story: Story, fresh: Home, tmp_path: Path, capsys: Said
) -> None:
    anchor = json.loads(story.anchors.read_text())
    told = tmp_path / "anchors.jsonl"
    told.write_text(json.dumps({**anchor, "seal": "00" * 32}, separators=(",", ":")) + "\n")
    said = refused([str(story.out), "--anchors", str(told)], capsys)
    assert "the data were put aside" in said
    assert "the trail was rewritten" in said
    assert not (fresh.folder / "postgres" / "data").exists()
    assert (fresh.folder / "postgres" / "data.refused").exists()


def test_an_anchor_from_after_the_instant_is_no_reason_to_refuse(
    story: Story, fresh: Home, tmp_path: Path
) -> None:
    anchor = json.loads(story.anchors.read_text())
    later = {**anchor, "number": 99, "at": (story.at + timedelta(days=1)).isoformat(timespec="microseconds")}
    told = tmp_path / "anchors.jsonl"
    told.write_text(json.dumps(later, separators=(",", ":")) + "\n")
    assert main(["restore", str(story.out), "--at", story.at.isoformat(), "--anchors", str(told)]) == 0
    assert fresh.folder.exists()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2001-01-01T00:00:00Z", "what was before it cannot be restored"),
        ("2099-01-01T00:00:00Z", "what came after it is not in it"),
        ("yesterday", "yesterday is no instant"),
        ("2026-11-21T12:00:00", "names no time zone"),
    ],
)
def test_an_instant_that_the_backup_does_not_reach_is_refused(
    story: Story, at: str, said: str, capsys: Said
) -> None:
    assert said in refused([str(story.out), "--at", at], capsys)


def test_a_home_that_has_data_keeps_them(story: Story, fresh: Home, capsys: Said) -> None:
    with fresh.running() as server:
        fresh.found(server).tell("here before")
    assert "there are data in" in refused([str(story.out)], capsys)
    assert subjects(fresh)[-1] == "here before"


def test_another_secret_is_refused_before_anything_is_copied(
    story: Story, fresh: Home, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv("GUERDON_SECRET", SECRET[::-1])
    assert "another GUERDON_SECRET" in refused([str(story.out)], capsys)
    assert not (fresh.folder / "postgres" / "data").exists()


def test_erasures_that_nobody_can_read_keep_the_backup_closed(
    story: Story, fresh: Home, capsys: Said
) -> None:
    (fresh.folder / "tombstones.jsonl").write_text('{"member":7}\n')
    assert "line 1 of" in (said := refused([str(story.out)], capsys))
    assert "is no tombstone" in said
    assert not (fresh.folder / "postgres" / "data").exists()


@pytest.mark.usefixtures("fresh")
def test_a_server_of_ones_own_is_told_what_to_use(
    story: Story, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str, capsys: Said
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    for words in (["backup", str(tmp_path / "x")], ["restore", str(story.out)]):
        assert main(words) == 1
        assert "as its host does, with pg_basebackup" in capsys.readouterr().err


def test_a_folder_that_holds_something_else_is_left_alone(fresh: Home, tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "letter").write_text("dear")
    with fresh.running() as server:
        fresh.found(server)
        assert main(["backup", str(tmp_path)]) == 1
    assert "holds something else than a backup" in capsys.readouterr().err
    assert (tmp_path / "letter").read_text() == "dear"
