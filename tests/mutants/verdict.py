"""What became of a mutant, and the table of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["caught", "survived", "not planted", "not run"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial ended; `by` is the test that turned red, or what stood in the way."""

    outcome: Outcome
    by: str

    def __str__(self) -> str:
        return self.by if self.outcome == "caught" else f"{self.outcome.upper()}: {self.by}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    invariant: str
    mutant: str
    of: str
    verdict: Verdict


def written(lines: Sequence[Line], head: str) -> str:
    """The table as a page."""
    caught = sum(line.verdict.outcome == "caught" for line in lines)
    rows = [
        f"| {line.invariant} | {_cell(line.mutant)} | {line.of} | `{_cell(str(line.verdict))}` |"
        for line in lines
    ]
    return "\n".join(
        [
            "# Mutants",
            "",
            f"{caught} of {len(lines)} were caught. {head}",
            "",
            "One defect at a time, in the code or in the schema. The test that is named turned red for it.",
            "A dot marks those that the test programme asks for by name.",
            "",
            "| invariant | mutant | test programme | caught by |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
