"""What is owed to members: when it ends, where, how much of it will go unused, and that the books balance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse

from guerdon.ledger.breakage import Breakage
from guerdon.queries.owed import (
    OwedRow,
    TrialRow,
    list_owed,
    list_trial_balance,
    load_breakage,
    totals,
)
from guerdon.queries.rates import Amount
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.ledger import account_kind
from guerdon.web.console.reporting import add_up
from guerdon.web.console.words import Namer


@dataclass(frozen=True, slots=True)
class Month:
    """What ends in a month (None: never), in all markets together."""

    month: date | None
    lots: int
    amount: int
    pending: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: what is owed in it, by month and by market."""

    key: str
    amount: int
    pending: int
    lots: int
    months: Sequence[Month]
    markets: Sequence[tuple[str, int]]
    breakage: Breakage | None

    @property
    def largest(self) -> int:
        """The largest amount of a month: what bars are measured against."""
        return max((month.amount for month in self.months), default=0)


@staff_page
def owed(desk: Desk) -> HttpResponse:
    """What members have and did not use yet, with the trial balance below."""
    zone = desk.program.time_zone
    with desk.transaction() as tx:
        rows = list_owed(tx, zone, desk.cut.market)
        breakage = load_breakage(tx, zone, desk.now)
        # The books balance as a whole only: a part of them has another side elsewhere.
        trial = list_trial_balance(tx) if not (desk.scope.markets or desk.scope.locations) else []
        units, sums = units_of(rows, breakage), totals(trial)
        parts = {"owed": [Amount(desk.today, unit.key, unit.amount) for unit in units]}
        owed_together = add_up(tx, desk.program, desk.cut.into, parts)
        sides = {
            name: [Amount(desk.today, unit, both[at]) for unit, both in sums.items()]
            for at, name in enumerate(("debit", "credit"))
        }
        trial_together = add_up(tx, desk.program, desk.cut.into, sides)
    return desk.show(
        "console/owed.html",
        "owed",
        names=Namer(desk.program, desk.locale),
        units=units,
        owed_together=owed_together,
        trial=_by_unit(trial),
        sums=sums,
        trial_together=trial_together,
        kind_name=lambda kind: account_kind(kind, desk.locale),
        today=desk.today,
    )


def units_of(rows: Sequence[OwedRow], breakage: Mapping[str, Breakage | None]) -> list[Unit]:
    """Units with anything owed, in the order of their names."""
    return [
        _unit(key, [row for row in rows if row.unit == key], breakage.get(key))
        for key in sorted({row.unit for row in rows})
    ]


def _unit(key: str, rows: Sequence[OwedRow], breakage: Breakage | None) -> Unit:
    markets: dict[str, int] = {}
    for row in rows:
        markets[row.market] = markets.get(row.market, 0) + row.amount
    months = list(dict.fromkeys(row.month for row in rows))
    return Unit(
        key,
        sum(row.amount for row in rows),
        sum(row.pending for row in rows),
        sum(row.lots for row in rows),
        [_month(month, [row for row in rows if row.month == month]) for month in months],
        sorted(markets.items(), key=lambda market: (-market[1], market[0])),
        breakage,
    )


def _month(month: date | None, rows: Sequence[OwedRow]) -> Month:
    return Month(
        month,
        sum(row.lots for row in rows),
        sum(row.amount for row in rows),
        sum(row.pending for row in rows),
    )


def _by_unit(rows: Sequence[TrialRow]) -> dict[str, list[TrialRow]]:
    return {unit: [row for row in rows if row.unit == unit] for unit in dict.fromkeys(r.unit for r in rows)}
