"""Transfers, statements, what is owed and the trial balance, over books whose figures are known."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from tests.controls.books import ADA, BEN, CENTRAL, CLEO, DE, FUNDING, NOW, Books
from tests.controls.ledgers import opened, written

from guerdon.ledger.breakage import Breakage, Cohort, estimate_breakage
from guerdon.queries.ledger import (
    TransferRow,
    TransfersAsked,
    list_draws,
    list_of_event,
    list_transfers,
    load_balance,
    load_transfer,
)
from guerdon.queries.owed import list_owed, list_trial_balance, load_breakage, totals
from guerdon.queries.statements import Line, list_units, load_statement
from guerdon.store.database import Transaction, connect, transaction

BERLIN = "Europe/Berlin"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def books(database: str) -> Iterator[Books]:
    with opened(database) as db:
        yield written(db)


@pytest.fixture
def tx(books: Books, database: str, secret: str) -> Iterator[Transaction]:
    with connect(database, secret, "web") as db, transaction(db, books.program_id) as reading:
        yield reading


def all_pages(tx: Transaction, page: int) -> list[TransferRow]:
    found: list[TransferRow] = []
    after: tuple[datetime, int] | None = None
    while rows := list_transfers(tx, TransfersAsked(after=after), page):
        found += rows
        after = (rows[-1].recorded_at, rows[-1].id)
    return found


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_pages_of_any_length_hold_each_transfer_once(books: Books, tx: Transaction, page: int) -> None:
    there = {row[0] for row in books.run("select id from transfers")}
    rows = all_pages(tx, page)
    assert len(rows) == len(there)
    assert {row.id for row in rows} == there
    assert rows == sorted(rows, key=lambda row: (row.recorded_at, row.id), reverse=True)


def test_pages_go_on_where_transfers_lie_months_apart(books: Books, tx: Transaction) -> None:
    before = len(all_pages(tx, 7))
    books.at -= timedelta(days=200)
    books.fund(FUNDING, CENTRAL, 5)
    assert len(all_pages(tx, 7)) == before + 1


def test_transfers_of_an_account_a_member_a_unit_or_a_time(tx: Transaction) -> None:
    def count(**terms: object) -> int:
        return len(list_transfers(tx, TransfersAsked(**terms), 1000))  # type: ignore[arg-type]

    assert count(account=CENTRAL) == 4
    assert count(member_id=ADA, unit="EUR") == 3
    assert count(unit="PTS") == 7
    assert count(account="budget:none") == 0
    assert count(until=NOW - timedelta(days=11)) == 0
    assert count(since=NOW - timedelta(days=11)) == len(all_pages(tx, 100))


def test_a_transfer_is_found_with_or_without_its_member_and_shows_its_lots(
    books: Books, tx: Transaction
) -> None:
    number = books.run("select transfer_id from draws group by 1 having count(*) = 2 order by 1 limit 1")[0][
        0
    ]
    found = load_transfer(tx, number)
    assert found is not None
    assert load_transfer(tx, number, ADA) == found
    assert load_transfer(tx, number, BEN) is None
    assert [amount for _, amount, _ in list_draws(tx, number, ADA)] == [40, 60]
    assert list_of_event(tx, found.event_id, ADA) == [found]
    assert load_transfer(tx, 1) is None


def test_a_balance_on_any_day_is_what_was_recorded_until_then(books: Books, tx: Transaction) -> None:
    first = books.at
    books.at += timedelta(days=2)
    books.fund(CENTRAL, DE, 700)
    for moment, expected in ((first, 0), (first + timedelta(days=1), 257_500), (LATER, 258_200)):
        found = load_balance(tx, 0, DE, "EUR", moment)
        assert found is not None
        assert found.posted == expected, moment
    debt = load_balance(tx, CLEO, "purse", "EUR", LATER)
    assert debt is not None
    assert (debt.posted, debt.pending, debt.debt) == (0, 0, 17_500)
    points = load_balance(tx, ADA, "purse", "PTS", LATER)
    assert points is not None
    assert (points.posted, points.pending) == (240, 80)
    assert load_balance(tx, ADA, "purse", "GOLD", LATER) is None


def test_a_statement_runs_from_nothing_to_the_balance_and_says_which_lots(tx: Transaction) -> None:
    assert list_units(tx, ADA) == ["EUR", "PTS"]
    whole = load_statement(tx, ADA, "PTS", 100)
    assert whole is not None
    assert (whole.available, whole.held, whole.pending, whole.debt) == (240, 0, 80, 0)
    assert [(line.change, line.balance) for line in reversed(whole.lines)] == [
        (100, 100), (300, 400), (0, 400), (-100, 300), (-100, 200), (100, 300), (-60, 240)
    ]  # fmt: skip
    assert [line.pending_change for line in reversed(whole.lines)][2] == 80
    assert [amount for _, amount in whole.lines[-4].lots] == [40, 60]
    assert [(lot.remaining, lot.state) for lot in whole.lots] == [(240, "ready"), (80, "pending")]
    assert load_statement(tx, ADA, "GOLD", 100) is None


def test_pages_of_a_statement_go_on_with_the_same_balances(tx: Transaction) -> None:
    whole = load_statement(tx, ADA, "PTS", 100)
    assert whole is not None
    seen: list[Line] = []
    after = None
    while (page := load_statement(tx, ADA, "PTS", 2, after)) and page.lines:
        seen += page.lines
        after = (page.lines[-1].recorded_at, page.lines[-1].id)
    assert seen == list(whole.lines)


def test_a_statement_shows_debt_and_what_is_set_aside(tx: Transaction) -> None:
    owing = load_statement(tx, CLEO, "EUR", 100)
    assert owing is not None
    assert owing.debt == 17_500
    assert [line.debt_change for line in owing.lines if line.debt_change] == [-2_500, 20_000]
    holding = load_statement(tx, ADA, "EUR", 100)
    assert holding is not None
    assert (holding.available, holding.held) == (0, 2_500)


def test_what_is_owed_stands_by_unit_month_and_market(books: Books, tx: Transaction) -> None:
    rows = list_owed(tx, BERLIN)
    august = date(2026, 8, 1)
    assert [(r.unit, r.month, r.market, r.lots, r.ready, r.pending) for r in rows] == [
        ("EUR", august, "DE", 1, 2_500, 0),
        ("EUR", august, "FR", 4, 39_500, 0),
        ("PTS", august, "DE", 2, 240, 80),
    ]
    assert [r.market for r in list_owed(tx, BERLIN, "FR")] == ["FR"]
    # The last day of July ends when August begins, in Berlin two hours before it does in London.
    books.run("update rewards set expires_at = '2026-07-31T22:00Z' where unit = 'PTS'")
    books.run("update rewards set expires_at = null where unit = 'EUR'")
    assert {r.month for r in list_owed(tx, BERLIN)} == {date(2026, 7, 1), None}


def test_what_is_owed_is_what_members_have(books: Books, tx: Transaction) -> None:
    have = dict(books.run("select unit, sum(posted + pending) from accounts where member_id > 0 group by 1"))
    owed: dict[str, int] = {}
    for row in list_owed(tx, BERLIN):
        owed[row.unit] = owed.get(row.unit, 0) + row.amount
    assert owed == have


def test_debits_are_credits_in_every_unit_and_every_kind_of_account_is_there(tx: Transaction) -> None:
    rows = list_trial_balance(tx)
    assert {debit - credit for debit, credit in totals(rows).values()} == {0}
    assert {row.kind for row in rows} == {
        *("program:funding", "program:spent", "budget", "spent", "owed", "purse", "pending", "debt")
    }
    assert {row.kind for row in rows if row.debit} == {"program:funding", "debt"}


def test_breakage_is_too_early_to_say_with_few_lots_or_one_month(tx: Transaction) -> None:
    assert load_breakage(tx, BERLIN, NOW) == {"PTS": None}
    assert estimate_breakage([]) is None
    assert estimate_breakage([Cohort(1000, 1000, 100)]) is None
    assert estimate_breakage([Cohort(10, 1000, 100), Cohort(10, 1000, 100)]) is None


def test_breakage_is_the_share_of_closed_cohorts_with_their_range() -> None:
    found = estimate_breakage([Cohort(20, 1000, 100), Cohort(20, 3000, 900), Cohort(3, 0, 0)])
    assert found == Breakage("closed_cohorts_1", 250_000, 100_000, 300_000, 40, 2)
    assert found.unused_of(1_001) == 250
