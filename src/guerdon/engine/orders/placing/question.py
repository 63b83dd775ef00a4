"""A question: one thing to be asked of one supplier about one order."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.orders.port import Ask, Supplier
from guerdon.engine.orders.resolving import Step
from guerdon.store.orders.attempts import Claimed


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be asked of one supplier, once it is written down."""

    program_id: int
    supplier: Supplier
    claimed: Claimed
    step: Step
    ask: Ask
    # Whether something may have gone out before this.
    doubted: bool
    # When it was taken, and by the desk's own tick.
    asked_at: datetime
    taken: float
