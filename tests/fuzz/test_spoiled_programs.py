"""Whatever becomes of a program or of a table beside it: a program comes out or problems, never a traceback.

Each problem has its place and a hint, and what is looked at stays within the bounds that docs/program.md and
docs/conditions.md tell: steps are counted, not seconds.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from tests.evidence import Figures, scaled
from tests.fuzz.spoiling import WHOLE, roaster_in, spoiled, spoiled_tables

from guerdon.program.load import bundle, load_program, read_program
from guerdon.program.model import Program
from guerdon.program.tables import cover
from guerdon.values.problems import Problem

PROGRAMS, TABLES = 16_000, 5_000
quiet = list(HealthCheck)


class Counting(cover._Looking):  # noqa: SLF001  its steps are what is asked about
    """Looking for gaps, remembered."""

    made: list["Counting"]

    def __init__(self, columns: object) -> None:
        super().__init__(columns)  # type: ignore[arg-type]
        Counting.made.append(self)


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> list[Counting]:
    Counting.made = []
    monkeypatch.setattr(cover, "_Looking", Counting)
    return Counting.made


def check(read: Program | list[Problem], lines: int) -> None:
    if isinstance(read, Program):
        assert read_program(bundle(read)) == read
        return
    assert read
    for problem in read:
        assert problem.what
        assert problem.hint, problem
        assert problem.line is not None or problem.where or problem.what in WHOLE_FILE, problem
        assert problem.line is None or problem.file or 1 <= problem.line <= lines + 2


# What is wrong with all of a file, and nowhere in it.
WHOLE_FILE = {"the file is empty", "the program is larger than 4 MiB", "this is not YAML"}


def within_bounds(looking: list[Counting]) -> None:
    assert all(each.steps <= cover.STEPS_MAX + 1 for each in looking)
    assert all(len(each.found) <= cover.GAPS_MAX for each in looking)
    assert all(len(each.columns) <= cover.COLUMNS_MAX for each in looking)
    looking.clear()


@pytest.mark.full(minutes=7, gate=True)
@pytest.mark.timeout(1800)
def test_a_spoiled_program_is_read_or_told(looking: list[Counting], figures: Figures) -> None:
    told = {"programs": 0, "without_mistakes": 0, "problems": 0, "tables": 0}

    @settings(max_examples=scaled(200, PROGRAMS), deadline=None, suppress_health_check=quiet, database=None)
    @given(spoiled())
    def read(text: str) -> None:
        found = read_program(text)
        told["programs"] += 1
        told["without_mistakes"] += isinstance(found, Program)
        told["problems"] += len(found) if isinstance(found, list) else 0
        told["tables"] += len(looking)
        check(found, text.count("\n"))
        within_bounds(looking)

    read()
    # What is always refused at its first line would show nothing.
    # A few hundred may by chance hold none that stayed whole.
    assert told["programs"] < 2_000 or told["without_mistakes"] > told["programs"] / 100
    assert told["problems"] > told["programs"]
    assert told["tables"] > told["programs"] / 10
    figures |= told


@pytest.mark.full(minutes=4, gate=True)
@pytest.mark.timeout(1800)
def test_a_spoiled_table_is_read_or_told(tmp_path: Path, looking: list[Counting], figures: Figures) -> None:
    told = {"tables": 0, "without_mistakes": 0, "problems": 0}

    @settings(max_examples=scaled(100, TABLES), deadline=None, suppress_health_check=quiet, database=None)
    @given(spoiled_tables())
    @example(WHOLE)
    def read(table: str) -> None:
        program = roaster_in(tmp_path, table)
        found = load_program(program)
        told["tables"] += 1
        told["without_mistakes"] += isinstance(found, Program)
        told["problems"] += len(found) if isinstance(found, list) else 0
        check(found, program.read_text("utf-8").count("\n"))
        within_bounds(looking)

    read()
    assert told["without_mistakes"]
    assert told["problems"] > told["tables"] / 2
    figures |= told
