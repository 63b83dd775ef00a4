"""`./guerdon audit`: what it writes can be checked by anybody, without a database; a change shows."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import pytest
from tests.proof.paper import NOW, Paper

from guerdon.cli import main
from guerdon.engine.proof.seals import ANCHORS, anchor_new
from guerdon.ledger.cases import read_case
from guerdon.values.ids import show

Said = pytest.CaptureFixture[str]


@dataclass
class Office:
    """An installation in the environment, with a sealed and anchored audit, and a folder for files."""

    paper: Paper
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def anchors(self) -> Path:
        return self.folder / "anchors" / ANCHORS

    @property
    def export(self) -> Path:
        file = self.folder / "audit.jsonl"
        assert main(["audit", "export", str(file)]) == 0
        return file

    def without_a_database(self) -> None:
        self.monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")


@pytest.fixture
def office(paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Give an installation with three batches decided, two of them sealed and anchored."""
    for name, value in {
        "DATABASE_URL": paper.url,
        "GUERDON_SECRET": paper.secret,
        "GUERDON_HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    paper.decide(*range(1, 40))
    paper.tell("a")
    paper.seal()
    paper.decide(50, 52, 54)
    paper.seal()
    made = Office(paper, tmp_path, monkeypatch)
    with paper.working() as db:
        assert len(anchor_new(db, made.anchors.parent, NOW)) == 1
    paper.decide(60)
    return made


def test_an_export_is_verified_without_a_database(office: Office, capsys: Said) -> None:
    file = office.export
    office.without_a_database()
    assert main(["audit", "verify", str(file)]) == 0
    said = capsys.readouterr().out
    assert "5 rows in 2 seals hold, 1 of them not sealed yet; compared with no anchor from elsewhere" in said
    assert main(["audit", "verify", str(file), "--anchors", str(office.anchors)]) == 0
    assert "2 anchors agree" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(12))
def test_one_altered_byte_of_an_export_is_found(office: Office, seed: int, capsys: Said) -> None:
    file, chance = office.export, random.Random(seed)  # noqa: S311  a place to play again, no secret
    written = bytearray(file.read_bytes())
    # Up to the last seal: what comes after it is not sealed yet.
    sealed = written.rindex(b'{"type":"seal"')
    heading = written.index(b"\n")
    place = chance.randrange(heading, sealed)
    written[place] ^= 1 << chance.randrange(7)
    file.write_bytes(written)
    assert main(["audit", "verify", str(file), "--anchors", str(office.anchors)]) == 1
    assert capsys.readouterr().err.startswith("guerdon audit: ")


@pytest.mark.usefixtures("office")
def test_the_database_itself_is_verified_with_the_decisions(capsys: Said) -> None:
    assert main(["audit", "verify"]) == 0
    said = capsys.readouterr().out
    assert "5 rows in 2 seals hold" in said
    assert "every decision is as its audit row says" in said


BREACHES: dict[LiteralString, str] = {
    "update events set decision = '[]' where id = 7": "a decision of events 1 to 39 is not the one",
    "delete from events where id = 52": "event 52 is gone",
    "update events set id = 99 where id = 60": "event 60 is gone",
    """
    insert into events
    select program_id, 8, 99, type, source, 'x', market, location, version, outcome, data, decision,
           happened_at, recorded_at, decided_at
    from events where id = 7
    """: "44 events were decided, and audit rows stand for 43",
    "delete from audit where subject = 'a'": "covers 3 rows, and 2 are here",
    "update audit set reason = 'another' where subject = 'a'": "one of them was changed",
}


@pytest.mark.parametrize(("statement", "said"), BREACHES.items())
def test_what_somebody_changed_in_the_database_is_named(
    office: Office, statement: LiteralString, said: str, capsys: Said
) -> None:
    office.paper.force(statement)
    assert main(["audit", "verify"]) == 1
    assert said in capsys.readouterr().err


def test_a_trail_made_anew_is_found_by_the_file_of_anchors(office: Office, capsys: Said) -> None:
    office.paper.force(
        "update audit set actor = 'x' where subject = 'a'", "delete from seals", "delete from anchors"
    )
    office.paper.seal()
    assert main(["audit", "verify"]) == 1
    assert "is not here: the end of the trail was cut off, or rewritten" in capsys.readouterr().err


@pytest.mark.parametrize("asked", [show("evt", 52), show("evt", 7), show("aud", 3)])
def test_a_case_is_proven_to_somebody_without_a_database(
    office: Office, asked: str, capsys: Said, tmp_path: Path
) -> None:
    case = prove(office, asked, capsys)
    office.without_a_database()
    file = tmp_path / "case.json"
    file.write_text(case)
    assert main(["audit", "verify", str(file), "--anchors", str(office.anchors)]) == 0
    assert "which was anchored" in capsys.readouterr().out
    assert main(["audit", "verify", str(file)]) == 0
    assert "compared with no anchor" in capsys.readouterr().out


def prove(office: Office, asked: str, capsys: Said) -> str:
    assert office.paper.program_id == 1
    capsys.readouterr()
    assert main(["audit", "prove", asked]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("seed", range(8))
def test_one_altered_byte_of_a_case_is_found(office: Office, seed: int, capsys: Said, tmp_path: Path) -> None:
    written = bytearray(prove(office, show("evt", 52), capsys).encode())
    chance = random.Random(seed)  # noqa: S311  a place to play again, no secret
    written[chance.randrange(len(written) - 1)] ^= 1 << chance.randrange(7)
    file = tmp_path / "case.json"
    file.write_bytes(written)
    assert main(["audit", "verify", str(file)]) == 1


def test_a_case_shows_no_other_decision(office: Office, capsys: Said) -> None:
    case = read_case(prove(office, show("evt", 7), capsys).encode())
    assert case is not None
    assert case.decided is not None
    assert json.loads(case.decided.decision)["n"] == 7
    assert '"n":8' not in prove(office, show("evt", 7), capsys)


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("asked", ["evt_0000000000000", "nonsense", show("aud", 999), show("rwd", 5)])
def test_what_is_not_there_cannot_be_proven(asked: str, capsys: Said) -> None:
    assert main(["audit", "prove", asked]) == 1
    assert f"there is no event, reward or audit row {asked}" in capsys.readouterr().err


def test_a_row_that_is_not_sealed_yet_is_not_proven(office: Office, capsys: Said, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text(prove(office, show("evt", 60), capsys))
    assert main(["audit", "verify", str(file)]) == 1
    assert "the row was not sealed yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "this is no trail"),
        (b"\n\n", "line 1 is not"),
        (b'{"type":"case"}', "line 1 is not"),
        (b"\0", "line 1"),
    ],
)
def test_what_is_no_export_is_refused(content: bytes, said: str, tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    assert main(["audit", "verify", str(file)]) == 1
    assert said in capsys.readouterr().err


def test_files_that_cannot_be_read_or_written_are_named(office: Office, tmp_path: Path, capsys: Said) -> None:
    assert main(["audit", "verify", str(tmp_path / "none")]) == 1
    assert "none cannot be read: No such file" in capsys.readouterr().err
    assert main(["audit", "export", str(tmp_path / "no" / "where")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    (tmp_path / "bad").write_text("{}\n")
    assert main(["audit", "verify", str(office.anchors), "--anchors", str(tmp_path / "bad")]) == 1
    assert "line 1 is no anchor" in capsys.readouterr().err
    assert main(["audit", "export", str(tmp_path / "x"), "--program", "none"]) == 1
    assert "there is no program none" in capsys.readouterr().err
