"""`./guerdon import codes FILE` against a real database: what it takes, what it says, what it exits with."""

import time
from argparse import Namespace
from pathlib import Path

import pytest
from tests.evidence import Figures, scaled
from tests.redeem.house import NOW, House

from guerdon.cli.imports import codes
from guerdon.engine.files.codes import FILE_BYTES_MAX, read_codes_file
from guerdon.store.codes import open_code

ROWS = scaled(12_000, 100_000)


@pytest.fixture
def surroundings(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set the settings of this house in the environment; returns where the file goes."""
    monkeypatch.setenv("DATABASE_URL", house.url)
    monkeypatch.setenv("GUERDON_SECRET", house.secret)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    return tmp_path / "codes.csv"


def file_of(rows: int) -> bytes:
    """A file of so many codes; of as many as one may have it is nearly as large as one may be."""
    listed = (f"green_basket,200.00 EUR,SUP-{n:06}-{'X' * 68}\n" for n in range(rows))
    return "".join(["item,value,code\n", *listed]).encode()


@pytest.mark.full(minutes=0.5, gate=True)
def test_a_large_file_is_taken_whole_and_a_second_time_changes_nothing(
    house: House, surroundings: Path, capsys: pytest.CaptureFixture[str], figures: Figures
) -> None:
    surroundings.write_bytes(file_of(ROWS))
    began = time.monotonic()
    assert codes.run(Namespace(file=surroundings, program="")) == 0
    figures.update(codes=ROWS, bytes=surroundings.stat().st_size, seconds=round(time.monotonic() - began, 1))
    assert f"{ROWS} codes taken, 0 known before, 0 rows wrong" in capsys.readouterr().out
    assert codes.run(Namespace(file=surroundings, program="")) == 0
    assert f"0 codes taken, {ROWS} known before, 0 rows wrong" in capsys.readouterr().out
    assert house.rows("select count(*), count(distinct code_index) from codes where state = 'free'") == [
        (ROWS, ROWS)
    ]
    # What is handed out stood in the file.
    house.choose(7, house.reward(house.enroll(7)))
    ((index, sealed),) = house.rows("select code_index, code from codes where state = 'issued'")
    assert isinstance(index, bytes)
    assert isinstance(sealed, bytes)
    assert open_code(house.vault, house.program_id, index, sealed).encode() in surroundings.read_bytes()


def test_a_file_has_a_hundred_thousand_rows_in_ten_megabytes_and_no_more(house: House) -> None:
    assert len(file_of(100_000)) <= FILE_BYTES_MAX == 10 << 20
    # Rows that are no codes are told one by one, up to so many.
    told = {
        rows: read_codes_file(b"item,value,code\n" + b"x\n" * rows, house.program, NOW).problems
        for rows in (100_000, 100_001)
    }
    assert len(told[100_000]) == 100_000
    (one,) = told[100_001]
    assert str(one).startswith("line 100002: the file has more than 100,000 rows")


def test_every_row_is_accounted_for(
    house: House, surroundings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    surroundings.write_text(
        "item,value,code\n"
        "green_basket,200.00 EUR,A-1\n"
        "green_basket,200.00 EUR,A-1\n"
        "book_lantern,25.00 EUR,A-2\n"
        "book_lantern,350.00 EUR,A-3\n"
    )
    assert codes.run(Namespace(file=surroundings, program="nordlys_circle")) == 1
    said = capsys.readouterr()
    assert "known before, left as they are: line 3" in said.out
    assert "2 codes taken, 1 known before, 1 row wrong" in said.out
    assert "line 5, value: no reward of 350.00 EUR buys book_lantern" in said.err
    assert house.rows("select item, value from codes order by value") == [
        ("book_lantern", 2_500),
        ("green_basket", 20_000),
    ]


def test_an_end_that_is_said_later_is_counted_on_its_own(
    house: House, surroundings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for end in ("", "2999-01-31"):
        rows = [f"green_basket,200.00 EUR,{code},{end}" for code in ("A-1", "A-2")]
        surroundings.write_text(
            "\n".join(["item,value,code,expires_on", *rows, "green_basket,25.00 EUR,A-3,"])
        )
        assert codes.run(Namespace(file=surroundings, program="")) == 0
    said = capsys.readouterr().out
    assert "ends changed: 2, lines 2, 3\n" in said
    assert "known before, left as they are: line 4\n" in said
    assert "0 codes taken, 1 known before, 0 rows wrong" in said
    assert house.rows(
        "select count(*) from codes where expires_at between '2999-01-30' and '2999-02-02'"
    ) == [(2,)]
    assert house.rows("select detail from audit where action = 'codes.imported' order by id") == [
        ({"new": 3, "ends": 0},),
        ({"new": 0, "ends": 2},),
    ]


def test_a_file_beyond_what_is_read_as_one_is_refused_whole(
    house: House, surroundings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = b"item,value,code\ngreen_basket,200.00 EUR,A-1\n"
    surroundings.write_bytes(head + b"\n" * (FILE_BYTES_MAX + 1 - len(head)))
    assert codes.run(Namespace(file=surroundings, program="")) == 1
    assert "is larger than 10 MB: split it" in capsys.readouterr().err
    surroundings.write_bytes(head + b"\n" * (FILE_BYTES_MAX - len(head)))
    assert codes.run(Namespace(file=surroundings, program="")) == 0
    monkeypatch.setattr("guerdon.engine.files.codes.ROWS_MAX", 1)
    surroundings.write_bytes(head + b"green_basket,200.00 EUR,A-2\n")
    assert codes.run(Namespace(file=surroundings, program="")) == 1
    assert "line 3: the file has more than 1 rows" in capsys.readouterr().err
    assert house.rows("select count(*) from codes") == [(1,)]


def test_a_file_that_is_not_there_is_said_plainly(
    surroundings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert codes.run(Namespace(file=surroundings, program="")) == 1
    assert "cannot be read" in capsys.readouterr().err
