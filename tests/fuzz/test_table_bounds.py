"""Tables that are made to be slow: what is done about them is counted, and what is too much is refused."""

from itertools import combinations

import pytest
from tests.program.programs import CLUB

from guerdon.program.load import read_program
from guerdon.program.tables import cells, cover
from guerdon.program.tables.cells import Among, Column, read_cell

START = CLUB.index("    columns: [member.market")
END = CLUB.index("rules:\n  first_bike")


def told_of(rows: list[str], columns: str = "event.price") -> list[str]:
    table = f"    hit: first\n    columns: [{columns}]\n    rows:\n"
    table += "".join(f"      - [{row}]\n" for row in rows)
    read = read_program(CLUB[:START] + table + CLUB[END:])
    assert isinstance(read, list)
    return [problem.what for problem in read if problem.where.startswith("tables.bike_value")]


class Told(str):
    """A value that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Told.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_a_cell_compares_its_values_no_more_often_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "_value", lambda word, _: Told(word))
    Told.compared = 0
    read = read_cell("|".join(map(str, range(5_000))), Column("event.kind", "string"))
    assert isinstance(read, Among)
    assert len(read.values) == 5_000
    assert Told.compared < 5_000


def test_rows_that_share_a_value_in_pairs_are_too_many_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every two rows share a value that no other row names: as many regions as there are pairs.
    named: list[list[str]] = [[] for _ in range(210)]
    for number, (one, other) in enumerate(combinations(range(210), 2)):
        named[one].append(str(number))
        named[other].append(str(number))
    asked: list[int] = []

    def looked(_: object, rows: int) -> list[object]:
        asked.append(rows)
        return []

    monkeypatch.setattr("guerdon.program.tables.bound.find_overlaps", looked)
    rows = [f'"{"|".join(values)}", 100.00 EUR' for values in named] + ["-, 100.00 EUR"]
    assert told_of(rows) == [
        f"this table is too large to check: its columns fall into more than {cover.REGIONS_MAX} regions"
    ]
    # Only the table of another rule was compared row by row.
    assert asked == [3]


def test_as_many_bounds_as_a_table_can_have_are_still_looked_at() -> None:
    # 499 rows of eleven columns, each with two bounds: half of the regions that there may be.
    columns = ", ".join(f'"event.price + {number}"' for number in range(11))
    cells_of = [[f'"{row + at}..{4000 - row}"' for at in range(11)] for row in range(499)]
    rows = [", ".join([*each, "100.00 EUR"]) for each in [*cells_of, ["-"] * 11]]
    assert not [each for each in told_of(rows, columns) if "too large" in each]
