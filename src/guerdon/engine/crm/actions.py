"""Telling a CRM's workflows what became of the events that their steps were: earned, refused and why, held.

A step waits until its event is decided or set apart. It may be told twice, and never that something came of
what is not decided yet.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from guerdon.engine.crm.port import Closed, No, NotNow, Opened, Told
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.turns import Turns
from guerdon.ledger.effects import Effect, Hold, Issue, Refuse, decode_decision
from guerdon.program.model import Program
from guerdon.store.crm.actions import (
    Fate,
    claim_actions,
    forget_actions,
    postpone_action,
    settle_action,
)
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import list_programs

TURN_S = 0.5
LEASE = timedelta(seconds=90)
# What is begun after so long may not be ours any more when it is answered.
LEASE_USED = timedelta(seconds=55)
AT_ONCE = 50
# So long a workflow waits for us; then it goes on by itself.
AT_MOST = timedelta(days=7)
UNDECIDED_MIN, UNDECIDED_MAX = timedelta(seconds=1), timedelta(minutes=5)
TRIED_MIN, TRIED_MAX = timedelta(seconds=5), timedelta(hours=1)
KEPT_FOR = timedelta(days=30)
FORGET_S = 3600.0
STATE = "hs_execution_state"


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling needs."""

    library: Library
    open: Opened
    clock: Callable[[], datetime]

    def turn(self, db: Connection) -> bool:
        """Tell what is due; whether there may be more at once."""
        return AT_ONCE in [self.tell(db, program_id) for program_id, _ in list_programs(db)]

    def tell(self, db: Connection, program_id: int) -> int:
        """Tell what is due of one program; how many steps were looked at."""
        now, fence = self.clock(), uuid4()
        with transaction(db, program_id) as tx:
            taken = claim_actions(tx, program_id, fence, now, now + LEASE, AT_ONCE)
            if not taken:
                return 0
            try:
                program = self.library.playbook(tx, program_id, now).program
            except NoLiveVersion:
                return 0
        # Who did not answer once is not waited for again; what is left over comes back with its lease.
        silent: dict[str, Told[None]] = {}
        for fate in taken:
            if self.clock() - now > LEASE_USED:
                break
            outputs = outputs_of(program, fate)
            told = None
            if outputs is not None:
                told = silent.get(fate.connection) or self._complete(db, program_id, fate, outputs)
            if isinstance(told, NotNow | Closed):
                silent[fate.connection] = told
            self._settle(db, (program_id, fence), fate, told, outputs)
        return len(taken)

    def _complete(
        self, db: Connection, program_id: int, fate: Fate, outputs: Mapping[str, str]
    ) -> Told[None]:
        crm = self.open(db, program_id, fate.connection)
        if isinstance(crm, Closed | NotNow):
            return crm
        return crm.complete_callback(fate.callback_id, outputs)

    def _settle(
        self,
        db: Connection,
        by: tuple[int, UUID],
        fate: Fate,
        told: Told[None] | None,
        outputs: Mapping[str, str] | None,
    ) -> None:
        (program_id, fence), now = by, self.clock()
        age = now - fate.recorded_at
        with transaction(db, program_id) as tx:
            if isinstance(told, No):
                settle_action(tx, program_id, fate, fence, ("given_up", told.category or "refused", now))
            elif told is not None and not isinstance(told, NotNow | Closed):
                assert outputs is not None
                settle_action(tx, program_id, fate, fence, ("done", outputs[OUTCOME], now))
            elif age > AT_MOST:
                settle_action(tx, program_id, fate, fence, ("given_up", "too_late", now))
            elif told is None:
                # What is decided soon is told soon; what waits for its contact is looked at less often.
                pause = min(max(age / 4, UNDECIDED_MIN), UNDECIDED_MAX)
                postpone_action(tx, program_id, fate, fence, now + pause, None)
            else:
                why = told.why if isinstance(told, NotNow) else told.reason
                asked = timedelta(seconds=told.after_s if isinstance(told, NotNow) else 0)
                pause = max(min(TRIED_MIN * 2 ** min(fate.attempts, 12), TRIED_MAX), asked)
                postpone_action(tx, program_id, fate, fence, now + pause, why)


OUTCOME, RULE, AMOUNT, UNIT, REASON = (
    "guerdon_outcome",
    "guerdon_rule",
    "guerdon_amount",
    "guerdon_unit",
    "guerdon_reason",
)


def outputs_of(program: Program, fate: Fate) -> dict[str, str] | None:
    """What a step is told; None while its event is neither decided nor set apart."""
    if fate.decision is None:
        return None if fate.set_apart is None else _told("set_apart", reason=fate.set_apart)
    effects = decode_decision(fate.decision).effects
    for kind in (Issue, Hold, Refuse):
        # Of several rules, what was given counts for more than what was not.
        found = next((each for each in effects if isinstance(each, kind)), None)
        if found is not None:
            return _of(program, found)
    return _told("nothing")


def _of(program: Program, effect: Effect) -> dict[str, str]:
    match effect:
        case Issue(rule, _, unit, value):
            return _told("earned", rule, _shown(program, unit, value), unit)
        case Hold(_, rule, reason, unit, value):
            return _told("held", rule, _shown(program, unit, value), unit, reason)
        case Refuse(rule, reason):
            return _told("refused", rule, reason=reason)
    return _told("nothing")


def _told(outcome: str, rule: str = "", amount: str = "", unit: str = "", reason: str = "") -> dict[str, str]:
    state = "SUCCESS" if outcome in ("earned", "held") else "FAIL_CONTINUE"
    return {OUTCOME: outcome, RULE: rule, AMOUNT: amount, UNIT: unit, REASON: reason, STATE: state}


def _shown(program: Program, unit: str, minor: int) -> str:
    known = program.units.get(unit)
    digits = known.digits if known is not None else 0
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def keep_telling(db: Connection, teller: Teller, turns: Turns) -> None:
    """Tell until told to stop."""
    forgot_at = 0.0
    for now in turns.every(db, TURN_S):
        while teller.turn(db) and not turns.stop.is_set():
            pass
        if not 0 <= now.timestamp() - forgot_at < FORGET_S:
            for program_id, _ in list_programs(db):
                with transaction(db, program_id) as tx:
                    forget_actions(tx, program_id, now - KEPT_FOR)
            forgot_at = now.timestamp()
