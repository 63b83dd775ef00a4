"""Every letter in every language is the one that was looked at; `./guerdon pictures --golden` renews them."""

from pathlib import Path

import pytest

from guerdon.cli.messages import pictures
from guerdon.text.letters.samples import LETTERS, in_files
from guerdon.values.texts import LANGUAGES

GOLDEN = Path(__file__).parents[2] / "golden" / "letters"
CHANGED = "changed: look at it (./guerdon pictures FOLDER), then ./guerdon pictures --golden"


def kept() -> dict[str, str]:
    return {
        path.relative_to(GOLDEN).as_posix(): path.read_text(encoding="utf-8") for path in GOLDEN.glob("*/*")
    }


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_as_somebody_looked_at_it(name: str) -> None:
    files, wanted = in_files(), kept()
    mine = [file for file in files if file.startswith(f"{name}/")]
    assert len(mine) == 2 * len(LANGUAGES)
    assert [file for file in mine if files[file] != wanted.get(file)] == [], CHANGED


def test_nothing_is_kept_of_what_is_no_letter_any_more() -> None:
    assert set(kept()) == set(in_files())
    assert pictures.GOLDEN == GOLDEN


def test_renewing_writes_what_changed_and_removes_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "de.html").write_text("once")
    assert pictures.renew(tmp_path) == len(in_files())
    assert not (tmp_path / "gone" / "de.html").exists()
    written = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.glob("*/*")}
    assert {name: path.read_text(encoding="utf-8") for name, path in written.items()} == in_files()
