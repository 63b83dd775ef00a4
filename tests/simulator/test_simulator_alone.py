"""The simulator is a second opinion: it shares no code with what it judges."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "simulator"
FILES = sorted(FOLDER.glob("*.py"))


def imported(path: Path) -> set[str]:
    """Name the top packages a file imports from outside its own package."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_only_the_standard_library_and_yaml(path: Path) -> None:
    assert imported(path) - sys.stdlib_module_names <= {"yaml"}


def test_expectations_need_nothing_but_the_standard_library() -> None:
    assert imported(FOLDER / "expect.py") <= sys.stdlib_module_names
    assert "from ." not in (FOLDER / "expect.py").read_text("utf-8")


@pytest.mark.parametrize("start", [["-m", "simulator"], [str(FOLDER)]])
def test_starts_from_beside_it_and_as_a_folder(start: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *start, "--help"], cwd=FOLDER.parent, capture_output=True, check=True
    )
    assert b"customers" in done.stdout
