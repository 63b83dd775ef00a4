"""The files of the repository that git would carry, their texts and syntax trees, each read once."""

import ast
import subprocess
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "guerdon"


@cache
def tracked() -> tuple[Path, ...]:
    """Files that git follows or would take up; all that lie there where a copy has no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    if (REPOSITORY / ".git").exists():
        listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
        found = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in REPOSITORY.rglob("*") if not _is_left_over(path)]
    return tuple(sorted(path for path in found if path.is_file()))


def _is_left_over(path: Path) -> bool:
    parts = path.relative_to(REPOSITORY).parts
    return parts[0] == "var" or any(part.startswith(".") and part != ".ci" for part in parts[:-1])


@cache
def text_of(path: Path) -> str:
    """The file's text, or nothing if it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text_of(path), filename=str(path))


def python_files(folder: Path) -> list[Path]:
    """The Python files below a folder."""
    return [path for path in tracked() if path.suffix == ".py" and path.is_relative_to(folder)]


def imported_by(path: Path) -> set[str]:
    """The modules a file imports, by their full names."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def shown(path: Path) -> str:
    """The path as one says it: from the top of the repository."""
    return str(path.relative_to(REPOSITORY))
