"""Decide one event: each rule of its type in the program's order, by condition, then limits, then budget.

The result is data. Nothing happens here; the same event, facts and version give the same effects, bit
for bit.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

import msgspec

from guerdon.expressions import Unknown
from guerdon.ledger import effects as ledger
from guerdon.ledger.effects import Decision, Effect, Hold, Issue, Post, Refuse, TopUp
from guerdon.program.model import Mature, Reward, Segment
from guerdon.rules.budgets import cover
from guerdon.rules.earnings import Earning, amount_of, ends_at, issue, within_cap
from guerdon.rules.facts import Event, Facts, Holding, Occasion, Standing, Waiting
from guerdon.rules.limits import Uncounted, Use, exceeded, give_back, is_counted, use_up, uses_of
from guerdon.rules.moments import Telling, issued_sends, matured_sends, reversed_sends
from guerdon.rules.playbook import Payer, Play, Playbook, Season
from guerdon.rules.reversals import TakenBack, concerns, released, take_back, target_of, wait_for, wanted
from guerdon.rules.tables import row_of
from guerdon.values.ids import derived_id


def decide(playbook: Playbook, facts: Facts, event: Event, member: Standing) -> Decision:
    """Everything that follows from an event for its member; folds it into the facts as it goes."""
    effects: list[Effect] = []
    deciding = _Deciding(playbook, facts, event, member)
    plays: Sequence[Play] = playbook.plays[event.type]
    best = playbook.grouped.get(event.type)
    won: set[str] = set()
    if best:
        plays = deciding.best_first(plays, best)
    for play in plays:
        why_not = inapplicable(play, event, member)
        if best is not None and not why_not and play.group in won:
            why_not = f"group:{play.group}"
        if why_not:
            effects.append(Refuse(play.rule.key, why_not))
            continue
        if play.reward is not None:
            given = deciding.reward(play)
            effects += given
            if best is not None and play.group and any(isinstance(each, (Issue, Hold)) for each in given):
                won.add(play.group)
        if play.reversals or play.releases:
            effects += deciding.recalls(play)
    for step in playbook.implied[event.type]:
        effects += deciding.release(step, step.rule)
    return Decision(effects)


def given(
    playbook: Playbook,
    facts: Facts,
    event: Event,
    member: Standing,
    earning: Earning,
    sends: Iterable[tuple[str, str, int]],
) -> list[Effect]:
    """A reward that people gave and not its rule, told and awaited as its rule's; `sends` as they signed."""
    messages = playbook.program.messages
    tellings = [
        Telling(key, channel, number, (messages[key].on if key in messages else None) or "ready")
        for key, channel, number in sends
    ]
    waits = earning.rule in playbook.awaited_rules
    return _Deciding(playbook, facts, event, member).given(earning, tellings, awaited=waits)


def reward_id_of(playbook: Playbook, event_id: int, rule: str, member_id: int) -> int:
    """The id of a reward: one effect per event, rule, version and beneficiary; every key below it follows."""
    return derived_id(event_id, rule, str(playbook.version), str(member_id))


def request_id_of(reward_id: int) -> int:
    """The id of the request by which people approve a reward that was held."""
    return derived_id(reward_id, "request")


def inapplicable(play: Play, event: Event, member: Standing) -> str:
    """Why a rule has nothing to say to this event of this member; nothing: it applies."""
    if play.markets is not None and member.market not in play.markets:
        return "market"
    if play.narrowed:
        outside = _out_of_season(play.seasons, event.day) or _outside(play.segments, event, member)
        if outside:
            return outside
    condition = play.rule.condition
    if condition is None:
        return ""
    answer = condition(event.fields, member.attributes)
    if answer is True:
        return ""
    if answer is False:
        return "condition"
    return _unknown_because(answer)


def asked_of(playbook: Playbook, reward: Reward, event: Event, member: Standing) -> tuple[str, int] | str:
    """The unit and the amount that a reward comes to, or the reason why it comes to nothing."""
    table = reward.table
    if table is None:
        return amount_of(playbook, reward, event, member.market)
    row = row_of(table, event.fields, member.attributes)
    if isinstance(row, Unknown):
        return _unknown_because(row)
    if row is None or row.value is None:
        return f"table:{table.key}"
    return row.value.unit, row.value.amount_minor


def _unknown_because(answer: Unknown) -> str:
    # A field had no value, or the arithmetic had none (a division by zero, a number beyond 64 bits).
    return f"missing:{answer.field}" if answer.field else "arithmetic"


def _out_of_season(seasons: Sequence[Season], day: date) -> str:
    return next(
        (
            season.reason
            for season in seasons
            if (season.first is not None and day < season.first)
            or (season.last is not None and season.last < day)
        ),
        "",
    )


def _outside(segments: Sequence[Segment], event: Event, member: Standing) -> str:
    """Why a member is in none of these segments; nothing: in one of them, or there are none."""
    if not segments:
        return ""
    why = ""
    for segment in segments:
        assert segment.condition is not None, "a program with a mistake decides nothing"
        answer = segment.condition(event.fields, member.attributes)
        if answer is True:
            return ""
        if answer is not False:
            why = why or _unknown_because(answer)
    return why or f"segment:{segments[0].key}"


class _Offer(msgspec.Struct, frozen=True, gc=False):
    """What a rule would give, and who would pay it."""

    reward: Reward
    unit: str
    value: int
    payer: Payer


class _Deciding:
    """One event of one member, against the facts of its batch."""

    __slots__ = ("event", "facts", "member", "playbook", "told_back")

    def __init__(self, playbook: Playbook, facts: Facts, event: Event, member: Standing) -> None:
        self.playbook, self.facts, self.event, self.member = playbook, facts, event, member
        # Rewards of which it was told that something was taken back.
        self.told_back: set[int] = set()

    def reward(self, play: Play) -> list[Effect]:
        """What a rule gives: a reward with its messages, a request to people, or a refusal."""
        offer = self._offer(play)
        if isinstance(offer, Refuse):
            return [offer]
        period = self._withheld(play)
        if period:
            return [self._refused(play, f"holdout:{period}", offer)]
        uses = self._uses(play, offer)
        if isinstance(uses, Uncounted):
            return [self._refused(play, f"missing:event.{uses.field}", offer)]
        over = exceeded(uses, self.facts, offer.value)
        if over is not None and over.over == "refuse":
            return [self._refused(play, f"limit:{over.key}", offer)]
        topped_up = self._cover(offer)
        if over is not None or topped_up is None:
            return self._hold(play, offer, topped_up, f"limit:{over.key}" if over is not None else "")
        use_up(uses, self.facts, offer.value)
        return [*topped_up, *self._given(play, offer)]

    def _withheld(self, play: Play) -> str:
        """The period in which the member gets nothing of this rule, so that one sees what it changes."""
        if play.holdout is None:
            return ""
        return play.holdout.withheld_in(self.member.member_id, self.member.market, self.event.day)

    def best_first(self, plays: Sequence[Play], best: Collection[str]) -> list[Play]:
        """The plays of an event, those of a group of which the best is asked first by what they would give.

        They keep the places that the group has among the others; of the same value the first stays first.
        """
        ordered = {
            group: iter(sorted((play for play in plays if play.group == group), key=self._less))
            for group in best
        }
        return [next(ordered[play.group]) if play.group in ordered else play for play in plays]

    def _less(self, play: Play) -> int:
        if play.reward is None or inapplicable(play, self.event, self.member):
            return 0
        asked = asked_of(self.playbook, play.reward, self.event, self.member)
        return 0 if isinstance(asked, str) else -asked[1]

    def _offer(self, play: Play) -> _Offer | Refuse:
        """What a rule would give, and who would pay it."""
        reward, member = play.reward, self.member
        assert reward is not None
        asked = asked_of(self.playbook, reward, self.event, member)
        if isinstance(asked, str):
            return Refuse(play.rule.key, asked)
        unit, amount = asked
        value = within_cap(self.playbook, self.facts, member.member_id, unit, amount)
        if not value:
            return Refuse(play.rule.key, f"cap:{unit}", unit, amount)
        payer = play.payer_for(member.market, member.location)
        if payer is None or payer.unit not in (None, unit):
            return Refuse(play.rule.key, f"payer:{reward.pay_from}", unit, value)
        if payer.account in self.playbook.closed:
            return Refuse(play.rule.key, f"budget_closed:{reward.pay_from}", unit, value)
        return _Offer(reward, unit, value, payer)

    def _given(self, play: Play, offer: _Offer) -> list[Effect]:
        """The reward, its messages, and what came before it and waited for it."""
        reward_id = reward_id_of(self.playbook, self.event.id, play.rule.key, self.member.member_id)
        told = self.event.fields.get(offer.reward.reference) if offer.reward.reference else None
        earning = Earning(
            reward_id,
            play.rule.key,
            offer.unit,
            offer.value,
            offer.payer.account,
            None if told is None else str(told),
            offer.reward,
        )
        return self.given(earning, play.sends, awaited=play.awaited)

    def given(self, earning: Earning, tellings: Iterable[Telling], *, awaited: bool) -> list[Effect]:
        """A reward, what is told of it, and what came before it and waited for it, if something may."""
        issued, lot = issue(self.playbook, self.facts, self.event, self.member, earning)
        waited = self.awaited(lot) if lot is not None and awaited else []
        pending = isinstance(issued[0], Issue) and issued[0].available_at is not None
        # What was released or taken back in the same commit is on its way no more.
        still = lot is None or lot.state == "pending"
        told = issued_sends(tellings, earning.reward_id, pending=pending) if still or not pending else []
        return [*issued, *told, *waited]

    @staticmethod
    def _refused(play: Play, reason: str, offer: _Offer) -> Refuse:
        return Refuse(play.rule.key, reason, offer.unit, offer.value)

    def _uses(self, play: Play, offer: _Offer) -> list[Use] | Uncounted:
        event, member = self.event, self.member
        bounds = play.bounds.get(member.market)
        if not bounds:
            return []
        occasion = Occasion(event.happened_at, event.day, member.market, member.location, event.fields)
        return uses_of(bounds, offer.unit, occasion, member.member_id, self.playbook.zone)

    def _cover(self, offer: _Offer) -> Sequence[Post | TopUp] | None:
        if offer.payer.budget is None:
            return ()
        account, tree = offer.payer.account, self.playbook.tree
        if account not in tree.branches:
            return () if self.facts.pool_left(account) >= offer.value else None
        return cover(tree, self.facts, account, offer.value, self.playbook.day_of(self.facts.now))

    def _hold(
        self, play: Play, offer: _Offer, topped_up: Sequence[Post | TopUp] | None, why: str
    ) -> list[Effect]:
        """Let a reward wait for people, its money set aside; or refuse it, where its budget says so."""
        budget = offer.payer.budget
        if topped_up is None:
            assert budget is not None, "the program itself can always pay"
            if budget.when_empty == "refuse":
                return [self._refused(play, f"budget:{budget.key}", offer)]
        reserved = topped_up is not None and budget is not None
        if reserved:
            self.facts.hold_pool(offer.payer.account, offer.value, offer.unit)
        request = request_id_of(
            reward_id_of(self.playbook, self.event.id, play.rule.key, self.member.member_id)
        )
        reason = why or f"budget:{offer.reward.pay_from}"
        held = Hold(request, play.rule.key, reason, offer.unit, offer.value, offer.payer.account, reserved)
        return [*(topped_up or ()), held]

    def recalls(self, play: Play) -> list[Effect]:
        """What a rule takes back or releases."""
        effects: list[Effect] = []
        for step in play.reversals:
            want = wanted(step, play.rule.key, self.event, self.member)
            effects += [want] if isinstance(want, Refuse) else self._reverse(want)
        for each in play.releases:
            effects += self.release(each, play.rule.key)
        return effects

    def release(self, step: Mature, by: str) -> list[Effect]:
        """What a step makes available that was pending; it waits for a reward that has not come yet."""
        want = wanted(step, by, self.event, self.member)
        if isinstance(want, Refuse):
            return [want]
        lots = self.facts.lots[self.member.member_id]
        effects = self._released(want, lots)
        return [wait_for(want, self.facts)] if effects is None else effects

    def _released(self, want: Waiting, lots: Sequence[Holding]) -> list[Effect] | None:
        """What becomes available, and what is told of it. None: the reward has not come yet."""
        effects = released(want, lots, self.facts, self._ends)
        if not effects:
            return effects
        rules = {lot.reward_id: lot.rule for lot in lots}
        ready = [each.reward for each in effects if isinstance(each, ledger.Mature)]
        told = [send for reward in ready for send in matured_sends(self._tellings(rules[reward]), reward)]
        return [*effects, *told]

    def _reverse(self, want: Waiting) -> list[Effect]:
        lots = self.facts.lots[self.member.member_id]
        target = target_of(want, lots)
        if target is None:
            return [wait_for(want, self.facts)]
        if isinstance(target, Refuse):
            return [target]
        return self._take_back(want, target, lots)

    def _take_back(self, want: Waiting, lot: Holding, lots: Sequence[Holding]) -> list[Effect]:
        balance = self.playbook.is_balance(lot.unit)
        effects, taken = take_back(want, lot, lots, self.facts, balance=balance)
        if taken is None:
            return effects
        self._give_back(taken)
        if lot.reward_id in self.told_back:
            # Two rules may take of one reward; its member is told once.
            return effects
        self.told_back.add(lot.reward_id)
        cause = (want.event_id, want.by)
        return [*effects, *reversed_sends(self._tellings(lot.rule), lot.reward_id, cause)]

    def _tellings(self, rule: str) -> Sequence[Telling]:
        """What a reward's own rule tells; nothing where the program has it no more."""
        play = self.playbook.by_rule.get(rule)
        return play.sends if play is not None else ()

    def _give_back(self, taken: TakenBack) -> None:
        lot, zone = taken.lot, self.playbook.zone
        if not is_counted(lot.origin.fields):
            return
        bounds = self.playbook.counted_by(lot)
        uses = uses_of(bounds, lot.unit, lot.origin, self.member.member_id, zone)
        if not isinstance(uses, Uncounted):
            give_back(uses, self.facts, taken.amount, whole=taken.whole)

    def awaited(self, lot: Holding) -> list[Effect]:
        """What came before the reward and waited for it, in the order in which it happened."""
        effects: list[Effect] = []
        waiting = self.facts.waiting.get(self.member.member_id, ())
        for want in sorted(waiting, key=lambda want: (want.happened_at, want.event_id)):
            if not concerns(want, lot):
                continue
            if want.what == "release":
                self.facts.settle_wait(want)
                effects += self._released(want, [lot]) or []
                continue
            # A second return of one order finds nothing left, whenever it was told; without a reference it
            # may yet mean a reward that comes later.
            if lot.reversed == lot.value and want.reference is None:
                continue
            self.facts.settle_wait(want)
            if lot.reversed == lot.value:
                effects.append(Refuse(want.by, "reversed"))
            else:
                others = self.facts.lots.get(self.member.member_id, [])
                effects += self._take_back(want, lot, others)
        return effects

    def _ends(self, lot: Holding) -> datetime | None:
        play = self.playbook.by_rule.get(lot.rule)
        if play is None or play.reward is None:
            return None
        return ends_at(self.playbook, play.reward, lot.unit, self.facts.now, self.member)
