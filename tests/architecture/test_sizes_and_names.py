"""Small enough to see, and named for what it is."""

import ast
from collections import Counter
from pathlib import Path

from tests.architecture.sources import PACKAGE, REPOSITORY, python_files, shown, text_of, tracked, tree_of

SOURCE_LINES_MAX = 400
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 60
FOLDER_FILES_MAX = 20
BANNED_NAMES = {
    *("service", "services", "manager", "managers", "handler", "handlers", "helper", "helpers"),
    *("util", "utils", "common", "base", "core", "misc"),
}
BANNED_ENDINGS = ("Service", "Manager", "Handler", "Helper", "Util", "Utils", "Impl")
# Data, not code: what lies in these folders is as many files as there are things.
FOLDERS_OF_DATA = ("schema", "catalogs", "static", "templates", "decisions", "scenarios")


def lines(path: Path) -> int:
    return len(text_of(path).splitlines())


def test_no_source_file_is_longer_than_one_can_see() -> None:
    sources = [
        *python_files(PACKAGE),
        *python_files(REPOSITORY / "examples"),
        *python_files(REPOSITORY / "benchmarks"),
        *python_files(REPOSITORY / "standins"),
    ]
    too_long = {shown(path): lines(path) for path in sources}
    assert {name: count for name, count in too_long.items() if count > SOURCE_LINES_MAX} == {}


def test_no_test_file_is_longer_than_one_can_see() -> None:
    too_long = {shown(path): lines(path) for path in python_files(REPOSITORY / "tests")}
    assert {name: count for name, count in too_long.items() if count > TEST_LINES_MAX} == {}


def test_no_function_is_longer_than_one_can_follow() -> None:
    too_long = {}
    for path in python_files(REPOSITORY):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    too_long[f"{shown(path)}:{node.lineno} {node.name}"] = length
    assert too_long == {}


def test_no_folder_holds_more_files_than_one_can_know() -> None:
    counted = Counter(
        path.parent
        for path in tracked()
        if any(path.is_relative_to(REPOSITORY / name) for name in ("src", "standins"))
    )
    full = {
        shown(folder): count
        for folder, count in counted.items()
        if count > FOLDER_FILES_MAX and not set(folder.parts) & set(FOLDERS_OF_DATA)
    }
    assert full == {}


def test_no_file_has_a_name_without_content() -> None:
    assert [shown(p) for p in python_files(REPOSITORY) if {p.stem, p.parent.name} & BANNED_NAMES] == []


def test_no_class_has_a_name_without_content() -> None:
    found = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in python_files(PACKAGE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(BANNED_ENDINGS)
    ]
    assert found == []


def test_every_module_says_what_it_is() -> None:
    written = [path for path in python_files(PACKAGE) if text_of(path)]
    assert [shown(path) for path in written if ast.get_docstring(tree_of(path)) is None] == []
