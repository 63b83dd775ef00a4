"""The error file beside a file that was taken: each mistake with its line, what to do, and the row as it was.

It is opened in a spreadsheet by whoever mends it, so nothing in it is a formula.
"""

import csv
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from guerdon.engine.drops.sets import Mistake

HEADER = ("line", "column", "what", "what to do", "row")
SUFFIX = ".errors.csv"
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Where a spreadsheet of another country begins a cell, quoted or not, and what that cell begins with.
_WITHIN = re.compile(r'([;\t\r\n][\s";]*)([=+\-@]?)')


class ErrorFile:
    """Written as mistakes are found, under its own name only once it is whole; there is none without one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._aside = path.with_name(f".{path.name}.{os.getpid()}")
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it its name; what an earlier try left there goes."""
        if self._file is not None:
            self._file.close()
        if kind is not None:
            self._aside.unlink(missing_ok=True)
        elif self._file is not None:
            self._aside.replace(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def note(self, mistakes: Sequence[Mistake]) -> None:
        """Write mistakes down."""
        if self._file is None:
            with suppress(FileNotFoundError):
                self._aside.unlink()
            # A byte order mark, because spreadsheets take a file without one for something else.
            self._file = self._aside.open("x", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(HEADER)
        csv.writer(self._file).writerows(_cells(each) for each in mistakes)


def _cells(mistake: Mistake) -> tuple[str, ...]:
    said = (mistake.column, mistake.what, mistake.hint, mistake.row)
    return (str(mistake.line), *(harmless(each) for each in said))


def harmless(cell: str) -> str:
    """A cell of which no spreadsheet makes a formula, wherever it takes cells apart."""
    cell = _WITHIN.sub(
        lambda found: f"{found[1]}'{found[2]}" if found[2] else found[1], cell.replace("\0", "")
    )
    return "'" + cell if cell.startswith(_FORMULA) else cell
