"""Looks whether a budget runs low, and says so once for each mark and period.

Two things are told: that so many percent are used, and on which day nothing is left at the pace of late. What
does not hold any more is settled by itself.
"""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.engine.budgets.periods import LIVE
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.program.model import Program
from guerdon.queries.budgets import BudgetLine, load_tree, used_percent
from guerdon.store.alarms import AlarmRow, record_alarms, settle_others
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.programs import list_programs

USED, RUNS_OUT = "budget_used", "budget_runs_out"
RUNS_OUT_DAYS = 14
WARN_PERCENT = (70, 90, 100)
log = logging.getLogger(__name__)


def watch_budgets(db: Connection, library: Library, now: datetime) -> int:
    """Look at every program's budgets; how many alarms are new. It reads four weeks of transfers, once."""
    raised = 0
    for program_id, key in list_programs(db):
        with transaction(db, program_id) as tx:
            try:
                program = library.playbook(tx, program_id, now).program
            except NoLiveVersion as fault:
                log.warning("budgets of %s are not watched: %s", key, fault)
                continue
            raised += watch_program(tx, program_id, program, now)
    return raised


def watch_program(tx: Transaction, program_id: int, program: Program, now: datetime) -> int:
    """Look at the budgets of one program; how many alarms are new."""
    today = now.astimezone(ZoneInfo(program.time_zone)).date()
    lines = load_tree(tx, program, today, committed=False)
    standing = [alarm for line in lines for alarm in (*_used(program, line), *_runs_out(line))]
    raised = record_alarms(tx, program_id, standing, now)
    if raised + settle_others(tx, program_id, (USED, RUNS_OUT), standing, now):
        notify(tx, LIVE, program_id)
    return raised


def _used(program: Program, line: BudgetLine) -> list[AlarmRow]:
    budget = program.budgets.get(line.budget)
    marks = budget.warn_percent if budget else WARN_PERCENT
    used = used_percent(line)
    runs_out = line.runs_out_on
    detail = {
        "unit": line.unit,
        "left": line.left,
        "of": line.total,
        "runs_out_on": runs_out.isoformat() if runs_out else None,
    }
    return [
        AlarmRow(USED, line.account, f"{line.period}:{mark}", {"percent": mark, **detail})
        for mark in marks
        if line.total > 0 and used >= mark
    ]


def _runs_out(line: BudgetLine) -> list[AlarmRow]:
    day = line.runs_out_on
    if day is None or line.left <= 0 or day - line.today > timedelta(days=RUNS_OUT_DAYS):
        return []
    detail = {"unit": line.unit, "left": line.left, "runs_out_on": day.isoformat()}
    return [AlarmRow(RUNS_OUT, line.account, f"{line.period}", detail)]
