"""A mistake in a condition, said so that its author can mend it.

It knows only its column; whoever holds the program adds the line and the place.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong and what to write instead; `column` counts characters of the condition from 1."""

    column: int | None
    what: str
    hint: str

    def __str__(self) -> str:
        place = f"column {self.column}: " if self.column else ""
        return f"{place}{self.what}  ({self.hint})" if self.hint else f"{place}{self.what}"
