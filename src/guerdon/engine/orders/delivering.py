"""What an order comes to: what was held is spent and its member has what came, or it is theirs again.

Nobody loses value to a supplier's failure: what has ended meanwhile can be used for some days more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import json

from guerdon.engine.deliveries.news import FAILED, THERE, Awaited, tell_late
from guerdon.engine.wallet.holding import freed
from guerdon.engine.wallet.spending import GRACE
from guerdon.ledger.effects import Effect, Extend, Redeem
from guerdon.ledger.expiry import restored_until
from guerdon.ledger.lots import draw_earliest, set_aside
from guerdon.program.model import Program
from guerdon.rules.choice import is_whole, redeemed
from guerdon.rules.wallet import decide_freeing
from guerdon.rules.withheld import owe_for_spent, take_from_freed
from guerdon.store.codes import HandedCode, record_handed_code
from guerdon.store.database import Transaction
from guerdon.store.orders.attempts import has_open_attempt, learn_outcomes
from guerdon.store.orders.choices import EVENT_TYPE, Placing, load_claim, load_live_version, next_event_ids
from guerdon.store.orders.figures import (
    record_parts_figures,
    record_redeemed_figures,
    record_redemption_event_figure,
)
from guerdon.store.orders.fulfillments import free_slots
from guerdon.store.orders.handed import Piece
from guerdon.store.orders.turns import Standing, settle_fulfilled, settle_nothing
from guerdon.store.orders.withheld import load_withheld, settle_withheld
from guerdon.store.sealing import Vault
from guerdon.store.wallet.deeds import (
    Changes,
    Deed,
    Doing,
    Held,
    post_to_pools,
    record_deeds,
    settle_emptied,
    settle_purses,
)
from guerdon.store.wallet.holds import HoldRow, load_holds, settle_holds
from guerdon.store.wallet.purses import MemberHere, load_purse
from guerdon.store.wallet.spent import settle_ends
from guerdon.values.ids import show
from guerdon.values.money import Money

SOON = timedelta(hours=48)
FULFILLED = "order.fulfilled"
WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Order:
    """An open order of a locked member, who says what becomes of it, and until when what came is good."""

    program_id: int
    member: MemberHere
    order_id: int
    standing: Standing
    by: str = WORKER
    good_until: datetime | None = None

    @property
    def key(self) -> tuple[int, int]:
        """The member and the order."""
        return self.member.member_id, self.order_id

    @property
    def awaited(self) -> Awaited:
        """As whoever waits for it sees it."""
        return Awaited(self.program_id, *self.key, self.standing.reward_id, self.standing.placed_at)


def hand_over(
    tx: Transaction, vault: Vault, program: Program, order: Order, pieces: Sequence[Piece], now: datetime
) -> bool:
    """Spend what was held and keep what the member is handed; False when a code of it was given before.

    Then nothing is written, and the transaction can go on.
    """
    if pieces and not record_handed_code(tx, vault, order.program_id, _code(order, pieces), now):
        return False
    found = _hold(tx, order)
    standing, member_id = order.standing, order.member.member_id
    purse = load_purse(tx, order.program_id, member_id, found.unit)
    lots = set_aside(purse.lots, found.lots)
    drawn = draw_earliest(lots, found.amount)
    redeem = Redeem(standing.reward_id, order.order_id, standing.item, standing.unit, standing.value)
    event_id = next_event_ids(tx, 1)[0]
    effects: list[Effect] = [*redeemed(redeem, drawn)]
    withheld = load_withheld(tx, order.program_id, order.key)
    if withheld:
        # It came about after all: what was to be taken back is spent.
        effects += owe_for_spent(event_id, found.unit, lots, purse.lots, withheld)
        settle_withheld(tx, order.program_id, order.key, "spent", now)
    effects += tell_late(tx, order.awaited, THERE, event_id, now)
    loaded = load_claim(tx, order.program_id, member_id, standing.reward_id)
    assert loaded is not None, "an order's reward is gone"
    claim, origin = loaded
    closed = settle_holds(tx, order.program_id, [(member_id, found.id, found.amount)], "captured", now)
    assert closed == 1, "a hold was closed that was locked as open"
    settle_fulfilled(tx, order.program_id, order.key, now)
    zone = ZoneInfo(program.time_zone)
    placing = Placing(
        program_id=order.program_id,
        member_id=member_id,
        event_id=event_id,
        version=load_live_version(tx, order.program_id, now),
        rule=claim.rule,
        market=origin.market,
        location=origin.location,
        issued_at=origin.issued_at,
        placed_at=now,
        day=now.astimezone(zone).date(),
        earned_on=origin.happened_at.astimezone(zone).date(),
        device=standing.device,
    )
    changes = _record(tx, order, placing, (EVENT_TYPE, "redeemed", FULFILLED), effects, freed(found))
    post_to_pools(tx, order.program_id, changes.pools)
    if is_whole(program, standing.unit) and len(drawn) > 1:
        record_parts_figures(tx, placing, order.order_id, program.time_zone)
    elif is_whole(program, standing.unit):
        # As the member chose it; whatever the supplier took is not theirs.
        within_48h = standing.placed_at - origin.issued_at <= SOON
        record_redeemed_figures(tx, placing, redeem, first=claim.used == 0, within_48h=within_48h)
    record_redemption_event_figure(tx, placing)
    return True


def give_back(
    tx: Transaction, order: Order, end: Literal["failed", "canceled"], reason: str, now: datetime
) -> None:
    """Free what was held: nothing comes of the order, and everybody knows. What was to be taken back is."""
    assert not has_open_attempt(tx, order.program_id, order.key), "something may still come of what was asked"
    found = _hold(tx, order)
    program_id, member_id = order.program_id, order.member.member_id
    learn_outcomes(tx, program_id, [order.key])
    purse = load_purse(tx, program_id, member_id, found.unit)
    lots = set_aside(purse.lots, found.lots)
    event_id = next_event_ids(tx, 1)[0]
    withheld = load_withheld(tx, program_id, order.key)
    effects, lots = take_from_freed(event_id, found.unit, lots, withheld)
    if withheld:
        settle_withheld(tx, program_id, order.key, "taken_back", now)
    effects += decide_freeing(event_id, found.unit, lots, purse.debts)
    ends = {lot.reward_id: restored_until(lot.expires_at, now, GRACE) for lot in lots if lot.lapsed(now)}
    if ends:
        settle_ends(tx, program_id, member_id, ends)
    for lot in lots:
        until = ends.get(lot.reward_id)
        if until is not None and lot.expires_at is not None:
            effects.append(Extend(lot.reward_id, until, lot.expires_at))
    if end == "failed" or order.by not in (WORKER, show("mem", member_id)):
        # Whoever called it off knows; what was withdrawn is taken back, and nothing of it is theirs again.
        effects += tell_late(tx, order.awaited, FAILED, event_id, now)
    closed = settle_holds(tx, program_id, [(member_id, found.id, 0)], "released", now)
    assert closed == 1, "a hold was closed that was locked as open"
    settle_nothing(tx, program_id, order.key, (end, reason, now))
    placing = Placing(
        program_id=program_id,
        member_id=member_id,
        event_id=event_id,
        version=load_live_version(tx, program_id, now),
        rule="",
        market=order.member.market,
        location=order.member.location,
        issued_at=now,
        placed_at=now,
        day=now.date(),
        earned_on=now.date(),
        device=order.standing.device,
    )
    word = f"order.{end}"
    changes = _record(tx, order, placing, (word, "released", word), effects, freed(found))
    if order.standing.slot_id is not None:
        free_slots(tx, program_id, [order.key])
    post_to_pools(tx, program_id, changes.pools)


def _hold(tx: Transaction, order: Order) -> HoldRow:
    found = load_holds(tx, order.program_id, [order.key]).get(order.order_id)
    assert found is not None, "an open order holds nothing"
    assert found.state == "open", "an open order's hold was closed"
    return found


def _code(order: Order, pieces: Sequence[Piece]) -> HandedCode:
    standing = order.standing
    value = Money(standing.value, standing.unit)
    if standing.currency is not None and standing.face_minor is not None:
        value = Money(standing.face_minor, standing.currency)
    return HandedCode(order.order_id, standing.item, value, tuple(pieces), order.good_until)


def _record(
    tx: Transaction,
    order: Order,
    placing: Placing,
    words: tuple[str, str, str],
    effects: Sequence[Effect],
    held: Held,
) -> Changes:
    kind, outcome, action = words
    changes = Changes()
    changes.fold(order.member.member_id, effects, held)
    settle_purses(tx, order.program_id, changes.purses, None)
    settle_emptied(tx, order.program_id, changes, placing.placed_at)
    deed = Deed(
        member_id=order.member.member_id,
        event_id=placing.event_id,
        type=kind,
        outcome=outcome,
        external_id=str(order.order_id),
        market=placing.market,
        location=placing.location,
        data=json.encode({"item": order.standing.item}).decode(),
        effects=effects,
    )
    doing = Doing(placing.version, placing.placed_at, order.by, action, show("ord", order.order_id))
    record_deeds(tx, order.program_id, [deed], doing)
    return changes
