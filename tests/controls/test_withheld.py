"""What may become of what is to be taken back, by where its order stands: all of both, and nothing else."""

from collections.abc import Iterator, Sequence
from typing import get_args

import pytest
from tests.controls.books import Books
from tests.controls.ledgers import opened, written
from tests.controls.plants import reward
from tests.controls.withheld import keep, ordered, take_back

from guerdon.queries.controls.codes import WITHHELD
from guerdon.queries.controls.run import run_controls
from guerdon.store.database import connect, transaction
from guerdon.store.orders.withheld import CameTo
from guerdon.values.ids import show

UNDER_WAY = {"reserved", "ordered", "unknown"}
ENDS: dict[CameTo, set[str]] = {
    "taken_back": {"failed", "canceled", "returned"},
    "spent": {"fulfilled", "returned"},
}
STATES = sorted(UNDER_WAY.union(*ENDS.values()))


@pytest.fixture
def books(database: str) -> Iterator[Books]:
    with opened(database) as db:
        yield written(db)


def found(books: Books, url: str, secret: str) -> dict[str, Sequence[str]]:
    """What each of the controls names."""
    with connect(url, secret, "worker") as db, transaction(db, books.program_id) as tx:
        report = run_controls(tx, books.now, [WITHHELD])
    return {each.key: [breach.subject for breach in each.breaches] for each in report.controls}


def test_what_became_of_it_is_what_its_order_came_to(books: Books, database: str, secret: str) -> None:
    assert set(ENDS) == set(get_args(CameTo))
    lot = reward(books, books.ben, "booking")
    waiting: list[str] = []
    settled: list[str] = []
    for state in STATES:
        for came_to in (None, *ENDS):
            order = ordered(books, state, lot, 10)
            take_back(books, (books.ben, order), lot, 10, came_to)
            if state in UNDER_WAY:
                keep(books, order, lot, 10)
            if came_to is None and state not in UNDER_WAY:
                waiting.append(show("ord", order))
            if came_to is not None and state not in ENDS[came_to]:
                settled.append(show("ord", order))
    assert len(waiting) == 4
    assert len(settled) == 9
    wrong = {"withheld.waiting": waiting, "withheld.kept": [], "withheld.settled": settled}
    assert found(books, database, secret) == wrong


def test_more_waits_only_where_an_open_hold_of_the_order_keeps_it_of_that_very_reward(
    books: Books, database: str, secret: str
) -> None:
    lot, other = reward(books, books.ben, "booking"), reward(books, books.ben, "test_drive")
    orders = {}
    for name, wanted in (("all", 10), ("more", 11), ("closed", 10), ("other", 10), ("nothing", 1)):
        order = orders[name] = ordered(books, "unknown", lot, 10)
        take_back(books, (books.ben, order), lot, wanted, None)
        if name != "nothing":
            keep(books, order, other if name == "other" else lot, 10)
    books.run(
        "update holds set state = 'released', closed_at = %s where id = %s", books.now, orders["closed"]
    )
    wrong = sorted(show("ord", orders[name]) for name in ("more", "closed", "other", "nothing"))
    assert {key: sorted(named) for key, named in found(books, database, secret).items()} == {
        "withheld.waiting": [],
        "withheld.kept": wrong,
        "withheld.settled": [],
    }
