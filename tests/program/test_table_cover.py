"""Gaps and overlaps, beside a count of every combination there is."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.program.tables.cells import (
    INT_MAX,
    INT_MIN,
    Among,
    BadCell,
    Between,
    Cell,
    Column,
    Value,
    Whatever,
    read_cell,
)
from guerdon.program.tables.cover import ANY_OTHER, find_gaps, find_overlaps, regions_of

KIND = Column("event.kind", "string", ("city", "trail", "race"))
FREE = Column("event.note", "string")
NEW = Column("event.new", "bool")
KM = Column("event.km", "int")
COLUMNS = (KIND, FREE, NEW, KM)
# All values that rows of this test can tell apart.
VALUES = (("city", "trail", "race"), ("a", "b", ANY_OTHER), (True, False), (INT_MIN, *range(-2, 14), INT_MAX))

whatever = st.just(Whatever())
kinds = st.lists(st.sampled_from(VALUES[0]), min_size=1, max_size=2, unique=True).map(
    lambda v: Among(tuple(v))
)
notes = st.sampled_from([Among(("a",)), Among(("a", "b"))])
truths = st.sampled_from([Among((True,)), Among((False,))])
spans = st.tuples(st.integers(-1, 7), st.integers(0, 5)).map(lambda v: Between(v[0], v[0] + v[1]))
ends = st.sampled_from([Between(INT_MIN, 3), Between(4, INT_MAX), Between(INT_MIN, INT_MAX), Among((2, 5))])
rows = st.lists(
    st.tuples(whatever | kinds, whatever | notes, whatever | truths, whatever | spans | ends),
    min_size=1,
    max_size=6,
)


def takes(cell: Cell, value: Value) -> bool:
    match cell:
        case Whatever():
            return True
        case Among(values=values):
            return value in values
        case Between(low=low, high=high):
            return low <= int(value) <= high


@settings(max_examples=300, deadline=None)
@given(rows)
def test_gaps_and_overlaps_are_just_those_that_counting_finds(table: list[tuple[Cell, ...]]) -> None:
    regions = [regions_of(column, [row[at] for row in table]) for at, column in enumerate(COLUMNS)]
    taken = [
        {number for number, row in enumerate(table) if all(map(takes, row, values))}
        for values in product(*VALUES)
    ]
    gaps = find_gaps(regions, len(table))
    assert gaps is not None
    assert bool(gaps) == any(not found for found in taken)
    for example in gaps:
        kind, note, new, km = (words.split(" or ")[0] for words in example)
        values: tuple[Value, ...] = (kind, note, new == "true", int(km))
        assert not any(all(map(takes, row, values)) for row in table)
    pairs = {(pair.first, pair.second) for pair in find_overlaps(regions, len(table))}
    assert pairs == {pair for found in taken for pair in combinations(sorted(found), 2)}
    whole = {(pair.first, pair.second) for pair in find_overlaps(regions, len(table)) if pair.whole}
    assert whole == {(a, b) for a, b in pairs if all(a in found for found in taken if b in found)}


def test_cells_are_read_as_they_are_written() -> None:
    assert read_cell(" - ", KM) == Whatever()
    assert read_cell("", KIND) == Whatever()
    assert read_cell("10..20", KM) == Between(10, 19)
    assert read_cell("..20", KM) == Between(INT_MIN, 19)
    assert read_cell("-5..", KM) == Between(-5, INT_MAX)
    assert read_cell(">= 5", KM) == Between(5, INT_MAX)
    assert read_cell("> 5", KM) == Between(6, INT_MAX)
    assert read_cell("<=5", KM) == Between(INT_MIN, 5)
    assert read_cell("5|7", KM) == Among((5, 7))
    assert read_cell("city | race", KIND) == Among(("city", "race"))
    assert read_cell(">= 5", FREE) == Among((">= 5",))
    for text in ("1.5", "5..5", "1..2..3", "> ", "99999999999999999999", f"> {INT_MAX}"):
        assert isinstance(read_cell(text, KM), BadCell), text
