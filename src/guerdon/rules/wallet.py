"""The wallet: what follows when a member's value is spent, set aside, freed, given back or ends.

Whatever becomes spendable pays the member's debt first, by one step that all of them call (`paid_back`), so
that nobody has something to spend beside a debt. Every effect names its lots, the one that ends first first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from guerdon.ledger.chart import PENDING, PURSE, spent_account
from guerdon.ledger.effects import Draw, Effect, Expire, Mature, Post
from guerdon.ledger.lots import Debt, Lot, draw_earliest, earliest_first, free_in
from guerdon.ledger.payback import Coming, pay_debts
from guerdon.program.model import Program
from guerdon.values.ids import derived_id

Reason = Literal[
    "unit:unknown",
    "unit:whole",
    "unit:status",
    "amount:nothing",
    "balance",
    "member:unknown",
    "key:reused",
    "key:malformed",
    "code:used",
    "order:delivered",
    "hold:unknown",
    "hold:closed",
    "hold:amount",
    "hold:pending",
    "hold:order",
    "hold:ended",
    "spend:unknown",
    "reward:unknown",
    "reward:used",
    "reward:ended",
    "reward:withdrawn",
    "reward:endless",
    "reward:own",
    "reward:changed",
    "end:sooner",
    "end:far",
]

# How many months from today a reward can be let last at most.
EXTENSION_MONTHS_MAX = 120


def objection_to_spending(
    program: Program, unit: str, amount: int, lots: Sequence[Lot], now: datetime
) -> Reason | None:
    """Why an amount cannot be spent or set aside from the balance, or None."""
    known = program.units.get(unit)
    checks: tuple[tuple[bool, Reason], ...] = (
        (known is None, "unit:unknown"),
        (known is not None and known.kind == "status", "unit:status"),
        # A reward of money is redeemed by choosing an item for it.
        (known is not None and known.kind == "money", "unit:whole"),
        (amount <= 0, "amount:nothing"),
        (amount > free_in(lots, now), "balance"),
    )
    return next((reason for holds, reason in checks if holds), None)


def objection_to_lasting(
    state: str, expires_at: datetime | None, until: datetime, now: datetime
) -> Reason | None:
    """Why a reward cannot be let last until a moment, or None: it is there, ends by itself, and later so."""
    checks: tuple[tuple[bool, Reason], ...] = (
        (state == "redeemed", "reward:used"),
        (state == "reversed", "reward:withdrawn"),
        # What ended is over, also while no timer has been there yet.
        (state == "expired" or (expires_at is not None and expires_at <= now), "reward:ended"),
        (expires_at is None, "reward:endless"),
        (expires_at is not None and until <= expires_at, "end:sooner"),
    )
    return next((reason for holds, reason in checks if holds), None)


def drawn_for(lots: Iterable[Lot], amount: int, now: datetime) -> list[tuple[Lot, int]]:
    """Which lots an amount is taken from: those that end first, but none that has ended."""
    return draw_earliest((lot for lot in lots if not lot.lapsed(now)), amount)


def decide_spend(event_id: int, unit: str, drawn: Sequence[tuple[Lot, int]]) -> list[Effect]:
    """Value leaves the purse for where it counts as spent, one transfer for each pool that had paid it."""
    return _moved(event_id, "spend", unit, drawn, to_payer=False)


def decide_expiry(event_id: int, unit: str, lots: Sequence[Lot]) -> list[Effect]:
    """What is left of lots goes back to the pools that had paid them."""
    ending = [(lot, lot.free) for lot in lots if lot.free]
    told = [Expire(lot.reward_id, amount) for lot, amount in ending]
    return [*told, *_moved(event_id, "expire", unit, ending, to_payer=True)]


def decide_lapsing(
    event_id: int, unit: str, lots: Iterable[Lot], longer: Collection[int], now: datetime
) -> list[Effect]:
    """What was free of lots that lapsed ends before others of their value last `longer` (rewards' ids)."""
    return decide_expiry(event_id, unit, [lot for lot in lots if lot.reward_id in longer and lot.lapsed(now)])


def decide_maturing(event_id: int, unit: str, lots: Sequence[Lot], debts: Sequence[Debt]) -> list[Effect]:
    """Pending value becomes available."""
    effects, paid = paid_back(event_id, unit, lots, debts, PENDING)
    rest = sum(lot.remaining for lot in lots) - paid
    moved = [Post(derived_id(event_id, "mature", unit), PENDING, PURSE, unit, rest)] if rest else []
    return [*(Mature(lot.reward_id) for lot in lots), *effects, *moved]


def decide_freeing(event_id: int, unit: str, freed: Sequence[Lot], debts: Sequence[Debt]) -> list[Effect]:
    """What a hold set aside and nobody took is the member's again, or pays the debt."""
    return paid_back(event_id, unit, freed, debts)[0]


def decide_restoring(
    event_id: int, unit: str, spent: Sequence[tuple[Lot, int]], debts: Sequence[Debt]
) -> list[Effect]:
    """A spend did not come about: every lot has back what it gave (lot as it stands, amount)."""
    effects: list[Effect] = []
    for payer, parts in _by_payer(spent).items():
        post = derived_id(event_id, "restore", unit, payer)
        amount = sum(part for _, part in parts)
        effects.append(Post(post, spent_account(payer), PURSE, unit, amount))
        effects += [Draw(post, lot.reward_id, -part) for lot, part in parts]
    restored = [replace(lot, remaining=lot.remaining + part) for lot, part in spent]
    return [*effects, *paid_back(event_id, unit, restored, debts)[0]]


def paid_back(
    event_id: int, unit: str, lots: Iterable[Lot], debts: Sequence[Debt], from_account: str = PURSE
) -> tuple[list[Effect], int]:
    """The debt is paid out of what has just become free, as far as that goes; and how much that was."""
    effects: list[Effect] = []
    total, owed = 0, {debt.payer: debt.amount for debt in debts}
    for lot in earliest_first(lots):
        coming = Coming(from_account, unit, lot.free, lot.reward_id)
        left = [Debt(payer, amount) for payer, amount in owed.items() if amount]
        made, paid = pay_debts(left, coming, derived_id(event_id, "pay_back", str(lot.reward_id)))
        effects += made
        for part in paid:
            owed[part.payer] -= part.amount
            total += part.amount
    return effects, total


def _moved(
    event_id: int, why: str, unit: str, drawn: Sequence[tuple[Lot, int]], *, to_payer: bool
) -> list[Effect]:
    effects: list[Effect] = []
    for payer, parts in _by_payer(drawn).items():
        post = derived_id(event_id, why, unit, payer)
        to_account = payer if to_payer else spent_account(payer)
        effects.append(Post(post, PURSE, to_account, unit, sum(part for _, part in parts)))
        effects += [Draw(post, lot.reward_id, part) for lot, part in parts]
    return effects


def _by_payer(drawn: Sequence[tuple[Lot, int]]) -> Mapping[str, list[tuple[Lot, int]]]:
    found: dict[str, list[tuple[Lot, int]]] = {}
    for lot, part in drawn:
        found.setdefault(lot.payer, []).append((lot, part))
    return found
