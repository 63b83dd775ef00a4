"""The control run: at once when a program is new, then daily, and when somebody asks, all is derived again.

It reads one moment of the books while work goes on, writes down what it found only when it has read all, and
raises an alarm for each control that is breached.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from guerdon.queries.controls.attempts import Attempt, list_attempts
from guerdon.queries.controls.run import Report, run_controls
from guerdon.store.alarms import AlarmRow, record_alarms, settle_others
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, transaction
from guerdon.store.proof.control_runs import (
    Findings,
    Found,
    Stopped,
    alone_with_controls,
    find_due_runs,
    record_control_run,
    steady_reading,
)

ALARM, WORKER = "control", "worker"
# What was stopped is told of the day before the run.
LOOKS_BACK = timedelta(days=1)
WORDS_KEPT_MAX = 20


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run found, and how long it took."""

    report: Report
    attempts: tuple[Attempt, ...]
    took_ms: int


def read_controls(db: Connection, program_id: int, now: datetime) -> Ran:
    """Ask every control, and keep nothing of it."""
    began = perf_counter()
    with steady_reading(db, program_id) as tx:
        report = run_controls(tx, now)
        attempts = tuple(list_attempts(tx, now - LOOKS_BACK, now))
    return Ran(report, attempts, round((perf_counter() - began) * 1000))


def check_controls(db: Connection, program_id: int, now: datetime, by: str = WORKER) -> Ran:
    """Ask every control, keep what was found, and raise an alarm for each that is breached."""
    ran = read_controls(db, program_id, now)
    breached = ran.report.breached
    findings = Findings(
        {
            checked.key: Found(checked.total, [str(breach) for breach in checked.breaches[:WORDS_KEPT_MAX]])
            for checked in breached
        },
        [Stopped(each.kind, each.name, each.unit, each.n, each.value) for each in ran.attempts],
    )
    alarms = [AlarmRow(ALARM, checked.key, now.isoformat(), {"total": checked.total}) for checked in breached]
    controls = len(ran.report.controls)
    with transaction(db, program_id) as tx:
        record_control_run(tx, program_id, controls, findings, ran.took_ms, now)
        record_alarms(tx, program_id, alarms, now)
        # What is breached still is said again by this run's own alarm.
        settle_others(tx, program_id, [ALARM], alarms, now)
        record_audit(
            tx,
            program_id,
            by,
            "controls.ran",
            "controls",
            now,
            controls=controls,
            breached=[checked.key for checked in breached],
        )
    return ran


def run_due_controls(db: Connection, now: datetime) -> int:
    """Run what is due of all programs; how many ran. Two workers may ask at once: one of them runs each."""
    ran = 0
    for program_id in find_due_runs(db, now):
        with alone_with_controls(db, program_id) as alone:
            # Another may have been through with it since it was found due.
            if alone and program_id in find_due_runs(db, now):
                check_controls(db, program_id, now)
                ran += 1
    return ran
