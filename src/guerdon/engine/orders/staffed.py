"""What people do for an order: deliver what no machine delivers, and say what no question would settle.

Somebody takes an order first, so that no two of them deliver it; from then on it is under way as if a
supplier had been asked. Where one may have placed it and cannot be asked, a person says whether it did.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from guerdon.engine.orders.delivering import Order, give_back, hand_over
from guerdon.engine.orders.settling import SAID_PURPOSE, said_context
from guerdon.engine.orders.watching import STUCK_AFTER
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import MANUAL
from guerdon.store.database import Transaction
from guerdon.store.orders.attempts import (
    Asking,
    Outcome,
    close_attempts,
    record_asking,
    settle_attempt,
)
from guerdon.store.orders.fulfillments import wake
from guerdon.store.orders.handed import Piece
from guerdon.store.orders.paid import learn_outcomes
from guerdon.store.orders.taken import Hands, load_hands, settle_hands, settle_sooner
from guerdon.store.orders.turns import Next, lock_order, settle_turn
from guerdon.store.orders.withheld import load_withheld
from guerdon.store.sealing import Unreadable, Vault
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

KEEPS = timedelta(hours=8)
TAKEN, PUT_BACK, DELIVERED = "order.taken", "order.put_back", "order.delivered"
REFUSED, AGAIN, HASTENED = "order.refused", "order.again", "order.hastened"
# Why nothing was done: no such order; somebody else has it; it is settled; a machine looks after it; it was
# not taken first; the code went to somebody before; there is nothing to hand over; what pays for it is taken
# back.
Why = Literal["missing", "taken", "settled", "machine", "untaken", "code_twice", "nothing", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Word:
    """An order, and who of the staff says what of it, and why."""

    program_id: int
    member_id: int
    order_id: int
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    order: Order
    hands: Hands


def take(tx: Transaction, word: Word, now: datetime) -> Why | None:
    """Take an order that staff deliver, for some hours; who has it already has it for as long again."""
    found = _found(tx, word)
    if isinstance(found, str):
        return found
    hands, standing = found.hands, found.order.standing
    if hands.supplier != MANUAL or standing.state not in ("reserved", "ordered"):
        return "machine"
    if standing.state == "ordered" and _is_others(hands, word, now):
        return "taken"
    if standing.state == "reserved":
        if load_withheld(tx, word.program_id, found.order.key):
            # It is about to be canceled: nobody shall go and buy it.
            return "withdrawn"
        number = hands.attempt + 1
        key = f"{show('ord', word.order_id)}-{number}"
        asking = Asking(*found.order.key, number, MANUAL, MANUAL, standing.item, key, places=True)
        record_asking(tx, word.program_id, [asking], now)
    settle_hands(tx, word.program_id, found.order.key, (word.by, now + KEEPS))
    _audit(tx, word, TAKEN, now)
    return None


def put_back(tx: Transaction, word: Word, now: datetime) -> Why | None:
    """Give an order that one took back to the queue; of one that a person decides: it was not placed."""
    found = _mine(tx, word, now)
    if isinstance(found, str):
        return found
    _nothing_came(tx, word, found, now)
    manual = found.hands.supplier == MANUAL
    to = Next("reserved", None, "manual") if manual else Next("reserved", now)
    settle_turn(tx, word.program_id, found.order.key, to)
    wake(tx, word.program_id)
    _audit(tx, word, PUT_BACK if manual else AGAIN, now)
    return None


def deliver(
    tx: Transaction, vault: Vault, program: Program, word: Word, pieces: Sequence[Piece], now: datetime
) -> Why | None:
    """Hand over what was typed; without anything, what the supplier handed over and nobody believed."""
    found = _mine(tx, word, now)
    if isinstance(found, str):
        return found
    hands = found.hands
    given = tuple(pieces) or _said(vault, word, hands)
    if not given:
        return "nothing"
    if not hand_over(tx, vault, program, found.order, given, now):
        return "code_twice"
    place = (*found.order.key, hands.attempt)
    settle_attempt(tx, word.program_id, place, Outcome("done", False, 0, None, None, "staff"), now)
    settle_hands(tx, word.program_id, found.order.key, None)
    _audit(tx, word, DELIVERED, now)
    return None


def refuse(tx: Transaction, word: Word, now: datetime) -> Why | None:
    """Nothing comes of an order: what it cost is the member's again."""
    found = _mine(tx, word, now)
    if isinstance(found, str):
        return found
    _nothing_came(tx, word, found, now)
    give_back(tx, found.order, "failed", "staff", now)
    _audit(tx, word, REFUSED, now)
    return None


def hasten(tx: Transaction, word: Word, now: datetime) -> Why | None:
    """Have whoever was asked for an order asked now what became of it."""
    found = _found(tx, word)
    if isinstance(found, str):
        return found
    if not settle_sooner(tx, word.program_id, found.order.key, now):
        return "machine"
    wake(tx, word.program_id)
    _audit(tx, word, HASTENED, now)
    return None


def waits_for_a_person(state: str, supplier: str, next_at: datetime | None) -> bool:
    """Whether no machine goes on with an order: staff deliver it, or say what became of it."""
    return next_at is None and (
        state == "unknown" or (supplier == MANUAL and state in ("reserved", "ordered"))
    )


def is_overdue(state: str, supplier: str, asked_at: datetime | None, now: datetime) -> bool:
    """Whether whoever was asked for an order has not settled it for so long that a person may."""
    late = asked_at is not None and asked_at < now - STUCK_AFTER
    return late and supplier != MANUAL and state in ("ordered", "unknown")


def _found(tx: Transaction, word: Word) -> _Found | Why:
    member = lock_member(tx, word.program_id, word.member_id)
    standing = lock_order(tx, word.program_id, word.member_id, word.order_id) if member else None
    if member is None or standing is None:
        return "missing"
    if standing.state not in ("reserved", "ordered", "unknown"):
        return "settled"
    hands = load_hands(tx, word.program_id, word.member_id, word.order_id)
    assert hands is not None, "an order is gone that is locked"
    return _Found(Order(word.program_id, member, word.order_id, standing, word.by), hands)


def _mine(tx: Transaction, word: Word, now: datetime) -> _Found | Why:
    """An order about which this person may say something: one they took, or one that no machine settles."""
    found = _found(tx, word)
    if isinstance(found, str):
        return found
    hands, state = found.hands, found.order.standing.state
    if not waits_for_a_person(state, hands.supplier, hands.next_at):
        asking = hands.claimed_until is not None and hands.claimed_until > now
        if asking or not is_overdue(state, hands.supplier, hands.asked_at, now):
            return "machine"
        return _taken_over(tx, word, found, now)
    if state == "unknown":
        return found
    if _is_others(hands, word, now):
        return "taken"
    return found if state == "ordered" and hands.taken_by == word.by else "untaken"


def _taken_over(tx: Transaction, word: Word, found: _Found, now: datetime) -> _Found:
    """An order that no machine settled for too long: from now on none does."""
    settle_turn(tx, word.program_id, found.order.key, Next("unknown", None, "staff"))
    _audit(tx, word, TAKEN, now)
    standing = replace(found.order.standing, state="unknown", fence=None)
    return _Found(replace(found.order, standing=standing), replace(found.hands, next_at=None))


def _is_others(hands: Hands, word: Word, now: datetime) -> bool:
    return hands.taken_by not in (None, word.by) and hands.taken_until is not None and hands.taken_until > now


def _nothing_came(tx: Transaction, word: Word, found: _Found, now: datetime) -> None:
    close_attempts(tx, word.program_id, [found.order.key], "staff", now)
    learn_outcomes(tx, word.program_id, [found.order.key])
    settle_hands(tx, word.program_id, found.order.key, None)


def _said(vault: Vault, word: Word, hands: Hands) -> tuple[Piece, ...]:
    """What the supplier handed over with an answer that a person has to look at."""
    if hands.said is None:
        return ()
    try:
        said = msgspec.json.decode(
            vault.open(SAID_PURPOSE, said_context(word.program_id, hands.key), hands.said)
        )
    except (Unreadable, msgspec.DecodeError):
        return ()
    return tuple(Piece(*each) for each in said.get("pieces", ())) if isinstance(said, dict) else ()


def _audit(tx: Transaction, word: Word, action: str, now: datetime) -> None:
    record_audit(tx, word.program_id, word.by, action, show("ord", word.order_id), now, reason=word.reason)
