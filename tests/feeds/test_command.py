"""`./guerdon catalog`: a feed from a file, what waits, and which feeds there are."""

import re
from pathlib import Path

import pytest
from tests.feeds.house import Shop, row, rows, written
from tests.feeds.images import png

from guerdon.cli import main


@pytest.fixture
def shop(database: str, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Give a shop on which commands work."""
    said = {"DATABASE_URL": database, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path / "home")}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    return Shop(database, secret)


def test_a_file_is_read_and_what_waits_is_settled(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cards.jsonl"
    (tmp_path / "b0.png").write_bytes(png())
    file.write_bytes(written([row("b0", image="b0.png"), *rows(10)[1:]]))
    assert main(["catalog", "feeds"]) == 0
    assert capsys.readouterr().out.startswith("program\t2 items\tof pool\t")
    assert main(["catalog", "import", str(file), "--feed", "cards"]) == 0
    assert "10 new, 0 changed, 0 the same, 0 gone, 0 wrong; it is in the catalog" in capsys.readouterr().out
    assert shop.items("b0", feed="cards")["cards:b0"].image is not None
    file.write_bytes(written([row("b1", brand="New"), row("b2", amounts=None)]))
    assert main(["catalog", "import", str(file), "--feed", "cards"]) == 1
    said = capsys.readouterr()
    assert "it waits: more than 5 of 100 rows are wrong" in said.out
    assert "line 2, b2: price is missing" in said.err
    (sync,) = set(re.findall(r"accept (syn_\w+)", said.out))
    assert main(["catalog", "drop", sync]) == 0
    assert main(["catalog", "accept", sync]) == 1
    assert "does not wait any more" in capsys.readouterr().err
    file.write_bytes(written([row("b1", brand="New"), {"id": "b3", "gone": True}]))
    words = ["catalog", "import", str(file), "--feed", "cards", "--delta", "--preview"]
    assert main(words) == 0
    (sync,) = set(re.findall(r"accept (syn_\w+)", capsys.readouterr().out))
    assert len(shop.live("cards")) == 10
    assert main(["catalog", "accept", sync]) == 0
    assert len(shop.live("cards")) == 9
    capsys.readouterr()
    assert main(["catalog", "feeds"]) == 0
    listed = capsys.readouterr().out
    assert "cards\t9 items\tof cards\tapplied 2 times" in listed
    assert "2 rows: " not in listed.partition("program")[0] or sync in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--feed", "My Feed"], "cannot be the key of a feed"),
        (["--feed", "new"], "who delivers it"),
        (["--feed", "new", "--supplier", "nobody"], "who delivers it ('nobody')"),
    ],
)
def test_what_cannot_be_read_says_why(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_bytes(written(rows(1)))
    assert main(["catalog", "import", str(file), *words]) == 1
    assert said in capsys.readouterr().err
    assert main(["catalog", "import", str(tmp_path / "nothing"), "--feed", "cards"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    file.write_bytes(b"<html>")
    assert main(["catalog", "import", str(file), "--feed", "cards"]) == 1
    assert "it was not read to its end: it is neither a CSV nor JSON" in capsys.readouterr().out
    assert main(["catalog", "accept", "syn_7ZZZZZZZZZZZZ"]) == 1
    assert "there is no such reading" in capsys.readouterr().err
    assert shop.live("cards") == set()
