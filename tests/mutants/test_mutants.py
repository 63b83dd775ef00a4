"""The mutants that the gate has time for, and that the rest of them are what they say."""

import ast
import re
from pathlib import Path

import pytest
from tests.mutants.__main__ import main
from tests.mutants.catalog import KEEPS
from tests.mutants.found import list_declared
from tests.mutants.mutant import Mutant
from tests.mutants.verdict import Line, Verdict, written

from guerdon.config import REPOSITORY

EVIDENCE = REPOSITORY / "docs" / "evidence"
# Of this tests, those that the programme marks: they are run by these names.
MARKED = {
    "T-01": {
        "capture without `state = 'open'`",
        "release without paying debt",
        "partial capture without paying debt",
        "debt repaid in one leg",
    },
    "T-02": {"no hold", "release on timeout", "new key on retry"},
    "T-03": {
        "read-then-write budget",
        "select-then-update voucher",
        "rows read by id > last",
        "rows read by id > last with horizon",
    },
    "T-05": {"`synchronous_commit=off`"},
    "T-06": {"no idempotency key"},
    "T-14": {"undocumented status"},
    "T-16": {"plain view", "`set_config(…, false)`", "UNIQUE on e-mail"},
}
INVARIANTS = tuple(f"I-{number:02}" for number in range(1, 21))


def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def missing(node: str) -> str | None:
    """What of a test's name is not there."""
    path, _, name = node.partition("::")
    if not (REPOSITORY / path).is_file():
        return path
    function = name.partition("[")[0]
    return node if function and function not in functions_of(REPOSITORY / path) else None


@pytest.mark.timeout(300)
def test_dropping_anything_of_the_schema_or_of_the_ledgers_code_turns_a_test_red(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["--quick"])
    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize("test", MARKED)
def test_what_the_programme_marks_is_there_by_its_name(test: str) -> None:
    marked = {m.name.partition(" (model")[0] for m in list_declared() if m.of == f"{test} ●"}
    assert marked >= MARKED[test]


@pytest.mark.parametrize("mutant", list_declared(), ids=lambda mutant: mutant.title)
def test_each_mutant_names_tests_that_are_there(mutant: Mutant) -> None:
    assert mutant.tests
    named = (*mutant.tests, mutant.quick) if mutant.quick else mutant.tests
    assert [node for node in named if missing(node)] == []
    assert (mutant.patch is not None or mutant.sql != "") == (mutant.way in {"process", "machine"})


def test_each_invariant_has_a_mutant() -> None:
    assert {m.invariant for m in list_declared()} | set(KEEPS) >= set(INVARIANTS)


def test_each_invariant_has_a_test_in_the_index_which_names_only_what_is_there() -> None:
    index = (EVIDENCE / "README.md").read_text()
    rows = dict(re.findall(r"^\| (I-\d\d) [^|]*\|(.*)\|$", index, re.MULTILINE))
    assert set(INVARIANTS) <= set(rows)
    for invariant, row in rows.items():
        nodes = re.findall(r"`(tests/[^`]+)`", row)
        assert nodes, invariant
        assert [node for node in nodes if missing(node)] == []


def test_a_survivor_stands_in_the_table_as_one() -> None:
    lines = [
        Line("I-04", "a | b", "T-01 ●", Verdict("caught", "tests/x.py::test_x")),
        Line("I-12", "c", "", Verdict("survived", "tests/y.py::test_y")),
    ]
    page = written(lines, "Today.")
    assert "1 of 2 were caught. Today." in page
    assert "| I-04 | a \\| b | T-01 ● | `tests/x.py::test_x` |" in page
    assert "| I-12 | c |  | `SURVIVED: tests/y.py::test_y` |" in page
