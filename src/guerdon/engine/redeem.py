"""Redeem: a member's choice taken all the way to a code, in one transaction, seeing that member's rows only.

It is the batch path with a batch of one: load, decide, apply, commit. A second click, a second tab or a retry
after a lost answer finds the reward used, or less left of it than its page showed, and gets the order that is
there already, never a second code.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import json

from guerdon.ledger.effects import Effect, Redeem, Refuse
from guerdon.program.model import Program
from guerdon.rules.choice import Claim, decide_choice, is_whole, refused
from guerdon.store.codes import settle_code
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.store.orders import (
    EVENT_TYPE,
    TOO_BUSY,
    Placing,
    load_claim,
    load_live_version,
    next_event_ids,
    record_order,
    record_redeemed_figures,
    record_redemption_event_figure,
)
from guerdon.store.wallet.deeds import (
    Changes,
    Deed,
    Doing,
    post_to_pools,
    record_deeds,
    settle_lots,
    settle_purses,
)
from guerdon.store.wallet.purses import load_purse, lock_member
from guerdon.values.ids import show
from guerdon.values.money import Money

ATTEMPTS_MAX = 5
PAUSE_S = 0.02
SOON = timedelta(hours=48)

Opens = Callable[[], AbstractContextManager[Transaction]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a member asked for: this item, for this reward, on a phone or a computer.

    `left_minor` is what their page said there was to choose with; None: all that the reward was given with.
    """

    program_id: int
    member_id: int
    reward_id: int
    item: str
    device: str
    left_minor: int | None = None


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
    ids = (choice.program_id, choice.member_id)
    if lock_member(tx, *ids) is None:
        return None
    found = load_claim(tx, *ids, choice.reward_id)
    if found is None:
        return None
    claim, origin = found
    if not is_whole(program, claim.value.unit):
        claim = replace(claim, lots=load_purse(tx, *ids, claim.value.unit).lots)
    left_minor = claim.value.amount_minor if choice.left_minor is None else choice.left_minor
    first, *rest = decide_choice(program, claim, choice.item, left_minor, now)
    if isinstance(first, Refuse):
        return first
    assert isinstance(first, Redeem)
    zone = ZoneInfo(program.time_zone)
    placing = Placing(
        program_id=choice.program_id,
        member_id=choice.member_id,
        event_id=next_event_ids(tx, 1)[0],
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
    _apply(tx, placing, claim, [first, *rest])
    if is_whole(program, claim.value.unit):
        within_48h = placing.placed_at - placing.issued_at <= SOON
        record_redeemed_figures(tx, placing, first, first=claim.standing == 0, within_48h=within_48h)
    record_redemption_event_figure(tx, placing)
    return first


def _apply(tx: Transaction, placing: Placing, claim: Claim, effects: Sequence[Effect]) -> None:
    """Write the decision. The order of these lines is the order of the locks."""
    redeem = effects[0]
    assert isinstance(redeem, Redeem)
    changes = Changes()
    changes.fold(placing.member_id, effects)
    settle_purses(tx, placing.program_id, changes.purses, placing.placed_at)
    settle_lots(tx, placing.program_id, changes.lots, "redeemed", placing.placed_at)
    record_order(tx, placing, redeem)
    value = Money(redeem.value, redeem.unit)
    if not settle_code(tx, placing.program_id, redeem.order, redeem.item, value, placing.placed_at):
        raise _Undone(refused(claim, "sold_out"))
    deed = Deed(
        member_id=placing.member_id,
        event_id=placing.event_id,
        type=EVENT_TYPE,
        outcome="redeemed",
        external_id=str(redeem.order),
        market=placing.market,
        location=placing.location,
        data=json.encode({"item": redeem.item}).decode(),
        effects=effects,
    )
    who = (show("mem", placing.member_id), "order.placed", show("ord", redeem.order))
    record_deeds(tx, placing.program_id, [deed], Doing(placing.version, placing.placed_at, *who))
    post_to_pools(tx, placing.program_id, changes.pools)
