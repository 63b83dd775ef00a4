"""T-19: a command that changes something leaves one audit row for it, and none where nothing changed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from guerdon.cli import main
from guerdon.config import REPOSITORY

PROGRAM = REPOSITORY / "examples" / "ev_maker" / "program.yaml"
KEY = "nordlys_circle"
Said = pytest.CaptureFixture[str]


@dataclass
class Desk:
    """An installation in the environment, and its audit."""

    url: str
    folder: Path

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def left_by(self, *words: str) -> list[str]:
        """The actions that a command leaves in the audit."""
        before = self.actions()
        assert main(list(words)) == 0, words
        return self.actions()[len(before) :]

    def actions(self) -> list[str]:
        with psycopg.connect(self.url, options="-c search_path=guerdon") as db:
            return [row[0] for row in db.execute("select action from audit order by id").fetchall()]


@pytest.fixture
def desk(database: str, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GUERDON_SECRET", secret)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    return Desk(database, tmp_path)


@pytest.fixture
def published(desk: Desk) -> Desk:
    assert main(["publish", str(PROGRAM)]) == 0
    return desk


def members(desk: Desk) -> list[str]:
    return desk.left_by(
        "import", "members", desk.file("m.csv", "external_source,external_id,market\nhubspot,1,DE\n")
    )


def codes(desk: Desk) -> list[str]:
    return desk.left_by(
        "import", "codes", desk.file("c.csv", "item,value,code\ngreen_basket,200.00 EUR,ABC-1\n")
    )


def test_publishing_leaves_one_row(desk: Desk) -> None:
    assert desk.left_by("publish", str(PROGRAM)) == ["program.published"]


COMMANDS: dict[str, tuple[Callable[[Desk], list[str]], list[str]]] = {
    "import members": (members, ["members.enrolled"]),
    "import codes": (codes, ["codes.imported"]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_import_leaves_one_row(published: Desk, command: str) -> None:
    did, actions = COMMANDS[command]
    assert did(published) == actions


def test_a_file_of_codes_that_are_all_known_changes_nothing_and_leaves_nothing(published: Desk) -> None:
    assert codes(published) == ["codes.imported"]
    assert codes(published) == []


def test_a_key_leaves_a_row_when_it_comes_and_when_it_goes(published: Desk, capsys: Said) -> None:
    capsys.readouterr()
    assert published.left_by("key", "add", KEY, "Dealer system", "--source", "/dms") == ["key.added"]
    key_id = capsys.readouterr().out.split("_")[1]
    assert published.left_by("key", "list", KEY) == []
    assert published.left_by("key", "revoke", KEY, key_id) == ["key.revoked"]
    before = published.actions()
    assert main(["key", "revoke", KEY, key_id]) == 1
    assert published.actions() == before


def test_whoever_only_looks_leaves_nothing(published: Desk) -> None:
    for words in (["audit", "verify"], ["audit", "export", str(published.folder / "x")]):
        assert published.left_by(*words) == []
