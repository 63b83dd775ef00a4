"""A mistake in a template, said so that its author can mend it: where it stands and what to write instead.

It knows lines and columns of the template alone; whoever holds the program adds the place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from guerdon.values.problems import Problem

# Nobody mends more at once, and looking for the nearest name takes its time.
MISTAKES_MAX = 20


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong and what to write; `line` and `column` count from 1, None: it is about the whole text."""

    line: int | None
    column: int | None
    what: str
    hint: str = ""

    def __str__(self) -> str:
        at = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{at}{self.what}  ({self.hint})" if self.hint else f"{at}{self.what}"

    def problem(self, where: str, line: int | None) -> Problem:
        """The same as a problem of a program; `line` is where the template stands in its file."""
        at = f" (line {self.line} of the text, column {self.column})" if self.line else ""
        return Problem(where, line, f"{self.what}{at}", self.hint)


def first_ones(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The first mistakes by their place, each once; what is about the whole text comes last."""
    known = dict.fromkeys(mistakes)
    ordered = sorted(known, key=lambda each: (each.line is None, each.line or 0, each.column or 0))
    return ordered[:MISTAKES_MAX]
