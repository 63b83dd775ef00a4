"""Somebody is told when books differ: once for each statement that finds something new."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.reconciling.books import Keeper, Ledger
from tests.redeem.house import opened_house

from guerdon.engine.reconciling.daily import reconcile_due
from guerdon.engine.reconciling.settling import settle
from guerdon.store.database import connect
from guerdon.store.orders.reconciling.differences import Settling


@pytest.fixture
def ledger(database: str, secret: str) -> Iterator[Ledger]:
    """A house with one supplier that keeps books, and a second one."""
    opened = opened_house(database, secret)
    keeper = Keeper("giftly")
    here = Counter(opened.__enter__(), {"giftly": keeper, "other": Fake("other")})
    here.shelve()
    yield Ledger(here, keeper)
    here.check()


def day(ledger: Ledger) -> None:
    """The worker's turn, whether a statement is due or not."""
    house = ledger.here.house
    with closing(connect(house.url, house.secret, "worker")) as db:
        reconcile_due(db, ledger.here.desk)


def alarms(ledger: Ledger) -> list[tuple[object, ...]]:
    """Of whom it is told, how many, for how much, and whether it still holds."""
    return ledger.here.house.rows(
        "select mark, detail ->> 'n', detail -> 'stakes' ->> 'EUR', settled_at is null"
        " from alarms where kind = 'supplier.differs' order by id"
    )


def settle_all(ledger: Ledger) -> None:
    house = ledger.here.house
    for each in ledger.open():
        with house.working() as tx:
            assert settle(
                tx, house.program_id, Settling(each.id, "loss", "known", None, "per_f"), ledger.here.now
            )


def test_what_is_new_is_told_once_a_statement_and_is_over_when_nothing_is_open(ledger: Ledger) -> None:
    _, first = ledger.delivered(7)
    _, second = ledger.delivered(8)
    ledger.compare()
    day(ledger)
    assert alarms(ledger) == []
    ledger.keeper.change(first, face_minor=25_000)
    assert ledger.compare().found == 1
    day(ledger)
    assert alarms(ledger) == [("giftly", "1", "5000", True)]
    # The same found again by the next statement is no news.
    assert ledger.compare().found == 0
    day(ledger)
    assert alarms(ledger) == [("giftly", "1", "5000", True)]
    ledger.keeper.change(second, face_minor=21_000)
    assert ledger.compare().found == 1
    day(ledger)
    assert alarms(ledger) == [("giftly", "1", "5000", False), ("giftly", "2", "6000", True)]
    settle_all(ledger)
    day(ledger)
    assert [each[3] for each in alarms(ledger)] == [False, False]


def test_what_heals_by_itself_ends_its_alarm(ledger: Ledger) -> None:
    _, theirs = ledger.delivered(7)
    ledger.compare()
    ledger.keeper.change(theirs, face_minor=25_000)
    ledger.compare()
    day(ledger)
    ledger.keeper.change(theirs, face_minor=20_000)
    ledger.compare()
    day(ledger)
    assert alarms(ledger) == [("giftly", "1", "5000", False)]
