"""Settling: what an answer means for its order and for the account that gave it, each in a commit of its own.

An answer that says it is placed is believed whoever holds the order by now; any other only of whoever does.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from guerdon.engine.orders.delivering import Order, give_back, hand_over
from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.lanes import breaker
from guerdon.engine.orders.lanes.shut import tell_shut
from guerdon.engine.orders.placing.question import Question
from guerdon.engine.orders.port import (
    Absent,
    Later,
    Pending,
    Placed,
    Rejected,
    Shut,
    Told,
    Unknown,
)
from guerdon.engine.orders.resolving import believes_no, is_proof, pause, proved_at
from guerdon.program.model import Program
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.orders.attempts import (
    NOTHING_CAME,
    Attempt,
    Claimed,
    Outcome,
    has_open_attempt,
    is_open,
    note_late,
    settle_attempt,
)
from guerdon.store.orders.fulfillments import OPEN
from guerdon.store.orders.handed import Piece
from guerdon.store.orders.lanes import lock_lane, settle_lane
from guerdon.store.orders.notices import was_noted
from guerdon.store.orders.paid import doubt_outcomes, learn_outcomes
from guerdon.store.orders.reconciling.credits import Credit, await_credit
from guerdon.store.orders.taken import load_hands
from guerdon.store.orders.turns import Next, Standing, lock_order, release_claim, settle_turn
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

HELD_ALARM, FUNDS_ALARM = "order.held", "supplier.funds"
# Until somebody has paid in, asking again and again helps nobody.
FUNDS_REST = timedelta(minutes=5)
# Ours, and no answer.
FAULT = "fault"
SAID_PURPOSE = "supplier-answers"
SAID_MAX = 2000
# A no that may be a yes later is asked again after so long, where nobody else delivers.
AGAIN = timedelta(seconds=30)


def settle(db: Connection, desk: Desk, question: Question, told: Told | None, now: datetime) -> None:
    """Write down what an answer means: for the order first, then for its account."""
    with transaction(db, question.program_id) as tx:
        program = desk.library.playbook(tx, question.program_id, now).program
        _Settling(tx, desk, program, question, now).settle(told)
    if told is not None:
        with transaction(db, question.program_id) as tx:
            _settle_lane(tx, question, told, now)


def settle_hopeless(
    db: Connection, desk: Desk, program_id: int, hopeless: tuple[Claimed, str], now: datetime
) -> None:
    """Nobody is left who could deliver it: it cost its member nothing, unless it is another's by now."""
    claimed, reason = hopeless
    with transaction(db, program_id) as tx:
        member = lock_member(tx, program_id, claimed.member_id)
        assert member is not None, "an order's member is gone"
        standing = lock_order(tx, program_id, *claimed.key)
        if standing is None or standing.state not in OPEN or standing.fence != desk.fence:
            return
        if has_open_attempt(tx, program_id, claimed.key):
            return
        give_back(tx, Order(program_id, member, claimed.order_id, standing), "failed", reason, now)
        release_claim(tx, program_id, claimed.key)


def settle_faulty(db: Connection, desk: Desk, program_id: int, claimed: Claimed, now: datetime) -> None:
    """An order of ours cannot be settled, for a fault: no machine goes on with it, and a person looks."""
    with transaction(db, program_id) as tx:
        lock_member(tx, program_id, claimed.member_id)
        standing = lock_order(tx, program_id, *claimed.key)
        if standing is None or standing.state not in OPEN or standing.fence != desk.fence:
            return
        _leave_to_a_person(tx, program_id, claimed.key, standing, now)
        _tell_fault(tx, program_id, claimed.key, claimed.supplier, now)


def settle_unwithdrawn(db: Connection, program_id: int, key: tuple[int, int], now: datetime) -> None:
    """An order (member, order) that nobody was asked for cannot be canceled, for a fault: a person looks."""
    with transaction(db, program_id) as tx:
        lock_member(tx, program_id, key[0])
        standing = lock_order(tx, program_id, *key)
        if standing is None or standing.state != "reserved":
            return
        hands = load_hands(tx, program_id, *key)
        assert hands is not None, "an order is gone that is locked"
        _leave_to_a_person(tx, program_id, key, standing, now)
        _tell_fault(tx, program_id, key, hands.supplier, now)


def _leave_to_a_person(
    tx: Transaction, program_id: int, key: tuple[int, int], standing: Standing, now: datetime
) -> None:
    if standing.state == "reserved":
        # As if somebody had been asked: it is the person who says that nobody was.
        doubt_outcomes(tx, program_id, [key])
        action, ref = "hold.outcome_unknown", show("ord", key[1])
        record_audit(tx, program_id, "worker", action, ref, now, reason=FAULT)
        settle_turn(tx, program_id, key, Next("ordered", None, FAULT))
    settle_turn(tx, program_id, key, Next("unknown", None, FAULT))


def _tell_fault(tx: Transaction, program_id: int, key: tuple[int, int], supplier: str, now: datetime) -> None:
    detail = {"reason": FAULT, "supplier": supplier}
    alarm = AlarmRow(HELD_ALARM, show("ord", key[1]), FAULT, detail)
    record_alarms(tx, program_id, [alarm], now)


def _settle_lane(tx: Transaction, question: Question, told: Told, now: datetime) -> None:
    name = question.supplier.account.key
    lane = lock_lane(tx, question.program_id, name)
    match told:
        case Shut(says):
            lane = breaker.shut(lane, now, says[:SAID_MAX])
            tell_shut(tx, question.program_id, name, says[:SAID_MAX], now)
        case Unknown() if question.step != "place":
            # What cannot be learned of one order says nothing of the others.
            pass
        case Unknown(says):
            lane = breaker.failed(lane, now, says[:SAID_MAX])
        case Rejected(why="funds"):
            lane = breaker.resting(breaker.worked(lane), now + FUNDS_REST)
        case Later(why="turn"):
            # It was not asked: that says nothing of it.
            pass
        case Later(after_s, why) if why != "limit":
            lane = breaker.failed(lane, now, why)
        case Later(after_s):
            lane = breaker.resting(lane, now + timedelta(seconds=after_s))
        case _:
            lane = breaker.worked(lane)
    if isinstance(told, Rejected) and told.why == "funds":
        alarm = AlarmRow(FUNDS_ALARM, name, now.date().isoformat(), {"says": told.says[:SAID_MAX]})
        record_alarms(tx, question.program_id, [alarm], now)
    settle_lane(tx, question.program_id, lane)


def said_context(program_id: int, key: str) -> str:
    """What an answer is sealed for: the attempt that it came to."""
    return f"{program_id}|supplier_attempts.said|{key}|1"


class _Settling:
    """One answer, under its member's lock."""

    def __init__(
        self, tx: Transaction, desk: Desk, program: Program, question: Question, now: datetime
    ) -> None:
        self.tx, self.desk, self.program, self.question, self.now = tx, desk, program, question, now
        self.claimed, self.ask = question.claimed, question.ask
        self.program_id = question.program_id
        self.place = (*self.claimed.key, self.ask.attempt)
        tried = self.claimed.open
        same = tried is not None and tried.number == self.ask.attempt
        # As it stands since we wrote it down.
        asked_at = question.asked_at
        if tried is not None and same:
            # Asked again, it may have been placed just now: that it was not found before proves nothing.
            again = replace(tried, asked_at=asked_at, absences=0, asks=tried.asks + 1)
            self.tried = again if question.step == "place" else tried
        else:
            named = (self.ask.attempt, question.supplier.account.key, self.ask.sku, self.ask.key)
            self.tried = Attempt(*named, "sent", True, 1, 0, None, self.ask.first_asked_at, asked_at)

    def settle(self, told: Told | None) -> None:
        """Settle it, unless it is settled, or somebody else's by now."""
        member = lock_member(self.tx, self.program_id, self.claimed.member_id)
        assert member is not None, "an order's member is gone"
        standing = lock_order(self.tx, self.program_id, *self.claimed.key)
        if standing is None:
            return
        if standing.state not in ("ordered", "unknown"):
            if isinstance(told, Placed):
                self._late(told)
            return
        if isinstance(told, Placed):
            named = (self.program_id, member, self.claimed.order_id, standing)
            self._placed(Order(*named, good_until=told.expires_at), told)
        elif standing.fence == self.desk.fence:
            self._otherwise(told, standing)

    def _placed(self, order: Order, told: Placed) -> None:
        standing = order.standing
        pieces = tuple(Piece(each.kind, each.text, each.format) for each in told.credentials)
        asked = (standing.currency, standing.face_minor)
        wrong = standing.currency is not None and (told.currency, told.face_minor) != asked
        if not is_open(self.tx, self.program_id, self.place):
            # It was proved that there was none, and there is one: somebody has to look at both.
            self._late(told)
        elif wrong:
            self._held_for_a_person(told, "wrong_amount")
        elif hand_over(self.tx, self.desk.vault, self.program, order, pieces, self.now):
            self._keep(Outcome("done", False, 0, told.their_id, self._seal(told), ""))
            release_claim(self.tx, self.program_id, order.key)
        else:
            self._held_for_a_person(told, "code_twice")

    def _late(self, told: Placed) -> None:
        """It is there after all, and nobody waits for it any more: they owe us what it cost."""
        state = note_late(self.tx, self.program_id, self.place, told.their_id)
        if state is None:
            # It is the one that its member has.
            return
        self._alarm("placed_late", told.their_id)
        if state in NOTHING_CAME:
            account, owed = self.question.supplier.account.key, (told.cost_minor, told.cost_currency)
            credit = Credit(account, told.their_id, self.claimed.order_id, *owed, reason="order.placed_late")
            await_credit(self.tx, self.program_id, credit, "worker", self.now)

    def _held_for_a_person(self, told: Placed, reason: str) -> None:
        self._keep(Outcome("unknown", True, 0, told.their_id, self._seal(told), reason))
        self._go(Next("unknown", None, reason))
        self._alarm(reason)

    def _alarm(self, reason: str, their_id: str = "") -> None:
        detail = {"reason": reason, "supplier": self.question.supplier.account.key}
        if their_id:
            detail["their_id"] = their_id
        mark = f"{reason}:{their_id}" if their_id else reason
        alarm = AlarmRow(HELD_ALARM, self.ask.ref, mark, detail)
        record_alarms(self.tx, self.program_id, [alarm], self.now)

    def _otherwise(self, told: Told | None, standing: Standing) -> None:
        abilities, now = self.question.supplier.abilities, self.now
        waited = pause(self.tried.first_asked_at, now, waits=False)
        match told:
            case Pending(their_id, says):
                self._keep(Outcome("pending", True, 0, their_id, None, ""))
                since = pause(self.tried.first_asked_at, now, waits=True)
                self._go(Next("ordered", self._unless_called(their_id, now + since)))
            case Rejected(why, says, permanent) if self._believes_no():
                reason = why if permanent else f"{why}:again"
                self._keep(Outcome("refused", False, 0, told.their_id or None, self._said(says), reason))
                self._nothing_out(now if permanent else now + self._again(), why)
            case Absent() if self.question.step == "find" and is_proof(abilities, self.tried, now):
                absences = self.tried.absences + 1
                self._keep(Outcome("unknown", True, absences, None, None, "absent"))
                self._go(Next("unknown", now, "absent"))
            case Absent():
                self._keep(Outcome("unknown", True, 0, None, None, "not_found"))
                self._go(Next("unknown", max(proved_at(abilities, self.tried), now + waited), "not_found"))
            case Unknown(says, after_s):
                self._keep(Outcome("unknown", True, self.tried.absences, None, self._said(says), "unknown"))
                later = now + max(waited, timedelta(seconds=after_s))
                self._go(Next("unknown", self._unless_called("", later), "unknown"))
            case Rejected(says=says):
                # Asked for twice: the no may mean that once was enough, or the first may still be on its way.
                self._keep(Outcome("unknown", True, 0, None, self._said(says), "refused_again"))
                original = abilities.idempotency == "returns_original"
                lands_by = proved_at(abilities, self.tried) if original else now
                self._go(Next("unknown", max(lands_by, now + waited), "refused_again"))
            case _:
                self._not_asked(told, standing)

    def _believes_no(self) -> bool:
        abilities, before, asked = self.question.supplier.abilities, self.claimed.open, self.question
        proved = before is None or is_proof(abilities, before, asked.asked_at)
        return believes_no(abilities, asked.step, doubted=asked.doubted, proved=proved)

    def _not_asked(self, told: Told | None, standing: Standing) -> None:
        after_s = told.after_s if isinstance(told, Later) else 0.0
        why = told.why if isinstance(told, Later) else ("shut" if isinstance(told, Shut) else "turn")
        next_at = self.now + timedelta(seconds=after_s)
        if self.question.doubted:
            # It was asked before, and what came of that is as unknown as it was.
            self._go(Next(standing.state, next_at, why))
            return
        self._keep(Outcome("sent", False, 0, None, None, why))
        self._nothing_out(next_at, why)

    def _nothing_out(self, next_at: datetime, reason: str) -> None:
        learn_outcomes(self.tx, self.program_id, [self.claimed.key])
        action = "hold.outcome_known"
        record_audit(self.tx, self.program_id, "worker", action, self.ask.ref, self.now, reason=reason)
        self._go(Next("reserved", next_at, reason))

    def _again(self) -> timedelta:
        return AGAIN * self.claimed.attempts if self.claimed.attempts > 1 else timedelta()

    def _keep(self, outcome: Outcome) -> None:
        settle_attempt(self.tx, self.program_id, self.place, outcome, self.now)

    def _go(self, to: Next) -> None:
        settle_turn(self.tx, self.program_id, self.claimed.key, to)

    def _unless_called(self, their_id: str, later: datetime) -> datetime:
        # A callback that came while we asked is not forgotten by when we meant to look again.
        name = self.question.supplier.account.key
        their = their_id or self.tried.their_id or ""
        named = (name, their, self.ask.ref)
        called = was_noted(self.tx, self.program_id, named, self.question.asked_at)
        return self.now if called else later

    def _said(self, says: str) -> bytes:
        return self.desk.vault.seal(SAID_PURPOSE, self._context(), says[:SAID_MAX].encode())

    def _seal(self, told: Placed) -> bytes:
        said = msgspec.json.encode(
            {
                "pieces": [[each.kind, each.text, each.format] for each in told.credentials],
                "currency": told.currency,
                "face_minor": told.face_minor,
                "cost_minor": told.cost_minor,
                "cost_currency": told.cost_currency,
                "expires_at": told.expires_at,
            }
        )
        return self.desk.vault.seal(SAID_PURPOSE, self._context(), said)

    def _context(self) -> str:
        return said_context(self.program_id, self.ask.key)
