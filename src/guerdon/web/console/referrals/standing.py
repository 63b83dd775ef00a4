"""How referrals stand: figures of each scheme and pairs of one state, the same for a page and its stream."""

from datetime import datetime

from guerdon.program.model import Program
from guerdon.queries.overview import Cut
from guerdon.queries.referrals.standing import STATES, Funnel, list_funnels, list_pairs
from guerdon.store.database import Transaction
from guerdon.values.ids import show
from guerdon.web.console.seen import Seen

VIEW = "referrals"
# What is asked for to see pairs of every state.
ALL = "all"
PAGE_ROWS = 50


def read_state(said: str) -> str | None:
    """The state that is asked for; None: all of them."""
    return next((state for state in STATES if state == said), None)


def load_referrals(
    tx: Transaction, program: Program, cut: Cut, asked: tuple[str | None, int | None], now: datetime
) -> Seen:
    """Load what a page of it shows: pairs of a state, after one of them. With the held ones, doubted ones."""
    state, after = asked
    funnels = list_funnels(tx)
    rows = list_pairs(tx, state, PAGE_ROWS + 1, after, doubted=state == "held")
    facts: dict[str, object] = {
        "funnels": [
            (scheme.name, funnels.get(key) or Funnel(key, 0, 0, 0, 0, 0, 0, 0))
            for key, scheme in program.referrals.items()
        ],
        "pairs": rows[:PAGE_ROWS],
        "onward": show("ref", rows[PAGE_ROWS - 1].id) if len(rows) > PAGE_ROWS else None,
        "chosen": state or "",
    }
    return Seen(VIEW, program, cut, now, facts)
