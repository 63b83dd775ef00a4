"""Payback: value that becomes spendable pays what its member owes first, to the pools that it is owed to.

What a batch gives or releases comes through here, because nobody may have something to spend beside a debt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.ledger.chart import DEBT, owed_account
from guerdon.ledger.effects import Draw, Post
from guerdon.ledger.lots import Debt, repaid
from guerdon.values.ids import derived_id


@dataclass(frozen=True, slots=True)
class Coming:
    """Value of one lot on its way into the purse, from where it comes."""

    from_account: str
    unit: str
    amount: int
    reward_id: int


def pay_debts(debts: Sequence[Debt], coming: Coming, cause: int) -> tuple[list[Post | Draw], list[Debt]]:
    """What is paid of debts by coming value, as effects; and the parts that were paid.

    The transfer out of the lot comes first, then each pool gets back what was owed to it. `cause` is the id
    that makes this payment one of its own, however often it is decided.
    """
    paid = repaid(debts, coming.amount)
    if not paid:
        return [], []
    total = sum(part.amount for part in paid)
    number = derived_id(cause, "debt")
    effects: list[Post | Draw] = [
        Post(number, coming.from_account, DEBT, coming.unit, total),
        Draw(number, coming.reward_id, total),
    ]
    effects += [
        Post(
            derived_id(cause, "owed", part.payer),
            owed_account(part.payer),
            part.payer,
            coming.unit,
            part.amount,
        )
        for part in paid
    ]
    return effects, paid
