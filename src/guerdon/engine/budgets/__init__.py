"""Budgets as trees of accounts: how money spreads over them, periods, moves by hand, and alarms in time."""

from guerdon.engine.budgets.allotments import Move
from guerdon.engine.budgets.moves import MoveRefused, apply_moves
from guerdon.engine.budgets.periods import Turned, turn_budgets, turn_periods
from guerdon.engine.budgets.returns import send_returns
from guerdon.engine.budgets.watch import watch_budgets

__all__ = [
    "Move",
    "MoveRefused",
    "Turned",
    "apply_moves",
    "send_returns",
    "turn_budgets",
    "turn_periods",
    "watch_budgets",
]
