"""Figures of several units, added up in the one that a reader chose: by which rates, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from guerdon.program.model import Program
from guerdon.queries.budgets import BudgetLine
from guerdon.queries.rates import Amount, RateTaken, load_several
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Together:
    """Sums in one unit by name; what is not in them is money without a rate, and units that are no money."""

    unit: str
    sums: Mapping[str, int]
    rates: Sequence[RateTaken]
    missing: Sequence[tuple[str, date]]
    unconverted: Sequence[str]


def add_up(
    tx: Transaction, program: Program, into: str | None, sums: Mapping[str, Sequence[Amount]]
) -> Together | None:
    """Add up each of the sums; None where no unit was chosen."""
    if into is None:
        return None
    found = load_several(tx, program.units, sums, into)
    missing = sorted({(each.unit, each.day) for done in found.values() for each in done.missing})
    money = {unit.key for unit in program.units.values() if unit.kind == "money"}
    return Together(
        into,
        {name: done.amount_minor for name, done in found.items()},
        sorted({rate for done in found.values() for rate in done.rates}, key=lambda r: (r.unit, r.day)),
        [(unit, day) for unit, day in missing if unit in money],
        sorted({unit for unit, _ in missing if unit not in money}),
    )


def budget_sums(lines: Sequence[BudgetLine], today: date) -> dict[str, list[Amount]]:
    """What the topmost of these budgets have; those below them are in it already."""
    names = {line.account for line in lines}
    tops = [line for line in lines if line.parent not in names]
    return {
        "limit": [Amount(today, line.unit, line.total) for line in tops],
        "committed": [Amount(today, line.unit, line.sums.committed) for line in tops],
        "held": [Amount(today, line.unit, line.sums.held) for line in tops],
        "spent": [Amount(today, line.unit, line.sums.spent) for line in tops],
        "free": [Amount(today, line.unit, line.left) for line in tops],
    }
