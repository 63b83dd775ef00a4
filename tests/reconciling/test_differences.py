"""Their books against ours: every kind of difference is found, listed once, and settled by what heals it."""

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from typing import LiteralString

import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.reconciling.books import Keeper, Ledger
from tests.redeem.house import NOW, opened_house

from guerdon.engine.orders.port import StatementLine
from guerdon.engine.reconciling.daily import reconcile_due
from guerdon.engine.reconciling.settling import end_credit, settle
from guerdon.engine.reconciling.taking import NotTaken
from guerdon.engine.wallet.commands import Done
from guerdon.queries.reconciling.standing import (
    CreditRow,
    Total,
    list_credits,
    list_statements,
    total_differences,
)
from guerdon.store.database import connect
from guerdon.store.orders.reconciling.differences import Settling
from guerdon.values.ids import show


@pytest.fixture
def ledger(database: str, secret: str) -> Iterator[Ledger]:
    """A house with one supplier that keeps books, and a second one."""
    # The house's own check counts codes, and orders that were given back have none.
    opened = opened_house(database, secret)
    keeper = Keeper("giftly")
    here = Counter(opened.__enter__(), {"giftly": keeper, "other": Fake("other")})
    here.shelve()
    yield Ledger(here, keeper)
    here.check()


def test_what_agrees_is_no_difference_and_a_statement_counts_once(ledger: Ledger) -> None:
    for member in (7, 8, 9):
        ledger.delivered(member)
    first, second = ledger.compare(), ledger.compare()
    assert (first.lines, first.found, second.lines, second.found) == (3, 0, 3, 0)
    rows = ledger.here.house.rows
    assert rows("select count(*), count(distinct statement_id), count(order_id) from statement_lines") == [
        (3, 1, 3)
    ]
    assert rows("select state, lines from supplier_statements order by id") == [("read", 3), ("read", 3)]
    assert rows("select count(*) from audit where action = 'statement.compared'") == [(2,)]


def test_every_kind_is_found_once_and_heals_by_itself(ledger: Ledger) -> None:
    keeper = ledger.keeper
    made = {member: ledger.delivered(member) for member in range(7, 14)}
    lost, dear, foreign, costly, void, again, late = (made[n][1] for n in range(7, 14))
    good = dict(keeper.books)
    del keeper.books[lost]
    keeper.change(dear, face_minor=25_000)
    keeper.change(foreign, currency="USD")
    keeper.change(void, state="canceled")
    keeper.change(costly, cost_minor=19_050, cost_currency="EUR")
    terms(ledger, "update catalog_offers set cost_bp = 9500, fee_minor = 10")
    now = ledger.here.now
    ref = show("ord", made[12][0])
    keeper.books["extra"] = StatementLine("extra", ref, "placed", "EUR", 20_000, None, now)
    keeper.books["theirs"] = StatementLine("theirs", "gift", "placed", "EUR", 500, 450, now, "EUR")
    given_back = ledger.here.ordered(14)
    keeper.faults.append("sold out")
    ledger.here.fakes["other"].faults.append("sold out")
    ledger.here.work_on(1)
    assert ledger.here.state(given_back) == "failed"
    keeper.books["wild"] = StatementLine(
        "wild", f"{show('ord', given_back)}-1", "placed", "EUR", 20_000, None, now
    )
    key = f"{show('ord', made[7][0])}-1"
    planted = sorted(
        [
            ("not_with_them", key),
            ("not_with_us", "theirs"),
            ("amount", dear),
            ("currency", foreign),
            ("cost", costly),
            ("undelivered", void),
            ("twice", "extra"),
            ("released", "wild"),
        ]
    )
    assert late not in {subject for _, subject in planted}
    assert again not in {subject for _, subject in planted}
    taken = ledger.compare()
    assert ledger.kinds() == planted
    assert taken.found == len(planted)
    assert ledger.compare().found == 0
    assert ledger.kinds() == planted
    stakes = {each.kind: (each.ours_minor, each.theirs_minor, each.stake_minor) for each in ledger.open()}
    assert stakes["amount"] == (20_000, 25_000, 5_000)
    assert stakes["cost"] == (19_010, 19_050, 40)
    assert stakes["not_with_us"] == (None, 500, 450)
    assert stakes["not_with_them"] == (20_000, None, 20_000)
    with ledger.here.house.opens(None)() as tx:
        totals = total_differences(tx, ledger.here.now + timedelta(days=8))
    found_at = min(each.found_at for each in ledger.open())
    assert Total("giftly", "amount", "EUR", 1, 1, 5_000, found_at) in totals
    assert sum(each.n for each in totals) == len(planted)
    keeper.books |= good
    for their_id in ("extra", "theirs", "wild"):
        keeper.change(their_id, state="canceled")
    healed = ledger.compare()
    assert (healed.healed, ledger.kinds()) == (len(planted), [])
    assert ledger.kinds("healed") == planted
    assert {each.reason for each in ledger.open("healed")} == {"statement"}


def test_what_is_young_is_not_yet_a_difference(ledger: Ledger) -> None:
    _, their_id = ledger.delivered(7)
    line = ledger.keeper.books.pop(their_id)
    assert ledger.compare(0.5).found == 0
    assert ledger.compare(0.4).found == 0
    assert ledger.compare(0.2).found == 1
    ledger.keeper.books[their_id] = line
    assert ledger.compare(0).healed == 1


def test_an_order_that_nobody_here_knows_and_they_delivered(ledger: Ledger) -> None:
    keeper = ledger.keeper
    keeper.faults = deque(["wrong"])
    order = ledger.here.ordered()
    ledger.here.work()
    keeper.note(ledger.here.now)
    assert ledger.here.state(order) == "unknown"
    assert ledger.compare().found == 1
    ((kind, subject),) = ledger.kinds()
    assert (kind, subject) == ("undecided", keeper.by_ref[show("ord", order)][0].their_id)


def test_a_statement_that_breaks_off_says_nothing_of_what_it_lacks(ledger: Ledger) -> None:
    for member in (7, 8, 9):
        ledger.delivered(member)
    ledger.keeper.cut_after = 2
    with pytest.raises(NotTaken, match="cut"):
        ledger.compare()
    assert ledger.open() == []
    assert ledger.here.house.rows("select state, why from supplier_statements") == [("failed", "cut")]
    ledger.keeper.cut_after = None
    assert ledger.compare().found == 0


def test_what_somebody_settled_stays_settled_until_it_is_another(ledger: Ledger) -> None:
    _, their_id = ledger.delivered(7)
    ledger.keeper.change(their_id, face_minor=25_000)
    ledger.compare()
    (found,) = ledger.open()
    here = ledger.here
    with here.house.opens(None)() as tx:
        settling = Settling(found.id, "credit_expected", "they answered", 4_000, "per_f")
        assert settle(tx, here.house.program_id, settling, here.now) is not None
        assert settle(tx, here.house.program_id, settling, here.now) is None
    (credit,) = credits_of(ledger)
    assert (credit.state, credit.expected_minor, credit.currency) == ("expected", 4_000, "EUR")
    assert ledger.compare().found == 0
    ledger.keeper.change(their_id, face_minor=26_000)
    assert ledger.compare().found == 1
    with here.house.opens(None)() as tx:
        end = (3_900, "their mail", "per_f")
        assert end_credit(tx, here.house.program_id, credit.id, end, here.now)
        assert not end_credit(tx, here.house.program_id, credit.id, end, here.now)
    (credit,) = credits_of(ledger)
    assert (credit.state, credit.received_minor) == ("received", 3_900)
    acted = here.house.rows(
        "select action from audit where action ~ '^(credit|difference)' order by recorded_at, id"
    )
    assert acted == [("difference.settled",), ("credit.expected",), ("credit.settled",)]


def test_a_return_expects_a_credit_and_the_statement_brings_it(ledger: Ledger) -> None:
    order, their_id = ledger.delivered(7)
    here = ledger.here
    assert isinstance(here.returned(order), Done)
    assert [(each.state, each.expected_minor) for each in credits_of(ledger)] == [("expected", None)]
    ledger.compare()
    assert ledger.kinds() == [("released", their_id)]
    ledger.keeper.change(their_id, state="canceled", cost_minor=19_000, cost_currency="EUR")
    assert ledger.compare().healed == 1
    (credit,) = credits_of(ledger)
    assert (credit.state, credit.received_minor, credit.currency) == ("received", 19_000, "EUR")


def test_accounts_are_asked_once_a_day_and_again_soon_after_a_failure(ledger: Ledger) -> None:
    here = ledger.here
    ledger.delivered(7)
    ledger.keeper.cut_after = 0
    with connect(here.house.url, here.house.secret, "worker") as db:
        asked = []
        for hours in (0, 0.5, 0.5, 1, 23, 24):
            here.now += timedelta(hours=hours)
            asked.append(reconcile_due(db, here.desk))
            ledger.keeper.cut_after = None
    assert asked == [0, 0, 1, 0, 1, 1]
    with here.house.opens(None)() as tx:
        told = list_statements(tx, 10)
    assert [each.state for each in told] == ["read", "read", "read", "failed"]
    assert NOW - timedelta(days=31) in {each.since for each in told}


def terms(ledger: Ledger, change: LiteralString) -> None:
    with ledger.here.house.working() as tx:
        tx.execute(change)


def credits_of(ledger: Ledger) -> list[CreditRow]:
    with ledger.here.house.opens(None)() as tx:
        return list_credits(tx, 10)
