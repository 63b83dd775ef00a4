"""Watching: whether what is under way will break its promise, told before it does.

Once for a rule, a supplier and a place; settled by itself when nothing there is late or about to be.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.engine.apply import LIVE
from guerdon.engine.deliveries.following import TURN_S, follow_deliveries
from guerdon.engine.deliveries.forecasting import ENOUGH, Known, at_most, breaks_at, expected_at, stands
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.queries.alarms import list_alarms
from guerdon.queries.deliveries.figures import load_handed
from guerdon.queries.deliveries.underway import (
    APPROVAL,
    Part,
    Underway,
    list_approval_waits,
    list_approvals_underway,
    list_orders_underway,
)
from guerdon.store.alarms import AlarmRow, record_alarms, settle_others
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.deliveries.marks import record_expected
from guerdon.store.programs import list_programs

LATE = "delivery_late"
# At the end of a mark: somebody was kept waiting for longer than was promised.
BROKEN = " broken"
WATCH_S = 30.0
ALARMS_MAX = 1_000
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Something under way, when it is expected, how that stands with its promise, and when that breaks."""

    underway: Underway
    expected_at: datetime
    stands: str
    breaks_at: datetime

    @property
    def subject(self) -> str:
        """What it is told under: one of these has one alarm."""
        each = self.underway
        return f"delivery:{each.rule}:{each.supplier}:{each.location}"


def keep_clock(db: Connection, library: Library, turns: Turns, documented: Mapping[str, int]) -> None:
    """Follow and watch until told to stop."""
    watched_at = 0.0
    for now in turns.every(db, TURN_S):
        follow_deliveries(db, library, now, turns)
        if not 0 <= now.timestamp() - watched_at < WATCH_S:
            watch_deliveries(db, library, now, documented)
            watched_at = now.timestamp()


def watch_deliveries(
    db: Connection, library: Library, now: datetime, documented: Mapping[str, int] | None = None
) -> int:
    """Look at what is under way in every program; how many alarms are new."""
    raised = 0
    for program_id, key in list_programs(db):
        with transaction(db, program_id) as tx:
            try:
                program = library.playbook(tx, program_id, now).program
            except NoLiveVersion as fault:
                log.warning("deliveries of %s are not watched: %s", key, fault)
                continue
            raised += watch_program(tx, (program_id, program), now, documented)
    return raised


def watch_program(
    tx: Transaction, whose: tuple[int, Program], now: datetime, documented: Mapping[str, int] | None = None
) -> int:
    """Look at what is under way in one program; how many alarms are new."""
    program_id, program = whose
    found = forecast_all(tx, program, Part(), now, documented)
    kept = [each for each in found if each.underway.supplier != APPROVAL]
    record_expected(
        tx, program_id, [(each.underway.member_id, each.underway.id, each.expected_at) for each in kept]
    )
    said = {alarm.subject: alarm.mark for alarm in list_alarms(tx, ALARMS_MAX, kinds=(LATE,), only_open=True)}
    standing = _alarms(program, found, said, now)
    raised = record_alarms(tx, program_id, standing, now)
    if raised + settle_others(tx, program_id, (LATE,), standing, now):
        notify(tx, LIVE, program_id)
    return raised


def forecast_all(
    tx: Transaction,
    program: Program,
    part: Part,
    now: datetime,
    documented: Mapping[str, int] | None = None,
    *,
    as_told: bool = False,
) -> list[Forecast]:
    """What is under way in a part of the program, whatever breaks its promise first first.

    Whoever sees a part only does not see who stands before theirs: `as_told` is as the worker found.
    """
    orders = list_orders_underway(tx, part)
    approvals = list_approvals_underway(tx, part)
    known = load_known(tx, program, now, documented)
    found = [_forecast(program, each, known, now, as_told=as_told) for each in (*orders, *approvals)]
    return sorted(found, key=lambda each: (each.breaks_at, each.underway.id))


def load_known(
    tx: Transaction, program: Program, now: datetime, documented: Mapping[str, int] | None = None
) -> Known:
    """What is known of suppliers and of people of late; `documented`: the pace of each kind of supplier."""
    today = now.astimezone(ZoneInfo(program.time_zone)).date()
    first = today - timedelta(days=today.weekday() + 7)
    handed = {
        supplier: timedelta(milliseconds=length)
        for supplier, waits in load_handed(tx, first, today).items()
        if waits.n >= ENOUGH and (length := waits.within(95)) is not None
    }
    return Known(_paces(program, documented or {}), handed, sorted(list_approval_waits(tx, now)))


def _paces(program: Program, documented: Mapping[str, int]) -> dict[str, int]:
    """Orders a minute of each account: as agreed, or else as its kind's papers say."""
    said = {
        key: each.agreed_per_minute or documented.get(each.kind) for key, each in program.suppliers.items()
    }
    return {key: per_minute for key, per_minute in said.items() if per_minute is not None}


def _forecast(program: Program, each: Underway, known: Known, now: datetime, *, as_told: bool) -> Forecast:
    promise = program.deliveries.of(each.rule)
    told = each.expected_at if as_told else None
    due = max(told, now) if told is not None else expected_at(each, known, now)
    return Forecast(each, due, stands(each, promise, due, now), breaks_at(each, promise))


def _alarms(
    program: Program, found: Iterable[Forecast], said: Mapping[str, str], now: datetime
) -> list[AlarmRow]:
    groups: dict[str, list[Forecast]] = {}
    for each in found:
        if each.stands != "kept":
            groups.setdefault(each.subject, []).append(each)
    return [
        AlarmRow(LATE, subject, _mark(said.get(subject), group, now), _detail(program, group))
        for subject, group in sorted(groups.items())
    ]


def _mark(said: str | None, group: Sequence[Forecast], now: datetime) -> str:
    """What was said of a group stands; that a promise is broken, not just about to be, is said anew."""
    broken = BROKEN if any(each.stands == "broken" for each in group) else ""
    if said is not None and (said.endswith(BROKEN) or not broken):
        return said
    return f"{now.isoformat()}{broken}"


def _detail(program: Program, group: Sequence[Forecast]) -> dict[str, object]:
    first = group[0]
    each = first.underway
    return {
        "rule": each.rule,
        "supplier": each.supplier,
        "market": each.market,
        "location": each.location,
        "n": len(group),
        "broken": sum(other.stands == "broken" for other in group),
        "expected_at": first.expected_at.isoformat(),
        "breaks_at": first.breaks_at.isoformat(),
        "at_most_s": int(at_most(each, program.deliveries.of(each.rule)).total_seconds()),
    }
