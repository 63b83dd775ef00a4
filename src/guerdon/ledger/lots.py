"""Lots: a member's value by the reward it came from, so that each part of it ends on its own day.

Whoever takes value out takes it from the lot that ends first, and says how much from which. What never ends
comes last, and of two that end together the older one goes first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of one reward; open holds have set `held` of it aside.

    `payer` is the pool that had paid, and gets back what ends unused.
    """

    reward_id: int
    remaining: int
    held: int
    payer: str
    expires_at: datetime | None
    issued_at: datetime

    @property
    def free(self) -> int:
        """What nobody set aside."""
        return self.remaining - self.held

    def lapsed(self, now: datetime) -> bool:
        """Whether its last day is over, taken back by now or not."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Debt:
    """What a member owes to the pool that had paid for something already spent when it was taken back."""

    payer: str
    amount: int


def earliest_first(lots: Iterable[Lot]) -> list[Lot]:
    """Lots in the order in which value is taken from them."""
    return sorted(lots, key=lambda lot: (lot.expires_at or _NEVER, lot.issued_at, lot.reward_id))


def draw_earliest(lots: Iterable[Lot], amount: int) -> list[tuple[Lot, int]]:
    """Take an amount out of what is free, or as much of it as there is: each lot with its part."""
    drawn, missing = [], amount
    for lot in earliest_first(lots):
        part = min(lot.free, missing)
        if part > 0:
            drawn.append((lot, part))
            missing -= part
    return drawn


def set_aside(lots: Iterable[Lot], parts: Mapping[int, int]) -> list[Lot]:
    """The parts of lots that holds have, as lots of their own: nothing else of them is touched."""
    return [
        replace(lot, remaining=parts[lot.reward_id], held=0)
        for lot in earliest_first(lots)
        if parts.get(lot.reward_id)
    ]


def free_in(lots: Iterable[Lot], now: datetime) -> int:
    """What may be spent at a moment: what lapsed counts no more, though nobody took it back yet."""
    return sum(lot.free for lot in lots if not lot.lapsed(now))


def repaid(debts: Sequence[Debt], amount: int) -> list[Debt]:
    """What an amount pays off, pool by pool in the order of their names."""
    paid, left = [], amount
    for debt in sorted(debts, key=lambda debt: debt.payer):
        part = min(debt.amount, left)
        if part > 0:
            paid.append(Debt(debt.payer, part))
            left -= part
    return paid
