"""Evidence of a period: complete, signed, checked offline, and harmless to whoever opens it as a sheet."""

import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.controls.books import Books
from tests.controls.orchard import lived, orchard
from tests.controls.plants import PLANTS, unlocked
from tests.wallet.house import NOW

from guerdon.cli import main
from guerdon.engine.proof.evidence import (
    COVER,
    MANIFEST,
    SIGNATURE,
    Made,
    make_evidence,
    public_key_of,
    signing_key,
    verify_evidence,
)
from guerdon.store.database import connect
from guerdon.store.sealing import Vault
from guerdon.text.cover import Cover, Section, render_cover
from guerdon.values.cells import guarded
from guerdon.values.ids import read

DAYS = (date(2026, 5, 1), date(2026, 12, 31))


@pytest.fixture
def books(database: str, secret: str) -> Iterator[Books]:
    made = lived(database, secret)
    yield made
    made.db.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


def make(books: Books, url: str, secret: str, folder: Path, days: tuple[date, date] = DAYS) -> Made:
    with connect(url, secret, "worker") as db:
        return make_evidence(db, Vault(secret), (books.program_id, orchard()), days, folder, books.now)


def sheet(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_holds_every_reward_with_event_version_checks_budget_transfers_and_approval(
    books: Books, database: str, secret: str, folder: Path
) -> None:
    made = make(books, database, secret, folder)
    rewards = sheet(folder, "rewards.csv")
    assert {read("rwd", row["reward"]) for row in rewards} == {
        row[0] for row in books.run("select id from rewards")
    }
    assert (made.rewards, made.breached) == (len(rewards), 0)
    drive = next(row for row in rewards if row["rule"] == "test_drive")
    assert (drive["value"], drive["unit"], drive["version"], drive["checks"]) == (
        *("25.00", "EUR", "1"),
        "test_drive: issued",
    )
    assert drive["budget"] in drive["transfers"]
    assert "> purse 25.00" in drive["transfers"]
    assert drive["event_type"] == "test_drive.completed"
    assert len(drive["decision_sha256"]) == 64
    approved = [row for row in rewards if row["approval"]]
    assert len(approved) == 2
    assert all("per_" in row["approved_by"] and len(row["approved_sha256"]) == 64 for row in approved)
    assert len(sheet(folder, "transfers.csv")) == books.run("select count(*) from transfers")[0][0]
    assert [row["state"] for row in sheet(folder, "approvals.csv")].count("done") == 2
    assert [row["version"] for row in sheet(folder, "versions.csv")] == ["1"]


def test_it_says_what_the_controls_found_and_which_seal_was_the_last(
    books: Books, database: str, secret: str, folder: Path
) -> None:
    make(books, database, secret, folder)
    assert {found["breaches"] for found in json.loads((folder / "controls.json").read_text()).values()} == {0}
    seal = json.loads((folder / "seal.json").read_text())
    root = books.run("select encode(root, 'hex') from seals order by number desc limit 1")[0][0]
    assert seal["root"] == root
    assert (folder / COVER).read_bytes().startswith(b"%PDF-")
    assert books.run("select count(*) from audit where action = 'evidence.made'")[0][0] == 1


def test_only_what_was_recorded_in_its_days_is_in_it(
    books: Books, database: str, secret: str, folder: Path
) -> None:
    day = (NOW + timedelta(days=40)).date()
    make(books, database, secret, folder, (day, day))
    later = {row["rule"] for row in sheet(folder, "rewards.csv")}
    assert "test_drive" not in later
    assert later
    assert all(row["recorded_at"].startswith(str(day)) for row in sheet(folder, "transfers.csv"))


def test_what_was_not_touched_verifies_with_the_key_and_without(
    books: Books, database: str, secret: str, folder: Path
) -> None:
    made = make(books, database, secret, folder)
    assert verify_evidence(folder) == []
    assert verify_evidence(folder, public_key_of(Vault(secret))) == []
    assert made.public_key == public_key_of(Vault(secret))
    assert verify_evidence(folder, public_key_of(Vault("another secret of an installation, long"))) != []


def test_one_changed_byte_anywhere_is_told(books: Books, database: str, secret: str, folder: Path) -> None:
    make(books, database, secret, folder)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 2):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert verify_evidence(folder, public_key_of(Vault(secret))), (path.name, place)
        path.write_bytes(whole)
        path.unlink()
        assert verify_evidence(folder), path.name
        path.write_bytes(whole)
    (folder / "more.csv").write_text("a,b\n")
    assert verify_evidence(folder) == ["more.csv does not belong to it"]


def test_a_forger_who_signs_anew_is_told_by_the_key(
    books: Books, database: str, secret: str, folder: Path
) -> None:
    make(books, database, secret, folder)
    other = Vault("the secret of somebody else entirely, long enough")
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["public_key"] = public_key_of(other)
    text = json.dumps(manifest).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_text(signing_key(other).sign(text).hex())
    assert verify_evidence(folder) == []
    (told,) = verify_evidence(folder, public_key_of(Vault(secret)))
    assert "not with the one you know" in told


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"public_key": "zz", "files": []}'])
def test_what_is_no_evidence_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    assert verify_evidence(tmp_path / "nowhere")
    (tmp_path / MANIFEST).write_bytes(content)
    (tmp_path / SIGNATURE).write_text("00")
    (told,) = verify_evidence(tmp_path)
    assert told.startswith("this is no evidence")


def test_the_command_verifies_offline(
    books: Books, database: str, secret: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(books, database, secret, folder)
    assert main(["ledger", "verify", str(folder), "--key", public_key_of(Vault(secret))]) == 0
    assert "every byte is as it was signed, with the key you know" in capsys.readouterr().out
    (folder / "rewards.csv").write_text("nothing")
    assert main(["ledger", "verify", str(folder)]) == 1
    assert capsys.readouterr().out == "rewards.csv was changed\n"


def test_the_commands_check_the_books_and_make_evidence_of_them(
    books: Books,
    database: str,
    secret: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GUERDON_SECRET", secret)
    monkeypatch.setenv("GUERDON_HOME", str(folder.parent))
    days = ["--from", "2026-05-01", "--to", "2026-12-31"]
    # The clock is today's: what ended or waited since May in this house is late by now, and nothing else.
    late = {"lots.expiry", "lots.maturing", "holds.late"}
    main(["ledger", "check", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {each["control"] for each in found["controls"] if each["breaches"]} <= late
    main(["ledger", "evidence", *days, str(folder)])
    assert public_key_of(Vault(secret)) in capsys.readouterr().out
    assert main(["ledger", "verify", str(folder)]) == 0
    capsys.readouterr()
    assert main(["ledger", "evidence", *days, str(folder)]) == 1
    assert "is there already" in capsys.readouterr().err
    turned = ["--from", "2026-12-31", "--to", "2026-05-01"]
    assert main(["ledger", "evidence", *turned, str(folder / "new")]) == 1
    assert "before it begins" in capsys.readouterr().err
    unlocked(books)
    PLANTS["ledger.pools"](books)
    assert main(["ledger", "check"]) == 1
    told = capsys.readouterr().out
    assert "ledger.pools: found 2" in told
    assert "budget:by_market:DE in EUR: stored" in told


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        "\0x",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
        "  =1",
        "=cmd|' /C calc'!A0",
    ],
)
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not guarded(text).startswith(
        ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20", " ")
    )
    assert "\0" not in guarded(text)


def test_other_cells_are_as_they_are() -> None:
    assert [guarded(each) for each in ("a=b", 5, "", None, "x-y", "1.50")] == [
        "a=b",
        "5",
        "",
        "",
        "x-y",
        "1.50",
    ]


def test_what_an_event_called_itself_is_no_formula_in_the_sheet(
    books: Books, database: str, secret: str, folder: Path
) -> None:
    books.run("update events set external_id = '=cmd|calc!A0'")
    make(books, database, secret, folder)
    assert {row["external_id"] for row in sheet(folder, "rewards.csv")} == {"'=cmd|calc!A0"}


def test_a_cover_with_letters_that_its_fonts_lack_is_a_file_all_the_same() -> None:
    cover = Cover("عنوان", "\u2013", [Section("a" * 500, [("b" * 300, "c" * 300)] * 100)], NOW)
    assert render_cover(cover) == render_cover(cover)
