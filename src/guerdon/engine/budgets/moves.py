"""Moves of money between budgets by hand: allocating and returning, as people approved it.

Only what is free moves, and all of it or nothing; a refusal names the move and what is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.engine.budgets.allotments import Move, Spread
from guerdon.ledger.chart import FUNDING
from guerdon.store import budgets
from guerdon.store.budgets import MoveRow, NodeRow
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.values.ids import derived_id

LIVE = "guerdon_live"


@dataclass(frozen=True, slots=True)
class MoveRefused:
    """Why a move cannot be made: `missing` is what the giver lacks, in minor units.

    amount: not above zero, unknown: no such node, unit: the node has another, apart: neither is the other's
    parent, missing: not enough of it is free.
    """

    move: Move
    reason: Literal["amount", "unknown", "unit", "apart", "missing"]
    missing: int = 0


def apply_moves(
    tx: Transaction, program_id: int, moves: Sequence[Move], at: datetime, event_id: int
) -> tuple[MoveRefused, ...]:
    """Allocate or return by hand: all of the moves, or none and why not.

    Each leads from a parent to its child or back, or between funding and a topmost node.
    """
    nodes = budgets.load_nodes(tx, program_id)
    refused = [fault for move in moves if (fault := _fault_of(move, nodes))]
    if refused:
        return tuple(refused)
    keys = {(name, move.unit) for move in moves for name in (move.from_account, move.to_account)}
    locked = budgets.lock_accounts(tx, program_id, keys)
    # Only now: publishing may have hung a node elsewhere while we waited for the locks.
    nodes = budgets.load_nodes(tx, program_id)
    spread = Spread({key: balance.free for key, balance in locked.items()})
    for move in moves:
        fault = _fault_of(move, nodes)
        free = spread.free.get((move.from_account, move.unit), 0)
        if fault is None and move.from_account != FUNDING and free < move.amount:
            fault = MoveRefused(move, "missing", move.amount - max(free, 0))
        if fault is None:
            spread.move(*move)
        else:
            refused.append(fault)
    if refused:
        return tuple(refused)
    rows = [MoveRow(derived_id(event_id, "move", str(number)), *move) for number, move in enumerate(moves)]
    budgets.record_moves(tx, program_id, rows, at, event_id)
    notify(tx, LIVE, program_id)
    return ()


def _fault_of(move: Move, nodes: dict[str, NodeRow]) -> MoveRefused | None:
    if move.amount <= 0:
        return MoveRefused(move, "amount")
    giver, taker = nodes.get(move.from_account), nodes.get(move.to_account)
    ends = {move.from_account: giver, move.to_account: taker}
    if any(node is None and name != FUNDING for name, node in ends.items()) or (giver is taker):
        return MoveRefused(move, "unknown")
    if any(node is not None and node.unit != move.unit for node in ends.values()):
        return MoveRefused(move, "unit")
    down = taker is not None and (taker.parent or FUNDING) == move.from_account
    up = giver is not None and (giver.parent or FUNDING) == move.to_account
    return None if down or up else MoveRefused(move, "apart")
