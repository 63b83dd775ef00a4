"""Setting value aside for one purpose, and how that ends: taken (whole or in part), freed, or run out.

What is not taken is freed in the same commit, and whatever is freed pays the member's debt first. While
nobody knows how it ended with a supplier, a hold stays: see `doubt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish, refusal
from guerdon.ledger.effects import Effect, Hold, Refuse
from guerdon.ledger.lots import draw_earliest, set_aside
from guerdon.program.model import Program
from guerdon.rules.wallet import decide_freeing, decide_spend, drawn_for, objection_to_spending
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.wallet.deeds import Held
from guerdon.store.wallet.holds import HoldRow, NewHold, load_holds, record_hold, settle_holds, settle_outcome
from guerdon.store.wallet.purses import load_purse, lock_member
from guerdon.values.ids import show

# What is held for an order ends with the order, and by nothing else.
ORDER = "order:"


@dataclass(frozen=True, slots=True)
class Reserve:
    """An amount to be set aside for a purpose, under the caller's reference, until taken or run out."""

    program_id: int
    member_id: int
    key: str
    unit: str
    amount: int
    purpose: str
    expires_at: datetime | None = None
    by: str = "worker"


@dataclass(frozen=True, slots=True)
class OfHold:
    """A hold of a member's: its id is that of the event that opened it."""

    program_id: int
    member_id: int
    hold_id: int
    by: str = "worker"


def hold(tx: Transaction, program: Program, asked: Reserve, now: datetime) -> Done | Refuse:
    """Set an amount of the balance aside, once. The event's id is the hold's."""
    until = asked.expires_at.isoformat() if asked.expires_at else None
    contents = {"unit": asked.unit, "amount": asked.amount, "purpose": asked.purpose, "until": until}
    wish = Wish(asked.program_id, asked.member_id, "value.held", asked.key, contents, asked.by)
    begun = begin(tx, wish, now)
    if not isinstance(begun, Begun):
        return begun
    lots = load_purse(tx, asked.program_id, asked.member_id, asked.unit).lots
    reason = objection_to_spending(program, asked.unit, asked.amount, lots, now)
    if reason is None and asked.expires_at is not None and asked.expires_at <= now:
        reason = "hold:ended"
    if reason is None and asked.purpose.startswith(ORDER):
        reason = "hold:order"
    if reason is not None:
        return refusal(reason, asked.unit, max(asked.amount, 0))
    parts = {lot.reward_id: part for lot, part in drawn_for(lots, asked.amount, now)}
    opened = NewHold(begun.event_id, asked.unit, asked.amount, asked.purpose, asked.expires_at, parts)
    told = Hold(opened.id, "", asked.purpose, asked.unit, asked.amount, "", reserved=True)
    done = finish(begun, "held", [told], Held(asked.unit, asked.amount, parts))
    if isinstance(done, Done):
        record_hold(tx, asked.program_id, asked.member_id, opened, now)
    return done


def capture(tx: Transaction, asked: OfHold, amount: int | None, now: datetime) -> Done | Refuse:
    """Take what was set aside, all of it or so much; the rest is free again by the same commit."""
    begun = begin(tx, _wish(asked, "value.captured", {"hold": asked.hold_id, "amount": amount}), now)
    if not isinstance(begun, Begun):
        return begun
    found = _open_hold(tx, asked)
    if isinstance(found, Refuse):
        return found
    taken = found.amount if amount is None else amount
    if not 0 < taken <= found.amount:
        return refusal("hold:amount", found.unit, max(taken, 0))
    purse = load_purse(tx, asked.program_id, asked.member_id, found.unit)
    drawn = draw_earliest(set_aside(purse.lots, found.lots), taken)
    effects: list[Effect] = decide_spend(begun.event_id, found.unit, drawn)
    kept = {lot.reward_id: part for lot, part in drawn}
    rest = {reward: amount - kept.get(reward, 0) for reward, amount in found.lots.items()}
    effects += decide_freeing(begun.event_id, found.unit, set_aside(purse.lots, rest), purse.debts)
    closed = settle_holds(tx, asked.program_id, [(asked.member_id, found.id, taken)], "captured", now)
    assert closed == 1, "a hold was closed that was locked as open"
    return finish(begun, "captured", effects, freed(found))


def release(tx: Transaction, asked: OfHold, now: datetime) -> Done | Refuse:
    """Free what was set aside: nothing came of it, and everybody knows."""
    begun = begin(tx, _wish(asked, "value.released", {"hold": asked.hold_id}), now)
    if not isinstance(begun, Begun):
        return begun
    found = _open_hold(tx, asked)
    if isinstance(found, Refuse):
        return found
    if not found.outcome_known:
        return refusal("hold:pending", found.unit, found.amount)
    purse = load_purse(tx, asked.program_id, asked.member_id, found.unit)
    effects = decide_freeing(begun.event_id, found.unit, set_aside(purse.lots, found.lots), purse.debts)
    closed = settle_holds(tx, asked.program_id, [(asked.member_id, found.id, 0)], "released", now)
    assert closed == 1, "a hold was closed that was locked as open"
    return finish(begun, "released", effects, freed(found))


def doubt(tx: Transaction, asked: OfHold, now: datetime) -> bool:
    """From now on nobody knows how it ends: a supplier was asked. False when the hold is not open."""
    return _note(tx, asked, now, known=False)


def learn(tx: Transaction, asked: OfHold, now: datetime) -> bool:
    """It is known again how it ended; capture or release follows. False when the hold is not open."""
    return _note(tx, asked, now, known=True)


def freed(found: HoldRow) -> Held:
    """What a hold that ends sets aside no more."""
    return Held(found.unit, -found.amount, {reward: -amount for reward, amount in found.lots.items()})


def _note(tx: Transaction, asked: OfHold, now: datetime, *, known: bool) -> bool:
    lock_member(tx, asked.program_id, asked.member_id)
    noted = settle_outcome(tx, asked.program_id, asked.member_id, asked.hold_id, known=known)
    if noted:
        action = "hold.outcome_known" if known else "hold.outcome_unknown"
        record_audit(tx, asked.program_id, asked.by, action, show("hld", asked.hold_id), now)
    return noted


def _wish(asked: OfHold, kind: str, contents: Mapping[str, object]) -> Wish:
    # A hold ends once, so its own number is the key.
    return Wish(asked.program_id, asked.member_id, kind, str(asked.hold_id), contents, asked.by)


def _open_hold(tx: Transaction, asked: OfHold) -> HoldRow | Refuse:
    found = load_holds(tx, asked.program_id, [(asked.member_id, asked.hold_id)]).get(asked.hold_id)
    if found is None:
        return refusal("hold:unknown")
    if found.purpose.startswith(ORDER):
        return refusal("hold:order", found.unit, found.amount)
    return found if found.state == "open" else refusal("hold:closed", found.unit, found.amount)
