"""`./guerdon scenarios`: a database of its own, a line for each page, and an exit code one can rely on."""

import tempfile
from pathlib import Path

import pytest
from tests.scenarios.pages import EV_MAKER

from guerdon.cli import main

BOOKING = EV_MAKER / "scenarios" / "rules" / "booking.yaml"


def test_red_ones_are_told_apart_and_nothing_is_left_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@192.0.2.1/never_asked")
    tmp_path.chmod(0o711)
    red = tmp_path / "red.yaml"
    red.write_text(BOOKING.read_text().replace("200.00", "2.00"))
    assert main(["scenarios", str(BOOKING), str(red)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("ok   pays 200 euros")
    assert said[1].startswith("RED  pays 200 euros")
    assert said[2].strip().startswith("line 8: did not happen: earned")
    assert said[-1] == "2 scenarios, 1 red"
    assert list(tmp_path.iterdir()) == [red]


def test_nothing_is_played_while_a_page_has_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(BOOKING.read_text().replace("rule: booking", "rule: bookng"))
    assert main(["scenarios", str(BOOKING), str(wrong)]) == 1
    said = capsys.readouterr().out
    assert f"{wrong}:8: then[0].earned.rule: unknown rule bookng — did you mean booking?" in said
    assert "1 of 2 scenarios have mistakes; none was run" in said


def test_a_folder_without_scenarios_is_not_green(tmp_path: Path) -> None:
    assert main(["scenarios", str(tmp_path)]) == 1
