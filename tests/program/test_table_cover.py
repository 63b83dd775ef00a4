"""Gaps and overlaps, beside a count of every combination there is."""

from datetime import date, timedelta
from itertools import combinations, product
from zoneinfo import ZoneInfo

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
    said,
)
from guerdon.program.tables.cover import ANY_DAY, ANY_OTHER, find_gaps, find_overlaps, regions_of

KIND = Column("event.kind", "string", ("city", "trail", "race"))
FREE = Column("event.note", "string")
NEW = Column("event.new", "bool")
KM = Column("event.km", "int")
ON = Column.of_instants("event.on", ZoneInfo("Asia/Beirut"))
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


DAYS = tuple(date(2026, 3, 27) + timedelta(days=n) for n in range(5))
# A day, the bounds of days, and what is open; Beirut's clocks skip the midnight of 29 March.
WRITTEN = st.one_of(
    st.sampled_from(["-", "..", *(f"{day}" for day in DAYS)]),
    st.tuples(st.sampled_from([">=", ">", "<=", "<"]), st.sampled_from(DAYS)).map(lambda v: f"{v[0]} {v[1]}"),
    st.tuples(st.sampled_from(DAYS[:3]), st.integers(1, 2)).map(
        lambda v: f"{v[0]}..{v[0] + timedelta(v[1])}"
    ),
)


def on(cell: str, day: date) -> bool:
    """Whether a written cell takes all of a day: told by comparing days, not by reading it."""
    sign, _, bound = cell.rpartition(" ")
    if sign:
        than = date.fromisoformat(bound)
        return {">=": day >= than, ">": day > than, "<=": day <= than, "<": day < than}[sign]
    first, _, end = cell.partition("..")
    return cell in {"-", "..", f"{day}"} or (bool(end) and first <= f"{day}" < end)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(WRITTEN, st.sampled_from(["true", "false", "-"])), min_size=1, max_size=5))
def test_gaps_and_overlaps_of_days_are_just_those_that_a_calendar_finds(table: list[tuple[str, str]]) -> None:
    cells = [(read_cell(when, ON), read_cell(new, NEW)) for when, new in table]
    known = [(when, new) for when, new in cells if not isinstance(when, BadCell | None)]
    regions = [
        regions_of(ON, [when for when, _ in known]),
        regions_of(NEW, [new for _, new in known if not isinstance(new, BadCell)]),
    ]
    assert len(known) == len(table)
    taken = [
        {n for n, (when, new) in enumerate(table) if on(when, day) and new in {"-", said}}
        for day in (DAYS[0] - timedelta(1), *DAYS, DAYS[-1] + timedelta(1))
        for said in ("true", "false")
    ]
    gaps = find_gaps(regions, len(table))
    assert gaps is not None
    assert bool(gaps) == any(not found for found in taken)
    for when, new in gaps:
        day = when.split(" or ")[0].partition("T")[0]
        if day != ANY_DAY:
            assert not any(on(w, date.fromisoformat(day)) and n in {"-", new.split(" ")[0]} for w, n in table)
    pairs = {(pair.first, pair.second) for pair in find_overlaps(regions, len(table))}
    assert pairs == {pair for found in taken for pair in combinations(sorted(found), 2)}


def test_days_and_instants_are_half_open_ranges_in_the_zone_of_their_column() -> None:
    berlin = Column.of_instants("event.on", ZoneInfo("Europe/Berlin"))
    told = "event.on >= timestamp('{}') && event.on < timestamp('{}')".format
    for text, words in {
        "2026-03-29": told("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        "2026-01-01..2026-04-01": told("2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z"),
        "> 2026-01-01": "event.on >= timestamp('2026-01-01T23:00:00Z')",
        "<= 1998-07-01": "event.on < timestamp('1998-07-01T22:00:00Z')",
        "..2026-01-01T12:00:00+01:00": "event.on < timestamp('2026-01-01T11:00:00Z')",
        "2026-01-01T11:00:00.5Z": "event.on == timestamp('2026-01-01T11:00:00.500000Z')",
        "..": "event.on >= timestamp('0001-01-01T00:00:00Z')",
    }.items():
        cell = read_cell(text, berlin)
        assert not isinstance(cell, BadCell), text
        assert said(cell, berlin) == words
    for text in ("2026-02-30", "5", "2026-01-02..2026-01-02", "2026-01-01|2026-01-02", "1899-01-01", "< x"):
        assert isinstance(read_cell(text, berlin), BadCell), text


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
