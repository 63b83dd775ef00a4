"""Periods of budgets: what is left goes back, and each node is given its amount again.

A period begins once, however late, often or concurrently the clock asks: the accounts are locked first, then
it is looked whether it began already. Several that were missed end in the present one.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from guerdon.engine.budgets.allotments import Turn, Wanted, due_nodes, plan_turn, wanted_nodes
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.ledger.chart import FUNDING
from guerdon.program.model import Program
from guerdon.rules.budgets import period_start
from guerdon.store import budgets
from guerdon.store.alarms import AlarmRow, record_alarms, settle_alarms
from guerdon.store.audit import record_audit
from guerdon.store.budgets import MoveRow, PeriodRow
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.programs import list_programs, load_live
from guerdon.values.ids import derived_id

LIVE = "guerdon_live"
WORKER = "worker"
SHORT = "budget_short"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turned:
    """Periods that began: what went back and what was given by node, and what parents lacked."""

    program_id: int
    returned_minor: dict[str, int]
    given_minor: dict[str, int]
    missing_minor: dict[str, int]


def turn_periods(db: Connection, library: Library, now: datetime) -> list[Turned]:
    """Begin the periods that are due, in every program; a transaction each."""
    done = []
    for program_id, key in list_programs(db):
        with transaction(db, program_id) as tx:
            try:
                playbook = library.playbook(tx, program_id, now)
            except NoLiveVersion as fault:
                log.warning("periods of %s do not begin: %s", key, fault)
                continue
            program = playbook.program
            if not _due(tx, program_id, program, now):
                continue
            live = load_live(tx, program_id, now)
            # A newer text that the library has not read yet: it is the one to begin by, in a moment.
            if live is None or live.version != playbook.version:
                continue
            turned = turn_budgets(tx, program_id, program, now)
            if turned is not None:
                done.append(turned)
    return done


def turn_budgets(tx: Transaction, program_id: int, program: Program, now: datetime) -> Turned | None:
    """Begin the periods of one program that are due; None when there are none."""
    known = budgets.load_nodes(tx, program_id)
    keys = {(row.name, row.unit) for row in known.values()}
    keys |= {(FUNDING, unit) for _, unit in keys}
    locked = budgets.lock_accounts(tx, program_id, keys)
    due = _due(tx, program_id, program, now)
    if not due:
        return None
    turn = plan_turn(due, {key: balance.free for key, balance in locked.items()})
    missing = turn.spread.missing
    today = _today(program, now)
    periods = {name: period_start(each.budget.period, today) for name, each in due.items()}
    budgets.record_moves(tx, program_id, _turn_rows(turn, periods), now)
    began = [PeriodRow(name, day, turn.returned[name], turn.given[name]) for name, day in periods.items()]
    budgets.record_periods(tx, program_id, began, now)
    settle_alarms(tx, program_id, list(due), now)
    _record_short(tx, program_id, missing, periods, now)
    record_audit(
        tx,
        program_id,
        WORKER,
        "budget.period_began",
        program.key,
        now,
        periods=sorted({f"{each.budget.key}:{periods[name]}" for name, each in due.items()}),
        returned_minor={name: amount for name, amount in turn.returned.items() if amount},
        given_minor={name: amount for name, amount in turn.given.items() if amount},
        missing_minor=missing,
    )
    notify(tx, LIVE, program_id)
    return Turned(program_id, turn.returned, turn.given, missing)


def _today(program: Program, now: datetime) -> date:
    return now.astimezone(ZoneInfo(program.time_zone)).date()


def _due(tx: Transaction, program_id: int, program: Program, now: datetime) -> dict[str, Wanted]:
    rows = budgets.load_nodes(tx, program_id)
    return due_nodes(wanted_nodes(program), rows, _today(program, now)) if rows else {}


def _turn_rows(turn: Turn, periods: dict[str, date]) -> list[MoveRow]:
    """Moves with ids that follow from node, period and direction: each is made once."""
    return [
        MoveRow(derived_id(0, said, node, periods[node].isoformat()), *move)
        for (said, node), move in zip(turn.causes, turn.spread.moves, strict=True)
    ]


def _record_short(
    tx: Transaction, program_id: int, short: dict[str, int], periods: dict[str, date], now: datetime
) -> None:
    record_alarms(
        tx,
        program_id,
        [
            AlarmRow(SHORT, name, periods[name].isoformat(), {"missing": missing})
            for name, missing in short.items()
        ],
        now,
    )
