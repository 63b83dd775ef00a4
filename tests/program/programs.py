"""Programs without mistakes, and what a change does to them.

A small one, one that uses every word of policy, a club whose rules remember what its members did, and one
that uses every word about messages.
"""

from collections.abc import Callable
from pathlib import Path

from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.values.problems import Problem

SMALL = (Path(__file__).parent / "small.yaml").read_text("utf-8")
CLUB = (Path(__file__).parent / "club.yaml").read_text("utf-8")
SPOKEN = (Path(__file__).parent / "spoken.yaml").read_text("utf-8")
RICH = (Path(__file__).parent / "rich.yaml").read_text("utf-8")

Mistakes = Callable[[str, str], list[Problem]]
Case = tuple[str, str, int, str, str, str]


def read_whole(text: str) -> Program:
    read = read_program(text)
    assert isinstance(read, Program), "\n".join(map(str, read))
    return read


def read_changed(text: str, old: str, new: str) -> list[Problem]:
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the program"
    read = read_program(text.replace(old, new))
    assert isinstance(read, list), "no mistake was found"
    return read


def found_in(text: str, case: Case) -> bool:
    old, new, line, where, what, hint = case
    found = read_changed(text, old, new)
    print(*found, sep="\n")  # noqa: T201 - shown when the test fails
    return any((p.line, p.where) == (line, where) and what in p.what and hint in p.hint for p in found)
