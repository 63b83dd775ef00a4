"""Spending from the balance, and taking a spend back: points and credits, the lots that end first.

A spend that did not come about gives every lot back what it gave, with some days of grace where the lot has
ended meanwhile: nobody loses value to a supplier's failure. What else is left of that lot has ended
all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish, refusal
from guerdon.ledger.effects import Effect, Extend, Refuse, Void
from guerdon.ledger.expiry import restored_until
from guerdon.ledger.lots import Debt, Lot
from guerdon.program.model import Program
from guerdon.rules.choice.prices import is_whole
from guerdon.rules.facts import Withheld
from guerdon.rules.wallet import (
    decide_freeing,
    decide_lapsing,
    decide_restoring,
    decide_spend,
    drawn_for,
    objection_to_spending,
)
from guerdon.rules.withheld import owe_no_more, take_from_freed
from guerdon.store.catalog.items import POOL
from guerdon.store.codes import void_codes
from guerdon.store.database import Transaction
from guerdon.store.orders.figures import Counting, settle_canceled
from guerdon.store.orders.withheld import load_unpaid, settle_unpaid
from guerdon.store.wallet.purses import load_purse, load_purses
from guerdon.store.wallet.spent import find_spent, settle_ends

# How long what is given back can be spent at least.
GRACE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Spend:
    """An amount to be spent by a member, under the caller's reference: for what, and who asks."""

    program_id: int
    member_id: int
    key: str
    unit: str
    amount: int
    purpose: str = ""
    by: str = "worker"


def spend(tx: Transaction, program: Program, asked: Spend, now: datetime) -> Done | Refuse:
    """Spend from the balance, once; the effects say which lots paid."""
    wish = Wish(
        asked.program_id,
        asked.member_id,
        "value.spent",
        asked.key,
        {"unit": asked.unit, "amount": asked.amount, "purpose": asked.purpose},
        asked.by,
    )
    begun = begin(tx, wish, now)
    if not isinstance(begun, Begun):
        return begun
    lots = load_purse(tx, asked.program_id, asked.member_id, asked.unit).lots
    reason = objection_to_spending(program, asked.unit, asked.amount, lots, now)
    if reason is not None:
        return refusal(reason, asked.unit, max(asked.amount, 0))
    drawn = drawn_for(lots, asked.amount, now)
    return finish(begun, "spent", decide_spend(begun.event_id, asked.unit, drawn))


@dataclass(frozen=True, slots=True)
class Restore:
    """A member's spend to be taken back: the event that spent.

    `taken_back`: whoever delivered it has it back; without that, only what is out of our own pools is given
    back, for we can make no other code worth nothing.
    """

    program_id: int
    member_id: int
    event_id: int
    by: str = "worker"
    taken_back: bool = False


def restore(tx: Transaction, program: Program, asked: Restore, now: datetime) -> Done | Refuse:
    """Take a spend back, whole and once: one from the balance, a captured hold, or an order with its code."""
    program_id, member_id, event_id = asked.program_id, asked.member_id, asked.event_id
    wish = Wish(program_id, member_id, "value.restored", str(event_id), {"event": event_id}, asked.by)
    begun = begin(tx, wish, now)
    if not isinstance(begun, Begun):
        return begun
    spent = find_spent(tx, program_id, member_id, event_id)
    if spent is None:
        return refusal("spend:unknown")
    effects: list[Effect] = []
    if spent.order is not None:
        if spent.supplier != POOL and not asked.taken_back:
            return refusal("order:delivered")
        # A code that was used at the till, or that nobody has any more, cannot be given back.
        voided = void_codes(tx, program_id, [spent.order]) == [spent.order]
        if not voided and (spent.supplier == POOL or spent.coded):
            return refusal("code:used")
        effects.append(Void(spent.order))
    unpaid = load_unpaid(tx, program_id, (member_id, spent.order)) if spent.order is not None else []
    purses = load_purses(tx, program_id, [(member_id, unit) for unit in spent.drawn])
    for unit, drawn in spent.drawn.items():
        given = _Given(begun.event_id, unit, drawn, purses[member_id, unit].debts)
        gave = {lot.reward_id for lot, _ in drawn}
        effects += _given_back(given, [each for each in unpaid if each.reward_id in gave])
    lots = [lot for drawn in spent.drawn.values() for lot, _ in drawn]
    ends = {lot: restored_until(lot.expires_at, now, GRACE) for lot in lots}
    longer = {lot.reward_id for lot in lots}
    for unit, drawn in spent.drawn.items():
        effects += decide_lapsing(begun.event_id, unit, dict.fromkeys(lot for lot, _ in drawn), longer, now)
    settle_ends(tx, program_id, member_id, {lot.reward_id: end for lot, end in ends.items()})
    effects += [
        Extend(lot.reward_id, end, lot.expires_at)
        for lot, end in ends.items()
        if end is not None and lot.expires_at is not None and end > lot.expires_at
    ]
    done = finish(begun, "restored", effects, active=False)
    if spent.order is not None:
        if unpaid:
            settle_unpaid(tx, program_id, (member_id, spent.order), now)
        # Figures come after pools, for everybody.
        counting = counting_of(program)
        canceled = settle_canceled(tx, program_id, [(member_id, spent.order)], counting, now)
        assert canceled, "an order was canceled without its value having been given back"
    return done


@dataclass(frozen=True, slots=True)
class _Given:
    """What an event gives back of one unit: to which lots how much, and to whom their member owes of it."""

    event_id: int
    unit: str
    drawn: Sequence[tuple[Lot, int]]
    debts: Sequence[Debt]


def _given_back(given: _Given, unpaid: Sequence[Withheld]) -> list[Effect]:
    """Give back what was spent, less what was to be taken back and nobody paid; then debts are paid."""
    event_id, unit, drawn = given.event_id, given.unit, given.drawn
    if not unpaid:
        return decide_restoring(event_id, unit, drawn, given.debts)
    effects = decide_restoring(event_id, unit, drawn, ())
    parts = [replace(lot, remaining=part, held=0) for lot, part in drawn]
    taken, left = take_from_freed(event_id, unit, parts, unpaid)
    effects += [*taken, *owe_no_more(event_id, unit, parts, unpaid)]
    return [*effects, *decide_freeing(event_id, unit, left, given.debts)]


def counting_of(program: Program) -> Counting:
    """How a program's redemptions are counted."""
    return Counting(program.time_zone, [key for key in program.units if is_whole(program, key)])
