"""Redeem: a member's choice taken all the way to a code, in one transaction, seeing that member's rows only.

It is the batch path with a batch of one: load, decide, apply, commit. A second click, a second tab or a retry
after a lost answer finds the reward used, or less left of it than its page showed, and gets the order that is
there already, never a second code.

What a supplier or staff deliver is only reserved here: what it costs is held under the order's number, and
`engine/orders` asks for it once this is committed.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.deciding import load_chosen, order_for, payable
from guerdon.engine.redeeming.writing import Undone, placing_of, write_redeemed, write_reserved
from guerdon.ledger.effects import Hold, Redeem, Refuse
from guerdon.program.model import Program
from guerdon.store.database import UNAVAILABLE, Transaction, plan_by_keys
from guerdon.store.gifts.gifts import note_order
from guerdon.store.orders.choices import TOO_BUSY
from guerdon.store.orders.figures import (
    record_parts_figures,
    record_redeemed_figures,
    record_redemption_event_figure,
)

ATTEMPTS_MAX = 5
PAUSE_S = 0.02
SOON = timedelta(hours=48)

Opens = Callable[[], AbstractContextManager[Transaction]]


def redeem(opens: Opens, program: Program, choice: Choice, now: datetime) -> Redeem | Hold | Refuse | None:
    """Turn a reward into an order, or say why not; None when the member has no such reward.

    `Redeem`: it is delivered, with its code. `Hold`: its value is held for the order (its `request`), that
    is on its way. `opens` gives a transaction of the web's role for this member.
    """
    empty: tuple[str, ...] = ()
    for attempt in range(ATTEMPTS_MAX):
        try:
            with opens() as tx:
                return _redeem(tx, program, choice, now, empty)
        except Undone as undone:
            if not undone.supplier:
                return undone.refusal
            # Our own codes are gone: whoever else delivers it is asked.
            empty = (*empty, undone.supplier)
        except TOO_BUSY:
            break
        except UNAVAILABLE:
            # A collision, or a line that went dead. Whether it had committed is found out by trying again.
            time.sleep(PAUSE_S * 2**attempt * random.random())  # noqa: S311  spreads tries out, hides nothing
    return Refuse(rule="", reason="busy")


def _redeem(
    tx: Transaction, program: Program, choice: Choice, now: datetime, empty: Sequence[str]
) -> Redeem | Hold | Refuse | None:
    plan_by_keys(tx)
    found = load_chosen(tx, choice)
    if found is None:
        return None
    decided = order_for(tx, program, choice, payable(tx, program, choice, found[0], now), now, empty)
    if isinstance(decided, Refuse):
        return decided
    order, (first, *rest) = decided
    placing = placing_of(tx, program, choice, found, now)
    if isinstance(first, Hold):
        write_reserved(tx, placing, order, [first, *(each for each in rest if isinstance(each, Hold))])
        _note_gift(tx, choice, first.request)
        return first
    assert isinstance(first, Redeem)
    write_redeemed(tx, placing, order, [first, *rest])
    _note_gift(tx, choice, first.order)
    if order.parts:
        record_parts_figures(tx, placing, first.order, program.time_zone)
    elif order.whole:
        within_48h = placing.placed_at - placing.issued_at <= SOON
        # What is on its way was not used yet: the first that is delivered counts.
        record_redeemed_figures(tx, placing, first, first=order.claim.used == 0, within_48h=within_48h)
    record_redemption_event_figure(tx, placing)
    return first


def _note_gift(tx: Transaction, choice: Choice, order_id: int) -> None:
    if choice.gift is not None:
        note_order(tx, (choice.program_id, choice.member_id, choice.gift), order_id)
