"""T-17: who was erased stays erased, whichever backup is restored: by tombstones, which lie outside of it."""

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.durability.home import SECRET, Home, made_home, server_clock
from tests.engine.harbor_house import deed
from tests.privacy.test_forgetting import BOOKS
from tests.proof.paper import Paper
from tests.why.conftest import Bakery

from guerdon.cli import main
from guerdon.engine.enroll import enroll_members
from guerdon.engine.privacy.exporting import Person, export_person
from guerdon.engine.privacy.forgetting import forget
from guerdon.engine.privacy.tombstones import TOMBSTONES, Graveyard, append_tombstones, mark_of
from guerdon.engine.proof.seals import seal_new
from guerdon.store.database import connect, transaction
from guerdon.store.migrations import migrate
from guerdon.store.persons import load_persons
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

Said = pytest.CaptureFixture[str]
# What says who Ada is: sealed, and in clear.
NAME, EMAIL, BADGE_OF_ADA = "Zuzanna Canary", "canary@example.org", "badge-77"
CANARIES = (NAME, EMAIL, BADGE_OF_ADA)
LINES = (
    "external_source,external_id,market,location,employee,badge,name,email\n",
    f"crm,ada,DE,de-kiel,true,{BADGE_OF_ADA},{NAME},{EMAIL}\n",
    "crm,ben,DE,,true,b-1,Ben,ben@example.org\n",
)


@dataclass
class Story:
    """A backup in which Ada is, an instant at which she was there still, and her tombstone."""

    out: Path
    at: datetime
    ada: int
    books: list[list[tuple[object, ...]]]


def house(home: Home, url: str) -> Bakery:
    made = Bakery(url, SECRET)
    made.graveyard = Graveyard(home.folder, made.vault)
    made.program_id = 1
    return made


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Tell it once: two members, a backup, an instant, an erasure, the log added."""
    out = tmp_path_factory.mktemp("erased") / "out"
    with made_home() as home, home.running() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in home.environment.items():
            patch.setenv(name, value)
        migrate(server.url(), SECRET)
        bakery = house(home, server.url())
        bakery.begin()
        with connect(bakery.url, SECRET, "worker") as db:
            enroll_members(db, bakery.vault, (bakery.program_id, bakery.program), LINES, bakery.now)
        bakery.tell_and_work(deed("ada", "oven.lit"), deed("ben", "oven.lit"))
        books = [bakery.rows(each) for each in BOOKS]
        assert books[1]
        assert found(bakery) == [*CANARIES]
        assert main(["backup", str(out)]) == 0
        at = server_clock(Paper(bakery.url, SECRET))
        ada = bakery.member("ada")
        with connect(bakery.url, SECRET, "worker") as db, transaction(db, 1) as tx:
            forget(tx, bakery.graveyard, 1, [ada], utc_now())
        assert found(bakery) == []
        assert [bakery.rows(each) for each in BOOKS] == books
        assert main(["backup", str(out)]) == 0
    assert (out / TOMBSTONES).exists()
    return Story(out, at, ada, books)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Give a home without data, in the environment."""
    with made_home() as home:
        for name, value in home.environment.items():
            monkeypatch.setenv(name, value)
        yield home


def found(bakery: Bakery) -> list[str]:
    """Which canaries are anywhere: in a row of any table, in what its keys open, in an export of Ada."""
    with psycopg.connect(bakery.url) as db:
        tables = db.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'guerdon' and table_type = 'BASE TABLE'"
        ).fetchall()
        texts = [
            str(
                db.execute(
                    sql.SQL("select json_agg(t)::text from guerdon.{} t").format(sql.Identifier(table))
                ).fetchone()
            )
            for (table,) in tables
        ]
    with connect(bakery.url, bakery.secret, "worker") as db, transaction(db, 1) as tx:
        texts += map(repr, load_persons(tx, bakery.vault, 1, range(1, 10)).values())
    person = Person(1, bakery.member("ada"), bakery.vault, "test", "asked")
    with connect(bakery.url, bakery.secret, "worker") as db:
        texts.append(b"".join(export_person(db, person, utc_now())).decode())
    return [canary for canary in CANARIES if any(canary in text for text in texts)]


def look(home: Home, story: Story) -> None:
    """Ada is nowhere, Ben is there, the books are as they were and hold."""
    with home.running() as server:
        bakery = house(home, server.url())
        assert found(bakery) == []
        assert [bakery.rows(each) for each in BOOKS] == story.books
        assert [row[0] for row in bakery.rows("select member_id from persons")] == [bakery.member("ben")]
        assert bakery.rows("select member_id from forgotten_members") == [(story.ada,)]
        bakery.check()


def test_whoever_was_erased_after_the_instant_is_erased_again(
    story: Story, fresh: Home, capsys: Said
) -> None:
    assert main(["restore", str(story.out), "--at", story.at.isoformat()]) == 0
    said = capsys.readouterr().out
    assert "erasures replayed: 1 member erased again, 0 were already, 0 are not in this backup" in said
    look(fresh, story)
    # And this home keeps them out of the next one.
    assert (fresh.folder / TOMBSTONES).read_bytes() == (story.out / TOMBSTONES).read_bytes()
    assert main(["privacy", "replay"]) == 0
    assert "0 members erased again, 1 were already" in capsys.readouterr().out


def test_whoever_was_erased_before_stays_so_and_nothing_is_done_twice(
    story: Story, fresh: Home, capsys: Said
) -> None:
    with (story.out / TOMBSTONES).open("rb") as kept:
        line = kept.read()
    # The home has the line, too, and half of another.
    (fresh.folder / TOMBSTONES).write_bytes(line + line + line[:50])
    assert main(["restore", str(story.out)]) == 0
    said = capsys.readouterr().out
    assert "0 members erased again, 1 were already" in said
    assert "half a line" in said
    look(fresh, story)
    with fresh.running() as server:
        rows = house(fresh, server.url()).rows("select method from erasures")
    assert rows == [("crm",)]


def test_a_program_that_is_not_in_the_backup_is_said(story: Story, fresh: Home, capsys: Said) -> None:
    there = Graveyard(fresh.folder, Vault(SECRET))
    append_tombstones(there, [("elsewhere", mark_of(there.vault, "elsewhere", 7, story.at), "2026-11-21")])
    append_tombstones(
        there, [("elsewhere", mark_of(there.vault, "elsewhere", n, story.at), "2026-11-21") for n in (8, 9)]
    )
    assert main(["restore", str(story.out), "--at", story.at.isoformat()]) == 0
    assert "3 tombstones of elsewhere, a program that is not in this backup" in capsys.readouterr().out
    look(fresh, story)


def test_without_tombstones_it_is_said_that_there_are_none(
    story: Story, fresh: Home, tmp_path: Path, capsys: Said
) -> None:
    shutil.copytree(story.out, tmp_path / "out", symlinks=True)
    (tmp_path / "out" / TOMBSTONES).unlink()
    assert main(["restore", str(tmp_path / "out"), "--at", story.at.isoformat()]) == 0
    assert "no erasures to replay" in capsys.readouterr().out
    with fresh.running() as server:
        bakery = house(fresh, server.url())
        assert found(bakery) == [*CANARIES]
    # Whoever finds the file then, has it replayed.
    shutil.copyfile(story.out / TOMBSTONES, fresh.folder / TOMBSTONES)
    assert main(["privacy", "replay"]) == 0
    look(fresh, story)


@pytest.mark.usefixtures("fresh")
def test_a_backup_whose_tombstones_were_changed_is_not_restored(
    story: Story, tmp_path: Path, capsys: Said
) -> None:
    shutil.copytree(story.out, tmp_path / "out", symlinks=True)
    line = json.loads((tmp_path / "out" / TOMBSTONES).read_text())
    (tmp_path / "out" / TOMBSTONES).write_text(json.dumps({**line, "mark": "00" * 32}) + "\n")
    assert main(["restore", str(tmp_path / "out")]) == 1
    assert "was changed, or written under another GUERDON_SECRET" in capsys.readouterr().err


def test_the_log_of_the_backup_holds_no_canary_in_clear_but_the_attribute_of_before(story: Story) -> None:
    """Names are sealed wherever they are; what is not sealed is out of a backup when the backup is."""
    logs = b"".join(gzip.decompress(each.read_bytes()) for each in (story.out / "wal").glob("*.gz"))
    base = b"".join(each.read_bytes() for each in (story.out / "base" / "base").rglob("*") if each.is_file())
    for canary in (NAME, EMAIL):
        assert canary.encode() not in logs + base


def test_a_certificate_is_replayed_with_the_erasure_and_verified_without_a_database(
    story: Story, fresh: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    assert main(["restore", str(story.out), "--at", story.at.isoformat()]) == 0
    with fresh.running() as server, connect(server.url(), SECRET, "worker") as db:
        seal_new(db, utc_now())
    capsys.readouterr()
    assert main(["privacy", "certificate", f"mem_{story.ada:013d}"]) == 0
    text = capsys.readouterr().out
    said = json.loads(json.loads(text)["certificate"])
    assert (said["method"], said["key_destroyed"]) == ("restored", True)
    (tmp_path / "certificate.json").write_text(text)
    for name in fresh.environment:
        monkeypatch.delenv(name)
    assert main(["audit", "verify", str(tmp_path / "certificate.json")]) == 0
    assert "of bakery was erased at" in capsys.readouterr().out
