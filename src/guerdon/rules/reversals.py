"""Reversals: a reward is taken back, whole or in part, or released from pending; before or after it came.

What is taken comes out of the reward itself first; of a balance, out of the lots that end first; an unused
code is made void; what is kept for an order under way waits for how that ends (`rules.withheld`); the rest is
owed, as the rule says. What its member does not owe is taken back should an order be returned that it paid.
Nobody owes while they have something to spend. With a reference it is exactly that reward, whichever of the
two comes first; without, the latest that had happened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from guerdon.ledger.chart import DEBT, PENDING, PURSE, location_account, owed_account, spent_account
from guerdon.ledger.effects import Draw, Effect, Mature, Post, Refuse, Reverse, Void, Wait
from guerdon.ledger.lots import Debt, draw_earliest
from guerdon.ledger.payback import Coming, pay_debts
from guerdon.program import model
from guerdon.rules.facts import Event, Facts, Holding, OnOrder, PurseKey, Standing, Waiting, Withheld
from guerdon.values.ids import derived_id


@dataclass(frozen=True, slots=True)
class TakenBack:
    """So much of a reward was taken back; `whole`: nothing of it is left to take."""

    lot: Holding
    amount: int
    whole: bool


def wanted(step: model.Reverse | model.Mature, by: str, event: Event, member: Standing) -> Waiting | Refuse:
    """What a step wants of a reward, read from its event; or the reason why it cannot say."""
    told = event.fields.get(step.reference) if step.reference is not None else None
    if step.reference is not None and told is None:
        return Refuse(by, f"missing:event.{step.reference}")
    reference = None if told is None else str(told)
    want = Waiting(event.id, member.member_id, step.rule, reference, event.happened_at, by, "release")
    if isinstance(step, model.Mature):
        return want
    want = replace(want, what="reverse", if_spent=step.if_spent)
    if step.part is None or step.whole is None:
        return want
    part, whole = event.fields.get(step.part), event.fields.get(step.whole)
    if not isinstance(part, int):
        return Refuse(by, f"missing:event.{step.part}")
    if not isinstance(whole, int):
        return Refuse(by, f"missing:event.{step.whole}")
    return replace(want, part=part, whole=whole) if part > 0 and whole > 0 else Refuse(by, "part")


def target_of(want: Waiting, lots: Sequence[Holding]) -> Holding | Refuse | None:
    """The reward that is to be taken back; a refusal when it was already; None when it has not come yet."""
    meant = [lot for lot in lots if concerns(want, lot)]
    left = [lot for lot in meant if lot.reversed < lot.value]
    if not left:
        return Refuse(want.by, "reversed") if meant and want.reference is not None else None
    # The latest that had happened by then; with a reference also one whose clock went ahead, the nearest.
    before = [lot for lot in left if lot.origin.happened_at <= want.happened_at]
    chosen = before or [min(left, key=_in_order)]
    return max(chosen, key=_in_order)


def concerns(want: Waiting, lot: Holding) -> bool:
    """Whether a reward may be what something waits for: by its reference, or having happened by then."""
    if lot.rule != want.rule:
        return False
    if want.reference is not None:
        return lot.reference == want.reference
    return lot.origin.happened_at <= want.happened_at


def wait_for(want: Waiting, facts: Facts) -> Wait:
    """Let it wait for its reward."""
    facts.wait(want)
    return Wait(want.rule, want.reference)


def released(
    want: Waiting, lots: Sequence[Holding], facts: Facts, ends: Callable[[Holding], datetime | None]
) -> list[Effect] | None:
    """Make what was pending available, debts first. None: the reward has not come yet.

    `ends` says until when a lot may be used that is available from now on: never less than was said before.
    """
    # In an order of their own: that of `lots` tells what came in one batch, and no decision may know that.
    meant = sorted((lot for lot in lots if concerns(want, lot)), key=_in_order)
    if not meant:
        return None
    effects: list[Effect] = []
    for lot in meant:
        if lot.state == "pending":
            if lot.expires_at is not None:
                lot.expires_at = max(lot.expires_at, ends(lot) or lot.expires_at)
            effects.append(Mature(lot.reward_id, lot.expires_at))
            cause = derived_id(want.event_id, "release", str(lot.reward_id))
            effects += _release(lot, cause, (want.member_id, lot.unit), facts)
    return effects


def _in_order(lot: Holding) -> tuple[datetime, int]:
    return lot.origin.happened_at, lot.reward_id


def _release(lot: Holding, cause: int, purse: PurseKey, facts: Facts) -> list[Effect]:
    lot.state = "ready"
    coming = Coming(PENDING, lot.unit, lot.remaining, lot.reward_id)
    payback, paid = pay_debts(facts.debts.get(purse, ()), coming, cause)
    effects: list[Effect] = [*payback]
    if paid:
        facts.repay(purse, paid)
        _fold(facts, payback)
        part = sum(each.amount for each in paid)
        lot.draw(part)
    if lot.remaining:
        effects.append(Post(cause, PENDING, PURSE, lot.unit, lot.remaining))
    return effects


def take_back(
    want: Waiting, lot: Holding, others: Sequence[Holding], facts: Facts, *, balance: bool
) -> tuple[list[Effect], TakenBack | None]:
    """Take back as much of a reward as is wanted; nothing when the part comes to nothing.

    `others`: what else the member has, from which a `balance` is taken, and which no debt may stand beside.
    """
    left = lot.value - lot.reversed
    amount = left if want.whole is None else min(left, lot.value * (want.part or 0) // want.whole)
    if not amount:
        return [Refuse(want.by, "part", lot.unit)], None
    taking = _Taking(want, lot, facts, rest=_recoverable(lot, amount))
    taking.from_itself()
    if balance:
        taking.from_others(others)
    taking.void_orders()
    taking.await_orders()
    owed, owed_by = taking.owe(others)
    lot.reversed += amount
    whole = lot.reversed == lot.value
    told = Reverse(lot.reward_id, want.by, lot.unit, amount, owed, owed_by)
    return [told, *taking.effects], TakenBack(lot, amount, whole)


def _recoverable(lot: Holding, amount: int) -> int:
    # What ended unused has gone back to its pool already; nobody has it any more.
    return max(0, min(amount, lot.value - lot.reversed - lot.ended))


class _Taking:
    """Taking one amount back, place after place, until nothing of it is left."""

    def __init__(self, want: Waiting, lot: Holding, facts: Facts, rest: int) -> None:
        self.want, self.lot, self.facts, self.rest = want, lot, facts, rest
        self.cause = derived_id(want.event_id, "reverse", str(lot.reward_id))
        self.purse = (want.member_id, lot.unit)
        self.effects: list[Effect] = []

    def from_itself(self) -> None:
        """Out of the reward: pending, or what is free of it."""
        pending = self.lot.state == "pending"
        part = min(self.rest, self.lot.remaining if pending else self.lot.free)
        if part:
            number = self._post("self", PENDING if pending else PURSE, self.lot.payer, part)
            self._draw(number, self.lot, part)

    def from_others(self, others: Sequence[Holding]) -> None:
        """Out of what else may be spent in this unit, what ends first."""
        by_id = {each.reward_id: each for each in others if each.unit == self.lot.unit and each.free}
        drawn = draw_earliest([each.lot for each in by_id.values()], self.rest)
        if drawn:
            number = self._post("others", PURSE, self.lot.payer, sum(part for _, part in drawn))
            for source, part in drawn:
                self._draw(number, by_id[source.reward_id], part)

    def void_orders(self) -> None:
        """By making void what nobody has used: whole orders only."""
        for order in list(self.lot.orders):
            if 0 < order.value <= self.rest:
                payer = self.lot.payer
                self.effects.append(Void(order.id))
                self._post(f"void {order.id}", spent_account(payer), payer, order.value)
                self.lot.orders.remove(order)
                self.lot.delivered = [each for each in self.lot.delivered if each.order_id != order.id]
                self.rest -= order.value

    def await_orders(self) -> None:
        """By waiting for how orders end that it is kept for."""
        want, lot = self.want, self.lot
        waits = self._spread(lot.on_order, self.rest)
        for each in waits:
            self.rest -= each.amount
            self.effects.append(
                Wait(want.rule, want.reference, each.order_id, lot.reward_id, lot.unit, each.amount)
            )
        _keep(self.facts.withheld, waits)

    def owe(self, others: Sequence[Holding]) -> tuple[int, str]:
        """What then is still missing: owed by the member, by the location, or by nobody."""
        place = self.lot.origin.location
        if self.want.if_spent == "debt":
            self.from_others(others)
        else:
            # Its member owes none of it, and shall not have it again by giving back what it paid for.
            _keep(self.facts.unpaid, self._spread(self.lot.delivered, self.rest))
        if (
            not self.rest
            or self.want.if_spent == "forgive"
            or (self.want.if_spent == "location" and not place)
        ):
            return 0, ""
        by = DEBT if self.want.if_spent == "debt" else location_account(place or "")
        owed, self.rest = self.rest, 0
        self._post("owed", by, owed_account(self.lot.payer), owed)
        if by == DEBT:
            self.facts.owe(self.purse, Debt(self.lot.payer, owed))
        return owed, by

    def _spread(self, orders: Sequence[OnOrder], amount: int) -> list[Withheld]:
        """Say of which orders how much of an amount is taken back, as far as they go."""
        want, lot = self.want, self.lot
        found: list[Withheld] = []
        for each in orders:
            part = min(each.amount, amount)
            if part:
                each.amount -= part
                amount -= part
                whose = (want.member_id, each.order_id, lot.reward_id, want.event_id, want.by)
                found.append(Withheld(*whose, part, want.if_spent, lot.origin.location))
        return found

    def _post(self, name: str, from_account: str, to_account: str, amount: int) -> int:
        """Move an amount; the id of the transfer."""
        post = Post(self._number(name), from_account, to_account, self.lot.unit, amount)
        self.effects.append(post)
        _fold(self.facts, [post])
        if from_account in (PENDING, PURSE) and self.purse in self.facts.balances:
            self.facts.fold_balance(self.purse, -amount)
        return post.id

    def _number(self, name: str) -> int:
        """The id of a transfer; where the event took of the reward in this way before, with the rule in it.

        The first has none: so has whatever was decided before two could take.
        """
        number, before = derived_id(self.cause, name), 0
        while number in self.facts.taken_by:
            before += 1
            number = derived_id(self.cause, name, self.want.by, str(before))
        self.facts.taken_by.add(number)
        return number

    def _draw(self, number: int, lot: Holding, part: int) -> None:
        self.effects.append(Draw(number, lot.reward_id, part))
        lot.draw(part)
        self.rest -= part


def _keep(kept: list[Withheld], found: Sequence[Withheld]) -> None:
    """Keep what orders took; what two steps of a rule want of one order is one, owed as the first says."""
    for each in found:
        place = len(kept)
        # What an event takes stands together.
        while place and kept[place - 1].event_id == each.event_id:
            place -= 1
            known = kept[place]
            if (known.order_id, known.reward_id, known.by) == (each.order_id, each.reward_id, each.by):
                kept[place] = replace(known, amount=known.amount + each.amount)
                break
        else:
            kept.append(each)


def _fold(facts: Facts, effects: Sequence[Effect]) -> None:
    """Fold what moves between the program's own accounts; the member's are folded as lots and debts."""
    for post in effects:
        if isinstance(post, Post):
            if post.from_account not in (PURSE, PENDING, DEBT):
                facts.fold_pool(post.from_account, -post.amount, post.unit)
            if post.to_account not in (PURSE, PENDING, DEBT):
                facts.fold_pool(post.to_account, post.amount, post.unit)
