"""Nothing is found in good books, and each breach is found by the one control that is there for it.

Twice: in books that the engine wrote over a year of everything, and in books that it never touched.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tests.controls.books import Books
from tests.controls.ledgers import opened, written
from tests.controls.orchard import lived
from tests.controls.plants import unlocked
from tests.controls.sayings import PLANTS
from tests.lending import close_lent
from tests.servers import copied_database

from guerdon import embedded
from guerdon.queries.controls.run import KEYS, Report, run_controls
from guerdon.store.database import connect, transaction

Checks = Callable[[], dict[str, list[str]]]


@pytest.fixture(scope="module", params=["engine", "bookkeeper"])
def original(
    request: pytest.FixtureRequest, postgres: embedded.Server, migrated_template: str, secret: str
) -> Iterator[tuple[str, Books]]:
    """Good books that nobody touches, and the name of the database they are in."""
    with copied_database(postgres, migrated_template) as url:
        made = lived(url, secret) if request.param == "engine" else written(opened(url))
        name = made.db.info.dbname
        # A database to which somebody is connected is not copied.
        made.db.close()
        close_lent(url)
        yield name, made


@pytest.fixture
def url(original: tuple[str, Books], postgres: embedded.Server) -> Iterator[str]:
    """Give the address of a copy of them."""
    with copied_database(postgres, original[0]) as url:
        yield url


@pytest.fixture
def books(original: tuple[str, Books], url: str) -> Iterator[Books]:
    """Good books."""
    with opened(url) as db:
        yield replace(original[1], db=db)


@pytest.fixture
def checks(books: Books, url: str, secret: str) -> Checks:
    """What a run finds now, by control."""

    def run() -> dict[str, list[str]]:
        with connect(url, secret, "worker") as db, transaction(db, books.program_id) as tx:
            return named(run_controls(tx, books.now))

    return run


def named(found: Report) -> dict[str, list[str]]:
    return {checked.key: [str(breach) for breach in checked.breaches] for checked in found.breached}


def test_good_books_breach_no_control(checks: Checks) -> None:
    assert checks() == {}


def test_each_control_has_a_key_of_its_own_and_a_breach_to_find() -> None:
    assert len(KEYS) == len(set(KEYS))
    assert set(PLANTS) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_planted_breach_is_named_by_its_control_and_by_no_other(
    books: Books, checks: Checks, key: str
) -> None:
    unlocked(books)
    PLANTS[key](books)
    found = checks()
    assert list(found) == [key], found
    assert found[key]


def test_all_of_them_at_once_are_all_named(books: Books, checks: Checks) -> None:
    unlocked(books)
    for key in KEYS:
        PLANTS[key](books)
    assert set(checks()) == set(KEYS)
