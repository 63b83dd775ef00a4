"""What Finance reads: what is owed and when it ends, both sides of the books, what differs from others."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from typing import TypeVar

from guerdon.engine.reports.look import Look
from guerdon.queries.owed import OwedRow, list_owed, list_trial_balance, totals
from guerdon.queries.reconciling.standing import total_differences
from guerdon.store.database import Transaction
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.papers import Column, Figure, Table

Key = TypeVar("Key", bound=Hashable)


def tell_owed(look: Look, tx: Transaction) -> Sequence[Table]:
    """What is owed by the month in which it ends, and by market; and the sum of both sides of the books."""
    say = words(look.language, "reports").gettext
    rows = list_owed(tx, look.program.time_zone, look.market)
    columns = [
        Column(say("Rewards"), figures=True),
        Column(say("Owed"), figures=True),
        Column(say("of it pending"), figures=True),
    ]
    months = [
        [*_named(look, unit, month), *_sums(look, unit, of)]
        for (unit, month), of in _grouped(rows, lambda row: (row.unit, row.month)).items()
    ]
    units = [
        [unit, say("All of it"), *_sums(look, unit, of)]
        for (unit,), of in _grouped(rows, lambda row: (row.unit,)).items()
    ]
    markets = [
        [unit, look.market_name(market), *_sums(look, unit, of)]
        for (unit, market), of in _grouped(rows, lambda row: (row.unit, row.market)).items()
    ]
    none = say("Nothing is owed.")
    return [
        Table(
            say("Owed by the month in which it ends"),
            [Column(say("Unit")), Column(say("Ends in"), wide=True), *columns],
            [*units, *months],
            none,
        ),
        Table(
            say("Owed by market"),
            [Column(say("Unit")), Column(say("Market"), wide=True), *columns],
            markets,
            none,
        ),
        *_trial(look, tx),
    ]


def tell_differences(look: Look, tx: Transaction) -> Sequence[Table]:
    """What is open between suppliers' books and ours."""
    say = words(look.language, "reports").gettext
    kinds = {
        "not_with_them": say("Not in their books"),
        "not_with_us": say("Not in our books"),
        "amount": say("Another amount"),
        "currency": say("Another currency"),
        "cost": say("Another price than agreed"),
        "released": say("They delivered what we gave back"),
        "undelivered": say("We delivered, and they did not"),
        "undecided": say("They delivered, and we do not know it"),
        "twice": say("Twice in their books"),
    }
    rows: list[list[str | Figure]] = [
        [
            each.supplier,
            kinds[each.kind],
            look.number(each.n),
            look.number(each.old),
            look.money(each.stake_minor, each.currency, look.digits_of(each.currency)),
            look.day(each.oldest.date()),
        ]
        for each in total_differences(tx, look.now)
    ]
    columns = [
        Column(say("Supplier")),
        Column(say("What differs"), wide=True),
        Column(say("Open"), figures=True),
        Column(say("older than a week"), figures=True),
        Column(say("At stake"), figures=True),
        Column(say("Oldest"), figures=True),
    ]
    return [Table(say("Open differences"), columns, rows, say("No difference is open."))]


def _trial(look: Look, tx: Transaction) -> Sequence[Table]:
    # The books balance as a whole only: a part of them has another side elsewhere.
    if not look.scope.whole or look.market is not None:
        return []
    say = words(look.language, "reports").gettext
    rows: list[list[str | Figure]] = [
        [unit, look.money(debit, unit), look.money(credit, unit)]
        for unit, (debit, credit) in sorted(totals(list_trial_balance(tx)).items())
    ]
    columns = [
        Column(say("Unit"), wide=True),
        Column(say("Debit"), figures=True),
        Column(say("Credit"), figures=True),
    ]
    return [Table(say("Trial balance"), columns, rows, say("Nothing has happened yet."))]


def _grouped(rows: Iterable[OwedRow], key: Callable[[OwedRow], Key]) -> dict[Key, list[OwedRow]]:
    """Rows that have the same key, in the order in which each came first."""
    found: dict[Key, list[OwedRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _named(look: Look, unit: str, month: date | None) -> list[str | Figure]:
    say = words(look.language, "reports").gettext
    return [unit, say("Never") if month is None else Figure(formats.month(month, look.language), month)]


def _sums(look: Look, unit: str, rows: Sequence[OwedRow]) -> list[str | Figure]:
    return [
        look.number(sum(row.lots for row in rows)),
        look.money(sum(row.amount for row in rows), unit),
        look.money(sum(row.pending for row in rows), unit),
    ]
