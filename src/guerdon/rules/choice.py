"""The choice: a member takes one item for one reward, and the reward's value leaves the purse for it.

Decides on what it is handed and nothing else. Whether a code of the item is left is not asked here, because
only taking one can tell; when the last one went, `sold_out` gives the refusal.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.ledger.chart import PURSE, spent_account
from guerdon.ledger.effects import Post, Redeem, Refuse
from guerdon.program.model import Program
from guerdon.values.ids import derived_id
from guerdon.values.money import Money

Reason = Literal[
    "used", "expired", "withdrawn", "item:unknown", "item:market", "item:value", "balance", "sold_out", "busy"
]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a choice depends on: the reward as it stands, whose market, and what the purse has to spend."""

    reward_id: int
    rule: str
    value: Money
    state: str
    expires_at: datetime | None
    market: str
    spendable_minor: int
    payer: str


def decide_choice(
    program: Program, claim: Claim, item_key: str, now: datetime
) -> tuple[Redeem, Post] | tuple[Refuse]:
    """Redeem the reward for an item, or say why not."""
    reason = _objection(program, claim, item_key, now)
    if reason is not None:
        return (refused(claim, reason),)
    order = order_id(claim.reward_id)
    return (
        Redeem(
            reward=claim.reward_id,
            order=order,
            item=item_key,
            unit=claim.value.unit,
            value=claim.value.amount_minor,
        ),
        Post(
            id=order,
            from_account=PURSE,
            to_account=spent_account(claim.payer),
            unit=claim.value.unit,
            amount=claim.value.amount_minor,
        ),
    )


def refused(claim: Claim, reason: Reason) -> Refuse:
    """The refusal of a choice, for this reason."""
    return Refuse(
        rule=claim.rule,
        reason=reason,
        unit=claim.value.unit,
        value=claim.value.amount_minor,
    )


def order_id(reward_id: int) -> int:
    """The order of a reward: one reward, one order, so the id follows from the reward's."""
    return derived_id(reward_id, "order")


def _objection(program: Program, claim: Claim, item_key: str, now: datetime) -> Reason | None:
    about_item = _objection_to_item(program, claim, item_key)
    checks: tuple[tuple[bool, Reason | None], ...] = (
        (claim.state == "redeemed", "used"),
        (claim.state == "reversed", "withdrawn"),
        (claim.state == "expired" or (claim.expires_at is not None and claim.expires_at <= now), "expired"),
        (about_item is not None, about_item),
        (claim.spendable_minor < claim.value.amount_minor, "balance"),
    )
    return next((reason for holds, reason in checks if holds), None)


def _objection_to_item(program: Program, claim: Claim, item_key: str) -> Reason | None:
    item = program.items.get(item_key)
    if item is None:
        return "item:unknown"
    if claim.market not in item.markets:
        return "item:market"
    if claim.value not in item.values:
        return "item:value"
    return None
