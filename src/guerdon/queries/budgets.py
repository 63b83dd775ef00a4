"""Budgets as they stand: what each held at first, what is left, and when it runs out at the pace of late.

No forecast is made from fewer than three days: a demo's first minute would empty any budget by tomorrow.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from guerdon.program.model import Budget, Program
from guerdon.store.database import Transaction

PACE_DAYS = 14
PACE_DAYS_MIN = 3


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One market's part of a budget."""

    budget: str
    market: str
    unit: str
    total: int
    left: int
    runs_out_in_days: int | None

    @property
    def used_share(self) -> float:
        """What is used of it, as a share of one."""
        return 1 - self.left / self.total if self.total > 0 else 0.0


def list_budgets(
    tx: Transaction, program: Program, today: date, market: str | None = None
) -> list[BudgetLine]:
    """All budgets by market, the most used first."""
    left = {
        name: int(posted - held)
        for name, posted, held in tx.execute(
            "select name, posted, held from accounts where member_id = 0 and name like 'budget:%%'", ()
        ).fetchall()
    }
    lines = []
    for budget in program.budgets.values():
        paces = _daily_spend(tx, program, budget, today)
        for place, total in budget.amounts_minor.items():
            if market is None or place == market:
                now = left.get(f"budget:{budget.key}:{place}", total)
                pace = paces.get(place, 0.0)
                lasts = int(now / pace) if pace > 0 else None
                lines.append(BudgetLine(budget.key, place, budget.unit, total, now, lasts))
    return sorted(lines, key=lambda line: (-line.used_share, line.market))


def _daily_spend(tx: Transaction, program: Program, budget: Budget, today: date) -> dict[str, float]:
    rules = [
        rule.key for rule in program.rules.values() if rule.reward and rule.reward.pay_from == budget.key
    ]
    rows = tx.execute(
        """
        select market, sum(issued_value)::bigint, min(day) from rollups
        where unit = %(unit)s and rule = any(%(rules)s) and day > %(since)s and day <= %(today)s
        group by market
        """,
        {"unit": budget.unit, "rules": rules, "since": today - timedelta(days=PACE_DAYS), "today": today},
    ).fetchall()
    paces = {}
    for market, value, first in rows:
        days = (today - first).days + 1
        if days >= PACE_DAYS_MIN:
            paces[market] = int(value) / days
    return paces
