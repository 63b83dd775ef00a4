"""What a report says, before it is a file: a heading, and tables whose cells are words or figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.text.exporting import Cell


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as its reader writes it, and as a sheet counts with it."""

    shown: str
    exact: Cell


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its title; figures stand at its end, words at its start. `wide`: it takes what is left."""

    title: str
    figures: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `note` stands below its title, `none` in place of rows where there are none."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Figure]]
    none: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A report: what it is called, of what and when it tells, and its tables."""

    language: str
    title: str
    # Lines below the title: the program and part of it, the days, when it was made.
    lines: Sequence[str]
    tables: Sequence[Table]
    made_at: datetime
    # What stands at the foot of each page, before its number.
    foot: str
    # `{page}` and `{pages}` in the reader's words.
    page: str


def shown(cell: str | Figure) -> str:
    """A cell as people read it."""
    return cell if isinstance(cell, str) else cell.shown


def exact(cell: str | Figure) -> Cell:
    """A cell as a sheet keeps it."""
    return cell if isinstance(cell, str) else cell.exact
