"""What only one place may do: read the clock, know Django, speak HTTP, write SQL."""

import ast
from pathlib import Path

from tests.architecture.sources import PACKAGE, imported_by, python_files, shown, tree_of

HTTP_CLIENTS = ("http.client", "urllib.request", "httpx", "requests", "urllib3", "aiohttp")
CLOCK_READERS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]


def reads_the_clock(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
            return (owner, name) in CLOCK_READERS
    return False


def is_built_text(node: ast.expr) -> bool:
    """Whether an argument is a text put together: an f-string, a sum, a format."""
    match node:
        case ast.JoinedStr() | ast.BinOp(op=ast.Add() | ast.Mod()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="format")):
            return True
    return False


def test_only_one_file_reads_the_clock() -> None:
    elsewhere = [path for path in python_files(PACKAGE) if path != PACKAGE / "values" / "clock.py"]
    found = [
        f"{shown(path)}:{call.lineno}" for path in elsewhere for call in calls(path) if reads_the_clock(call)
    ]
    assert found == []


def test_no_statement_is_put_together_from_pieces() -> None:
    found = [
        f"{shown(path)}:{call.lineno}"
        for path in python_files(PACKAGE)
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in {"execute", "executemany", "copy"}
        and call.args
        and is_built_text(call.args[0])
    ]
    assert found == []


def test_only_the_web_knows_django() -> None:
    outside = [path for path in python_files(PACKAGE) if not path.is_relative_to(PACKAGE / "web")]
    found = [
        shown(path) for path in outside if any(name.split(".")[0] == "django" for name in imported_by(path))
    ]
    assert found == []


def test_only_one_folder_speaks_http_to_others() -> None:
    elsewhere = [path for path in python_files(PACKAGE) if not path.is_relative_to(PACKAGE / "http")]
    found = [
        f"{shown(path)}: {name}"
        for path in elsewhere
        for name in sorted(imported_by(path))
        if name in HTTP_CLIENTS or name.split(".")[0] in HTTP_CLIENTS
    ]
    assert found == []


def test_the_simulator_decides_for_itself() -> None:
    # What each event must earn is worked out by code that knows nothing of ours, or the check checks nothing.
    examples = PACKAGE.parents[1] / "examples"
    found = [
        shown(path)
        for path in python_files(examples)
        if any(name.split(".")[0] == "guerdon" for name in imported_by(path))
    ]
    assert found == []


def test_a_stand_in_knows_nothing_of_us() -> None:
    # It is made from the vendor's documents alone; what it shared with us it could not find wrong.
    found = [
        shown(path)
        for path in python_files(PACKAGE.parents[1] / "standins")
        if any(name.split(".")[0] in {"guerdon", "tests", "examples"} for name in imported_by(path))
    ]
    assert found == []
