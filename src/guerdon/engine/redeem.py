"""Redeem: a member's choice taken all the way to a code, in one transaction, seeing that member's rows only.

It is the batch path with a batch of one: load, decide, apply, commit. A second click, a second tab or a retry
after a lost answer finds the reward used and gets the order it already has, never a second code.
"""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.ledger.effects import Post, Redeem, Refuse
from guerdon.program.model import Program
from guerdon.rules.choice import Reason, decide_choice, refused
from guerdon.store.codes import settle_code
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.store.orders import (
    TOO_BUSY,
    Placing,
    load_claim,
    load_live_version,
    next_event_id,
    post_from_purse,
    post_to_spent,
    record_order,
    record_redeemed_figures,
    record_redemption,
)
from guerdon.values.money import Money

ATTEMPTS_MAX = 5
PAUSE_S = 0.02
SOON = timedelta(hours=48)

Opens = Callable[[], AbstractContextManager[Transaction]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a member asked for: this item, for this reward, on a phone or a computer."""

    program_id: int
    member_id: int
    reward_id: int
    item: str
    device: str


class _Undone(Exception):  # noqa: N818  it rolls a transaction back; nothing went wrong
    """The choice met its refusal after it had begun to write."""

    def __init__(self, refusal: Refuse) -> None:
        self.refusal = refusal


def redeem(opens: Opens, program: Program, choice: Choice, now: datetime) -> Redeem | Refuse | None:
    """Turn a reward into an order with a code, or say why not; None when the member has no such reward.

    `opens` gives a transaction of the web's role for this member.
    """
    for attempt in range(ATTEMPTS_MAX):
        try:
            with opens() as tx:
                return _redeem(tx, program, choice, now)
        except _Undone as undone:
            return undone.refusal
        except TOO_BUSY:
            break
        except UNAVAILABLE:
            # A collision, or a line that went dead. Whether it had committed is found out by trying again.
            time.sleep(PAUSE_S * 2**attempt * random.random())  # noqa: S311  spreads tries out, hides nothing
    return Refuse(rule="", reason="busy")


def _redeem(tx: Transaction, program: Program, choice: Choice, now: datetime) -> Redeem | Refuse | None:
    found = load_claim(tx, choice.program_id, choice.member_id, choice.reward_id)
    if found is None:
        return None
    claim, origin = found
    first, *rest = decide_choice(program, claim, choice.item, now)
    if isinstance(first, Refuse):
        return first
    (post,) = rest
    zone = ZoneInfo(program.time_zone)
    placing = Placing(
        program_id=choice.program_id,
        member_id=choice.member_id,
        event_id=next_event_id(tx),
        version=load_live_version(tx, choice.program_id, now),
        rule=claim.rule,
        market=origin.market,
        location=origin.location,
        issued_at=origin.issued_at,
        placed_at=now,
        day=now.astimezone(zone).date(),
        earned_on=origin.happened_at.astimezone(zone).date(),
        device=choice.device,
    )

    def undone(reason: Reason) -> _Undone:
        return _Undone(refused(claim, reason))

    _apply(tx, placing, first, post, undone)
    return first


def _apply(
    tx: Transaction, placing: Placing, redeem: Redeem, post: Post, undone: Callable[[Reason], _Undone]
) -> None:
    """Write the decision. The order of these lines is the order of the locks."""
    if not post_from_purse(tx, placing.program_id, placing.member_id, post):
        raise undone("balance")
    record_order(tx, placing, redeem)
    value = Money(redeem.value, redeem.unit)
    if not settle_code(tx, placing.program_id, redeem.order, redeem.item, value, placing.placed_at):
        raise undone("sold_out")
    record_redemption(tx, placing, redeem, post)
    within_48h = placing.placed_at - placing.issued_at <= SOON
    record_redeemed_figures(tx, placing, redeem, within_48h=within_48h)
    post_to_spent(tx, placing.program_id, post)
