"""A small program without mistakes, and what is wrong with it after one change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.values.problems import Problem

SMALL = (Path(__file__).parent / "small.yaml").read_text("utf-8")


@pytest.fixture
def small() -> str:
    return SMALL


@pytest.fixture
def program() -> Program:
    read = read_program(SMALL)
    assert isinstance(read, Program), "\n".join(map(str, read))
    return read


Mistakes = Callable[[str, str], list[Problem]]


@pytest.fixture
def mistakes() -> Mistakes:
    """Give the problems of the small program after `old` became `new`."""

    def read_changed(old: str, new: str) -> list[Problem]:
        assert SMALL.count(old) == 1, f"{old!r} stands {SMALL.count(old)} times in the small program"
        read = read_program(SMALL.replace(old, new))
        assert isinstance(read, list), "no mistake was found"
        return read

    return read_changed


Case = tuple[str, str, int, str, str, str]


@pytest.fixture
def is_said(mistakes: Mistakes) -> Callable[[Case], bool]:
    """Say whether the change of a case is reported in its words, with its line, place and hint."""

    def found_in(case: Case) -> bool:
        old, new, line, where, what, hint = case
        found = mistakes(old, new)
        print(*found, sep="\n")  # noqa: T201 - shown when the test fails
        return any((p.line, p.where) == (line, where) and what in p.what and hint in p.hint for p in found)

    return found_in
