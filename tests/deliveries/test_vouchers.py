"""Vouchers of old: all of a file or nothing, each mistake by its line, and once however often it comes."""

import pytest
from tests.deliveries.house import ClockHouse

from guerdon.engine.files.taken import FileTaken
from guerdon.engine.files.vouchers import take_vouchers
from guerdon.queries.deliveries.before import load_before
from guerdon.queries.deliveries.underway import Part
from guerdon.store.database import connect, transaction

FILE = """requested_on,delivered_on,location,market,kind
2026-01-02,2026-01-09,de-kiel,DE,voucher
2026-01-02,2026-01-11,de-kiel,DE,voucher
2026-01-02,2026-01-11,de-kiel,DE,voucher
2026-01-05,2026-01-19,de-ulm,DE,voucher
2026-01-05,2026-01-13,,NO,voucher
"""


def take(house: ClockHouse, text: str) -> FileTaken:
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        return take_vouchers(tx, (house.program_id, house.program), text.encode(), "test", house.now)


def test_a_file_counts_once_and_tells_how_it_was(house: ClockHouse) -> None:
    assert take(house, FILE) == FileTaken(5, 0)
    assert take(house, FILE) == FileTaken(0, 5)
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        before = load_before(tx, Part())
        assert before is not None
        # Of 7, 8, 9, 9 and 14 days.
        days = 86_400_000
        assert (before.n, before.half_ms, before.most_ms, before.by_day) == (5, 9 * days, 14 * days, True)
        norway = load_before(tx, Part(market="NO"))
        assert norway is not None
        assert norway.half_ms == 8 * days
        assert load_before(tx, Part(location="de-bonn")) is None
        assert load_before(tx, Part(rule="gift")) is None


def test_instants_are_taken_with_their_zone(house: ClockHouse) -> None:
    told = "requested_on,delivered_on\n2026-03-01T23:00:00+01:00,2026-03-02T00:30:00+02:00\n"
    assert take(house, told) == FileTaken(1, 0)
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        before = load_before(tx, Part())
    assert before is not None
    assert (before.half_ms, before.by_day) == (1_800_000, False)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-01-09,2026-01-02,,,", "line 3, delivered_on: is before it was asked for"),
        ("2026-13-09,2026-01-02,,,", "line 3, requested_on: '2026-13-09' is neither a day nor an instant"),
        ("2026-01-01T10:00:00,2026-01-02,,,", "line 3, requested_on:"),
        ("2026-01-01,2026-01-02T10:00:00Z,,,", "line 3, delivered_on: one is a day and one an instant"),
        ("2026-01-01,2027-01-02,,,", "line 3, delivered_on: 2027-01-02 is not in the past"),
        ("1926-01-01,2026-01-02,,,", "line 3, requested_on: 1926-01-01 is not in the past"),
        ("2026-01-01,2026-01-02,,De,", "line 3, market: unknown market 'De'  (did you mean DE?)"),
        ("2026-01-01,2026-01-02", "line 3: 2 cells where the header has 5"),
        (f"2026-01-01,2026-01-02,{'x' * 101},,", "line 3, location: not a short word"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_taken(house: ClockHouse, row: str, said: str) -> None:
    head, good, *_ = FILE.splitlines()
    done = take(house, f"{head}\n{good}\n{row}\n")
    assert done.taken == 0
    assert [str(problem)[: len(said)] for problem in done.problems] == [said]
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        assert load_before(tx, Part()) is None


@pytest.mark.parametrize(
    "head",
    ["", "requested_on", "requested_on,delivered_on,dealer", "requested_on,delivered_on,kind,kind"],
)
def test_a_wrong_header_is_told(house: ClockHouse, head: str) -> None:
    assert len(take(house, f"{head}\n2026-01-01,2026-01-02\n").problems) == 1
