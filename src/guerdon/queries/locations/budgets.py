"""What each location may still give: the budgets that stand there, and how long those that run low last.

Four weeks of transfers are read for few of them alone: for those that the watch of budgets found running out,
which looks each minute (`engine/budgets/watch.py`), and for the location whose page is open.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from guerdon.program.model import Program
from guerdon.queries.alarms import list_alarms
from guerdon.queries.budgets import BudgetLine, Pace
from guerdon.queries.budgets.tree import load_nodes, load_paces
from guerdon.store.database import Transaction

USED, RUNS_OUT = "budget_used", "budget_runs_out"
ALL_OF_IT = 100
ALARMS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class PlaceBudget:
    """A budget of one location; `empty_since` is when the watch saw that nothing was left."""

    line: BudgetLine
    empty_since: datetime | None = None


def load_place_budgets(
    tx: Transaction, program: Program, today: date, exactly: str | None = None
) -> Mapping[str, Sequence[PlaceBudget]]:
    """The budgets that pay at each location, by its key.

    The pace is known where one runs out within two weeks, and of the location `exactly`.
    """
    nodes = load_nodes(tx, program, today)
    feeding = {line.parent for line in nodes.values()}
    paying = {name: line for name, line in nodes.items() if line.location and name not in feeding}
    alarms = list_alarms(tx, ALARMS_MAX, kinds=(USED, RUNS_OUT), only_open=True) if paying else []
    running = {alarm.subject for alarm in alarms if alarm.kind == RUNS_OUT}
    near = [name for name, line in paying.items() if name in running or line.location == exactly]
    paces = load_paces(tx, program, list(nodes), today, near) if near else {}
    emptied = {
        alarm.subject: alarm.raised_at
        for alarm in alarms
        if alarm.kind == USED and alarm.detail.get("percent") == ALL_OF_IT
    }
    found: dict[str, list[PlaceBudget]] = defaultdict(list)
    for name in sorted(paying):
        line = replace(paying[name], pace=paces.get(name, Pace(0, 0)))
        assert line.location is not None
        found[line.location].append(PlaceBudget(line, emptied.get(name)))
    return found
