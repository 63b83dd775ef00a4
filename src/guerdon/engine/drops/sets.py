"""What a reader of files hands to the engine: sets of rows, and what is wrong with some of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.engine.arrivals import Arrival

ROWS_MAX = 1_000
# So large that its seal and what is around it stay within what a delivery may be.
BODY_BYTES_MAX = 900_000


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a row, and what to do; `row` is the row as it was.

    `reason` is one of few words, by which mistakes are counted.
    """

    line: int
    column: str
    reason: str
    what: str
    hint: str
    row: str = ""


@dataclass(frozen=True, slots=True)
class DropSet:
    """Rows that follow one another: `body` is what is kept of those that are right, as one delivery."""

    rows: int
    body: bytes
    arrivals: Sequence[Arrival]
    mistakes: Sequence[Mistake]
    # Rows that cannot be used, each with one mistake or more.
    wrong: int


class Unfit(Exception):  # noqa: N818  an answer
    """A file that cannot be read, or not from here on."""

    def __init__(self, line: int, what: str, hint: str) -> None:
        super().__init__(what)
        self.mistake = Mistake(line, "", "unreadable_file", what, hint)
