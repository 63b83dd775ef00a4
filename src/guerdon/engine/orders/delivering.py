"""What an order comes to: what was held is spent and its member has what came, or it is theirs again.

Nobody loses value to a supplier's failure: what has ended meanwhile can be used for some days more. What its
member calls off gets no day more than it had, or value would last for ever by being ordered again and again;
nor does what is left where a rule takes part of it back, which its member can bring about as well.
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
from guerdon.ledger.lots import Lot, draw_earliest, set_aside
from guerdon.program.model import Program
from guerdon.rules.choice.payment import Payment, redeemed
from guerdon.rules.choice.prices import is_whole
from guerdon.rules.facts import Withheld
from guerdon.rules.wallet import decide_freeing, decide_lapsing
from guerdon.rules.withheld import owe_for_spent, take_from_freed
from guerdon.store.codes import HandedCode, record_handed_code
from guerdon.store.database import Transaction
from guerdon.store.orders.attempts import has_open_attempt
from guerdon.store.orders.choices import EVENT_TYPE, Placing, load_claim, load_live_version, next_event_ids
from guerdon.store.orders.figures import (
    record_parts_figures,
    record_redeemed_figures,
    record_redemption_event_figure,
)
from guerdon.store.orders.fulfillments import free_slots
from guerdon.store.orders.handed import Piece
from guerdon.store.orders.paid import learn_outcomes, load_order_holds
from guerdon.store.orders.turns import Standing, settle_fulfilled, settle_nothing
from guerdon.store.orders.withheld import load_withheld, settle_withheld
from guerdon.store.sealing import Vault
from guerdon.store.wallet.deeds import (
    Changes,
    Deed,
    Doing,
    post_to_pools,
    record_deeds,
    settle_emptied,
    settle_purses,
)
from guerdon.store.wallet.holds import HoldRow, settle_holds
from guerdon.store.wallet.purses import MemberHere, Purse, load_purses
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
    def is_its_members_word(self) -> bool:
        """Whether it is its member who says what becomes of it."""
        return self.by == show("mem", self.member.member_id)

    @property
    def lets_end(self) -> bool:
        """Whether what has ended stays so when it is canceled: its member says so, or a rule took of it."""
        return self.by == WORKER or self.is_its_members_word

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
    kept = _kept(tx, order)
    standing, member_id = order.standing, order.member.member_id
    payment = _payment(kept)
    redeem = Redeem(standing.reward_id, order.order_id, standing.item, standing.unit, standing.value)
    event_id = next_event_ids(tx, 1)[0]
    effects: list[Effect] = [*redeemed(redeem, payment)]
    withheld = load_withheld(tx, order.program_id, order.key)
    if withheld:
        # It came about after all: what was to be taken back is spent.
        for each in kept:
            wanted = each.of_its(withheld)
            effects += owe_for_spent(event_id, each.hold.unit, each.lots, each.purse.lots, wanted)
        settle_withheld(tx, order.program_id, order.key, "spent", now)
    effects += tell_late(tx, order.awaited, THERE, event_id, now)
    loaded = load_claim(tx, order.program_id, member_id, standing.reward_id)
    assert loaded is not None, "an order's reward is gone"
    claim, origin = loaded
    ends = [(member_id, each.hold.id, each.hold.amount) for each in kept]
    closed = settle_holds(tx, order.program_id, ends, "captured", now)
    assert closed == len(kept), "a hold was closed that was locked as open"
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
    changes = _record(tx, order, placing, (EVENT_TYPE, "redeemed", FULFILLED), effects, kept)
    post_to_pools(tx, order.program_id, changes.pools)
    if is_whole(program, standing.unit) and len(payment.drawn) > 1:
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
    kept = _kept(tx, order)
    program_id, member_id = order.program_id, order.member.member_id
    learn_outcomes(tx, program_id, [order.key])
    event_id = next_event_ids(tx, 1)[0]
    withheld = load_withheld(tx, program_id, order.key)
    effects, lots = list[Effect](), list[Lot]()
    for each in kept:
        taken, left = take_from_freed(event_id, each.hold.unit, each.lots, each.of_its(withheld))
        effects += [*taken, *decide_freeing(event_id, each.hold.unit, left, each.purse.debts)]
        lots += left
    if withheld:
        settle_withheld(tx, program_id, order.key, "taken_back", now)
    # What has ended and is freed without a day more expires the next time that anybody looks.
    graced = end == "failed" or not order.lets_end
    over = [lot for lot in lots if lot.lapsed(now)] if graced else []
    ends = {lot.reward_id: restored_until(lot.expires_at, now, GRACE) for lot in over}
    if ends:
        settle_ends(tx, program_id, member_id, ends)
    for each in kept:
        effects += decide_lapsing(event_id, each.hold.unit, each.purse.lots, ends, now)
    for lot in lots:
        until = ends.get(lot.reward_id)
        if until is not None and lot.expires_at is not None:
            effects.append(Extend(lot.reward_id, until, lot.expires_at))
    if graced:
        # Whoever called it off knows; what was withdrawn is taken back, and nothing of it is theirs again.
        effects += tell_late(tx, order.awaited, FAILED, event_id, now)
    released = [(member_id, each.hold.id, 0) for each in kept]
    closed = settle_holds(tx, program_id, released, "released", now)
    assert closed == len(kept), "a hold was closed that was locked as open"
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
    changes = _record(tx, order, placing, (word, "released", word), effects, kept)
    if order.standing.slot_id is not None:
        free_slots(tx, program_id, [order.key])
    post_to_pools(tx, program_id, changes.pools)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept for an order of one unit: its hold, the purse that it is of, and its parts of lots."""

    hold: HoldRow
    purse: Purse
    lots: Sequence[Lot]

    def of_its(self, withheld: Sequence[Withheld]) -> list[Withheld]:
        """What waits for this hold's lots."""
        return [each for each in withheld if each.reward_id in self.hold.lots]


def _kept(tx: Transaction, order: Order) -> list[_Kept]:
    """What is kept for an order: of its reward's unit first, then of a balance that pays beside."""
    holds, member_id = load_order_holds(tx, order.program_id, order.key), order.member.member_id
    assert holds, "an open order holds nothing"
    assert holds[0].id == order.order_id, "an open order holds nothing of its reward"
    assert all(found.state == "open" for found in holds), "an open order's hold was closed"
    purses = load_purses(tx, order.program_id, [(member_id, found.unit) for found in holds])
    return [
        _Kept(found, purse, set_aside(purse.lots, found.lots))
        for found in holds
        for purse in [purses[member_id, found.unit]]
    ]


def _payment(kept: Sequence[_Kept]) -> Payment:
    """What is kept for an order, spent."""
    own, *beside = [draw_earliest(each.lots, each.hold.amount) for each in kept]
    if not beside:
        return Payment(own)
    hold = kept[1].hold
    return Payment(own, Money(hold.amount, hold.unit), beside[0])


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
    kept: Sequence[_Kept],
) -> Changes:
    kind, outcome, action = words
    changes = Changes()
    changes.fold(order.member.member_id, effects)
    for each in kept:
        changes.fold(order.member.member_id, (), freed(each.hold))
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
