"""Taking: what is due of a program is taken, lane by lane, and what is about to be asked is written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.engine.library import NoLiveVersion
from guerdon.engine.orders.desk import LEASE, Desk
from guerdon.engine.orders.lanes import breaker, paces
from guerdon.engine.orders.lanes.shut import tell_shut
from guerdon.engine.orders.placing.known import Known, LaneRound
from guerdon.engine.orders.placing.question import Question
from guerdon.engine.orders.port import Supplier
from guerdon.engine.orders.resolving import Step, next_step
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.orders.attempts import (
    Asking,
    Attempt,
    Claimed,
    claim_due,
    close_attempts,
    record_asking,
)
from guerdon.store.orders.lanes import list_due, list_lanes, lock_lane, settle_lane
from guerdon.store.orders.paid import learn_outcomes
from guerdon.store.orders.turns import Next, settle_turns

ASKED = "order.asked"


@dataclass(slots=True)
class Taken:
    """What came of looking: what to ask, and which orders nobody can deliver (with the reason).

    `moved`: how many go elsewhere, or wait for a person.
    """

    questions: list[Question] = field(default_factory=list)
    hopeless: list[tuple[Claimed, str]] = field(default_factory=list)
    moved: int = 0
    # When the first of the accounts that were looked at may be asked for more.
    more_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose orders are looked at, when, and how many questions there may be by then."""

    program: Program
    program_id: int
    supplier: str
    now: datetime
    at_most: int


def take_due(db: Connection, desk: Desk, program_id: int, now: datetime, at_most: int) -> Taken:
    """Take what is due of a program, lane by lane, and write down what is about to be asked."""
    taken = Taken()
    with transaction(db, program_id) as tx:
        due = list_due(tx, program_id, now)
        if not due:
            return taken
        try:
            program = desk.library.playbook(tx, program_id, now).program
        except NoLiveVersion:
            return taken
    for supplier in due:
        if len(taken.questions) >= at_most:
            break
        with transaction(db, program_id) as tx:
            _take_lane(tx, desk, _Whose(program, program_id, supplier, now, at_most), taken)
    return taken


def _take_lane(tx: Transaction, desk: Desk, whose: _Whose, taken: Taken) -> None:
    program, program_id, name, now = whose.program, whose.program_id, whose.supplier, whose.now
    account = desk.open_account(program, name) if name in program.suppliers else None
    row = lock_lane(tx, program_id, name)
    unwell = {key for key, lane in list_lanes(tx, program_id).items() if breaker.is_unwell(lane, now)}
    # Whoever cannot be asked at all is no way out for another's orders.
    unwell |= {key for key in program.suppliers if desk.open_account(program, key) is None}
    if account is None:
        unwell.add(name)
        tell_shut(
            tx,
            program_id,
            name,
            "it cannot be opened: its key is missing, or the program has it no more",
            now,
        )
    askable = account is not None and breaker.may_ask(row, now)
    lane = LaneRound(program, program_id, account, name, askable, frozenset(unwell), now, desk.tick())
    if not askable and name not in unwell:
        # It rests for a moment: its orders wait for it.
        return
    most = whose.at_most - len(taken.questions)
    if account is not None and askable:
        pace = paces.pace_of(account)
        row = paces.filled(row, pace, now)
        most = breaker.at_most(row, min(most, max(int(row.tokens), 0)))
        if not breaker.is_tried(row):
            taken.more_at = _sooner(taken.more_at, paces.next_at(paces.spent(row, most), pace))
    turn = (desk.fence, now, now + LEASE)
    claimed: list[Claimed] = []
    if most:
        # One that nobody was asked for tells best whether it is well again; else they take turns, by lot.
        fresh_first = breaker.is_tried(row) or desk.toss()
        lane_key = (program_id, name)
        claimed = claim_due(tx, lane_key, turn, most, only_reserved=not askable, fresh_first=fresh_first)
    if claimed:
        asked, told = _prepare(tx, desk, lane, claimed, taken)
        if told:
            # Holds are audited: from now on nobody knows how these end, or all know that in nothing.
            record_audit(tx, program_id, "worker", ASKED, name, now, after={"orders": asked})
        if asked:
            row = breaker.probing(paces.spent(row, asked), now)
    settle_lane(tx, program_id, row, asked_at=now if claimed else None)


def _sooner(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _prepare(
    tx: Transaction, desk: Desk, lane: LaneRound, claimed: Sequence[Claimed], taken: Taken
) -> tuple[int, bool]:
    """Write down what is asked; how many that are, and whether of any hold something else is known by it."""
    known = Known(tx, desk, lane, claimed)
    asking, turns, given_up = list[Asking](), list[tuple[tuple[int, int], Next]](), list[tuple[int, int]]()
    for each in claimed:
        step = _step(lane, each)
        if step == "person":
            turns.append((each.key, Next("unknown", None, "person")))
            continue
        if each.open is not None and step in ("place", "find", "fetch"):
            question, places = known.again(each, each.open, step), step == "place"
        else:
            if each.open is not None:
                given_up.append(each.key)
            goes = known.goes(each)
            if goes is None:
                taken.hopeless.append((each, known.why_nobody(each)))
                continue
            if isinstance(goes, Next):
                turns.append((each.key, goes))
                continue
            question, places = known.first(each, goes), True
        taken.questions.append(question)
        ask = question.ask
        whom = question.supplier.account.asked_of
        asking.append(Asking(*each.key, ask.attempt, lane.name, whom, ask.sku, ask.key, places))
    if given_up:
        close_attempts(tx, lane.program_id, given_up, "nothing", lane.now)
        learn_outcomes(tx, lane.program_id, given_up)
    if turns:
        settle_turns(tx, lane.program_id, turns)
        taken.moved += len(turns)
    if asking:
        record_asking(tx, lane.program_id, asking, lane.now)
    return len(asking), bool(asking or given_up)


def _step(lane: LaneRound, claimed: Claimed) -> Step:
    if claimed.open is None:
        return "nothing"
    if not lane.askable:
        # Nothing went out under its key: it may go elsewhere.
        return "nothing"
    assert lane.supplier is not None
    if claimed.open.asked_of != lane.supplier.account.asked_of:
        # The name stands for somebody else by now, who cannot say what became of it.
        return "person" if claimed.open.doubted else "nothing"
    step = next_step(lane.supplier.abilities, claimed.open, lane.now)
    return _withdrawing(lane.supplier, claimed.open, step) if claimed.withdrawn else step


def _withdrawing(supplier: Supplier, tried: Attempt, step: Step) -> Step:
    """The same for an order that nobody wants any more: it is not asked for where anything else tells."""
    if step != "place":
        return step
    if not tried.doubted or tried.absences > 0:
        return "nothing"
    return "find" if supplier.abilities.finds else "place"
