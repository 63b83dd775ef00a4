"""A file that is taken whole: what became of it."""

from dataclasses import dataclass

from guerdon.values.problems import Problem


@dataclass(frozen=True, slots=True)
class FileTaken:
    """How many rows are new and how many were known; nothing at all was taken when there are problems."""

    taken: int
    known: int
    problems: tuple[Problem, ...] = ()
