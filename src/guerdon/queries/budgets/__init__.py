"""Budgets as people read them: the tree as it stands, and the statement of each account."""

from guerdon.queries.budgets.tree import (
    BudgetLine,
    Pace,
    Refill,
    Sums,
    list_budgets,
    load_tree,
    used_percent,
)

__all__ = ["BudgetLine", "Pace", "Refill", "Sums", "list_budgets", "load_tree", "used_percent"]
