"""Commands that change an installation: what they take, what they say, what they leave alone."""

import json
from pathlib import Path

import psycopg
import pytest

from guerdon.cli import main, segments
from guerdon.config import REPOSITORY
from guerdon.store.database import connect
from guerdon.values.ids import show

PROGRAM = REPOSITORY / "examples" / "ev_maker" / "program.yaml"
WITH_SEGMENTS = REPOSITORY / "tests" / "api" / "program.yaml"
HEADER = "external_source,external_id,market,name"


@pytest.fixture
def folder(database: str, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set an installation with a published program in the environment; returns where files go."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GUERDON_SECRET", secret)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    assert main(["publish", str(PROGRAM)]) == 0
    return tmp_path


def members(database: str, secret: str) -> int:
    with connect(database, secret, "worker") as db:
        row = db.execute("select count(*) from members").fetchone()
    assert row
    return int(row[0])


def test_a_members_file_says_what_became_of_its_rows(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["hubspot,1,DE,Ada", 'hubspot,2,DE,"Bo', "hubspot,1,DE,Ada Example", "hubspot,3,DE,Cy"]
    file = folder / "members.csv"
    file.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    capsys.readouterr()
    assert main(["import", "members", str(file)]) == 1
    said = capsys.readouterr()
    assert "line 3, row: cannot be read" in said.err
    assert "the last row counts: line 4" in said.out
    assert "2 members enrolled, 0 brought up to date, 0 waiting events let go, 1 mistake\n" in said.out


def test_a_file_that_is_not_utf_8_is_told_its_line_and_nothing_of_it_is_taken(
    folder: Path, database: str, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "members.csv"
    file.write_text(f"{HEADER}\nhubspot,1,DE,Ada\nhubspot,2,DE,Jörg\n", encoding="latin-1")
    assert main(["import", "members", str(file)]) == 1
    assert f"{file} is not UTF-8, line 3; save it as UTF-8" in capsys.readouterr().err
    assert members(database, secret) == 0


@pytest.mark.usefixtures("folder")
def test_keys_are_listed_with_what_becomes_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "list", "nordlys_circle"]) == 0
    main(["key", "add", "nordlys_circle", "Dealer system", "--source", "/dms/hamburg"])
    key = capsys.readouterr().out.splitlines()[-1]
    key_id, secret = key.split("_")[1:]
    main(["key", "list", "nordlys_circle"])
    listed = capsys.readouterr().out
    assert listed.startswith(f"{key_id}\tDealer system\t/dms/hamburg\topens the door until 2")
    assert secret not in listed
    main(["key", "revoke", "nordlys_circle", key_id])
    main(["key", "list", "nordlys_circle"])
    assert "withdrawn on 2" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_a_database_that_lacks_the_last_migration_is_told_so(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database) as db:
        db.execute("delete from guerdon.schema_migrations where name like '0009%'")
    assert main(["publish", str(PROGRAM)]) == 1
    assert "lacks 1 migration, from 0009" in capsys.readouterr().err


def test_segments_are_listed_their_members_named_and_counted_again(
    database: str,
    secret: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GUERDON_SECRET", secret)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))

    def said(*more: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["segments", *more]) == code
        return capsys.readouterr().out

    assert main(["publish", str(WITH_SEGMENTS)]) == 0
    file = tmp_path / "members.csv"
    rows = [f"crm,{number},{'DE' if number < 3 else 'NO'}" for number in range(4)]
    file.write_text("\n".join(["external_source,external_id,market", *rows]), encoding="utf-8")
    assert main(["import", "members", str(file)]) == 0
    assert said().splitlines() == [
        "german\tIn Germany\tis being counted\tnot checked yet",
        "buyers\tBuyers\tis being counted\tnot checked yet",
    ]
    assert main(["segments", "--recount", "german"]) == 0
    today = json.loads(said("--json"))["segments"][0]["checked_on"]
    assert json.loads(said("--json")) == {
        "program": "harbor_wallet",
        "segments": [
            {"segment": "german", "name": "In Germany", "members": 3, "checked_on": today},
            {"segment": "buyers", "name": "Buyers", "members": 0, "checked_on": today},
        ],
    }
    assert f"german\tIn Germany\t3 members\tchecked on {today}\n" in said()
    with psycopg.connect(database, options="-c search_path=guerdon") as db:
        ids = [
            show("mem", number)
            for (number,) in db.execute(
                "select member_id from members where market = 'DE' order by member_id desc"
            )
        ]
        # Pages are read one after the other; nothing but ids is told.
        monkeypatch.setattr(segments, "PAGE", 2)
        assert said("--members", "german").splitlines() == ids
        assert json.loads(said("--members", "german", "--json")) == {"segment": "german", "members": ids}
        assert said("--members", "buyers") == ""
        db.execute(
            "delete from segment_members where member_id = (select min(member_id) from segment_members)"
        )
    # What it finds it mends, so that the next one finds nothing.
    assert said("--recount", code=1) == "buyers\t0 differences\ngerman\t1 difference, mended\n"
    assert json.loads(said("--recount", "--json")) == {"recounted": {"buyers": 0, "german": 0}}
    for wrong in (["--members", "germans"], ["--recount", "germans"]):
        assert main(["segments", *wrong]) == 1
        assert "no segment germans; did you mean german?" in capsys.readouterr().err
