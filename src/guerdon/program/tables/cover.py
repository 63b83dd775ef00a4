"""Whether the rows of a table leave a gap, or take a combination twice: exactly, and at a bounded cost.

Each column is cut into regions within which no row tells values apart: a value, all others, or the numbers
between two bounds. Two rows overlap where they share a region in every column. Gaps are looked for column by
column with the rows that are left, each set of rows once; after so many steps a table is too large to check.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from guerdon.program.tables.cells import (
    INT_MIN,
    RANGED,
    TRUTHS,
    Among,
    Between,
    Cell,
    Column,
    Value,
    Whatever,
    shown,
)
from guerdon.program.tables.instants import begin_of_day

ROWS_MAX = 500
COLUMNS_MAX = 12
# Regions looked at for gaps in one table: some tenths of a second.
STEPS_MAX = 200_000
# Regions of all columns of one table: comparing its rows looks at each of them for each row.
REGIONS_MAX = 20_000
GAPS_MAX = 5
EXAMPLES_MAX = 2
OVERLAPS_MAX = 20
ANY_OTHER = "any other text"
ANY_DAY = "any day"


@dataclass(frozen=True, slots=True)
class Region:
    """Values that every row takes or leaves alike: one of them in words, and the rows as bits of a number."""

    example: str
    rows: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that take the same combination; `whole`: the first takes everything that the second does."""

    first: int
    second: int
    example: tuple[str, ...]
    whole: bool


def regions_of(column: Column, cells: Sequence[Cell]) -> list[Region]:
    """Cut a column into its regions; those that the same rows take are one, with a few of its values."""
    found: dict[int, list[str]] = {}
    for region in _bands(column, cells) if column.type in RANGED else _values(column, cells):
        found.setdefault(region.rows, []).append(region.example)
    return [Region(" or ".join(examples[:EXAMPLES_MAX]), rows) for rows, examples in found.items()]


def _values(column: Column, cells: Sequence[Cell]) -> Iterator[Region]:
    every = sum(1 << row for row, cell in enumerate(cells) if isinstance(cell, Whatever))
    named: dict[Value, int] = {}
    for row, cell in enumerate(cells):
        for value in cell.values if isinstance(cell, Among) else ():
            named[value] = named.get(value, every) | 1 << row
    domain: Sequence[Value] | None = column.domain if column.domain is not None else column.choices
    if column.type == "bool":
        domain = tuple(TRUTHS.values())
    for value in tuple(named) if domain is None else domain:
        yield Region(shown(value, column), named.get(value, every))
    if domain is None:
        yield Region(ANY_OTHER, every)


def _bands(column: Column, cells: Sequence[Cell]) -> Iterator[Region]:
    """Sweep over the bounds of all rows: at each, some begin and some end."""
    turned: dict[int, int] = {column.floor: 0}
    for row, cell in enumerate(cells):
        for low, high in _spans(column, cell):
            turned[low] = turned.get(low, 0) ^ 1 << row
            turned[high + 1] = turned.get(high + 1, 0) ^ 1 << row
    bounds = [*(bound for bound in sorted(turned) if bound <= column.ceiling), column.ceiling + 1]
    rows = 0
    for low, end in pairwise(bounds):
        rows ^= turned[low]
        yield Region(_example(column, low, end), rows)


def _example(column: Column, low: int, end: int) -> str:
    """One of the numbers from `low` to before `end`, the plainest of them."""
    if column.type == "instant":
        # Before the first bound, its last day; the least of all instants is nobody's example.
        if low > column.floor:
            return shown(low, column)
        return shown(begin_of_day(end - 1, column.zone), column) if end <= column.ceiling else ANY_DAY
    return shown(0 if low <= 0 < end else end - 1 if low == INT_MIN else low, column)


def _spans(column: Column, cell: Cell) -> list[tuple[int, int]]:
    match cell:
        case Whatever():
            return [(column.floor, column.ceiling)]
        case Between(low=low, high=high):
            return [(low, high)]
        case Among(values=values):
            return [(int(value), int(value)) for value in values if int(value) >= column.floor]


def find_gaps(columns: Sequence[Sequence[Region]], rows: int) -> list[tuple[str, ...]] | None:
    """Find combinations that no row takes, a few of them; None: the table is too large to say."""
    looking = _Looking(columns)
    return looking.found if looking.into(0, (1 << rows) - 1, ()) else None


class _Looking:
    """Looking for gaps, with the steps counted."""

    def __init__(self, columns: Sequence[Sequence[Region]]) -> None:
        self.columns, self.steps = columns, 0
        self.found: list[tuple[str, ...]] = []
        self.seen: set[tuple[int, int]] = set()
        # Rows that take whatever comes from a column on: where one is left, nothing more can be missing.
        self.sure = [0] * len(columns) + [-1]
        for number in reversed(range(len(columns))):
            every = -1
            for region in columns[number]:
                every &= region.rows
            self.sure[number] = every & self.sure[number + 1]

    def into(self, number: int, rows: int, example: tuple[str, ...]) -> bool:
        """Look from a column on, with the rows that are left; False: it took too long."""
        if rows & self.sure[number] or len(self.found) >= GAPS_MAX or (number, rows) in self.seen:
            return True
        self.seen.add((number, rows))
        if not rows:
            # Whatever comes in the other columns: their first values stand for it.
            self.found.append((*example, *(column[0].example for column in self.columns[number:])))
            return True
        for region in self.columns[number]:
            self.steps += 1
            if self.steps > STEPS_MAX:
                return False
            if not self.into(number + 1, rows & region.rows, (*example, region.example)):
                return False
        return True


def find_overlaps(columns: Sequence[Sequence[Region]], rows: int) -> Iterator[Overlap]:
    """Find pairs of rows that take the same combination."""
    # By row and column: the regions that it takes, as the bits of a number.
    takes = [
        [sum(1 << at for at, region in enumerate(column) if region.rows >> row & 1) for column in columns]
        for row in range(rows)
    ]
    for second in range(rows):
        for first in range(second):
            shared = [one & other for one, other in zip(takes[first], takes[second], strict=True)]
            if all(shared):
                example = tuple(
                    column[(bits & -bits).bit_length() - 1].example
                    for column, bits in zip(columns, shared, strict=True)
                )
                yield Overlap(first, second, example, shared == takes[second])
