"""What really happened, taken over into the world that is tried.

That is all of it before the time that is replayed, and from then on what no rule decides: what members spend,
what time ends or releases, what people do by hand. Each goes as far as it can there: whoever has less than
they really had spends what they have.
"""

from collections import Counter
from collections.abc import Sequence

from guerdon.engine.replay.books import Books, draw
from guerdon.engine.replay.states import Asked, Kept, State, as_lot, concerned
from guerdon.ledger.chart import DEBT, PENDING, PURSE, is_spent_account, payer_of_owed
from guerdon.ledger.effects import (
    Draw,
    Effect,
    Expire,
    Extend,
    Hold,
    Issue,
    Mature,
    Post,
    Redeem,
    Reverse,
    TopUp,
    Void,
    Wait,
)
from guerdon.ledger.lots import Debt, earliest_first
from guerdon.rules.decide import reward_id_of
from guerdon.rules.facts import Event, Occasion, Standing, Waiting
from guerdon.rules.limits import Uncounted, give_back, is_counted, use_up, uses_of
from guerdon.rules.reversals import wanted

OWED = ("owed:", "program:owed")


class Folding:
    """One event's effects, as they are stored."""

    def __init__(self, books: Books, event: Event, member: Standing, effects: Sequence[Effect]) -> None:
        self.books, self.facts, self.playbook = books, books.facts, books.playbook
        self.event, self.member, self.effects = event, member, effects
        self.state: State = books.states[member.member_id]
        self.lots = {lot.id: lot for lot in self.state.lots}
        self.posts = {effect.id: effect for effect in effects if isinstance(effect, Post)}
        # What really moved of a transfer that draws on lots.
        self.drawn: dict[int, int] = {}

    def fold(self) -> None:
        """Take all of it over."""
        for effect in self.effects:
            match effect:
                case Issue():
                    self._issue(effect)
                case Draw():
                    self._draw(effect)
                case Post():
                    pass
                case Hold():
                    self._hold(effect)
                case TopUp():
                    self.facts.topped_up.add((effect.account, effect.period))
                case Wait():
                    # What waits for an order is in that order's own events.
                    if not effect.order:
                        self._wait(effect)
                case _:
                    self._touch(effect)
        for post in self.posts.values():
            self._post(post, self.drawn.get(post.id, post.amount))
        self.state.lots = [
            lot for lot in self.lots.values() if lot.remaining or lot.rule in self.playbook.awaited_rules
        ]

    def _issue(self, issue: Issue) -> None:
        made = self.books.kept(issue, self.event, self.member)
        made.real = True
        self.lots[made.id] = made
        if is_counted(self.event.fields):
            bounds = self.playbook.bounds_of(issue.rule, self.member.market)
            event = self.event
            occasion = Occasion(
                event.happened_at, event.day, self.member.market, self.member.location, event.fields
            )
            uses = uses_of(bounds, issue.unit, occasion, self.member.member_id, self.playbook.zone)
            if not isinstance(uses, Uncounted):
                use_up(uses, self.facts, issue.value)
        self._settle(made)

    def _settle(self, made: Kept) -> None:
        """What waited for a reward waits no more; without a reference only what took something of it."""
        taken = sum(isinstance(each, Reverse) and each.reward == made.id for each in self.effects)
        waiting = self.facts.waiting.get(self.member.member_id, ())
        for want in sorted(waiting, key=lambda want: (want.happened_at, want.event_id)):
            if not concerned(want, made):
                continue
            if want.what == "reverse":
                if not taken and want.reference is None:
                    continue
                taken -= taken > 0
            self.facts.settle_wait(want)

    def _draw(self, effect: Draw) -> None:
        lot, part = self.lots.get(effect.reward), 0
        if lot is not None:
            part = draw(lot, effect.amount)
        post = self.posts.get(effect.post)
        spent = post is not None and post.to_account.startswith(("spent:", "program:spent"))
        if post is not None and part < effect.amount and spent and self.playbook.is_balance(post.unit):
            part += self._draw_others(post.unit, effect.amount - part)
        self.drawn[effect.post] = self.drawn.get(effect.post, 0) + abs(part)

    def _draw_others(self, unit: str, amount: int) -> int:
        """Of a balance, whatever else there is: what ends first."""
        ready = [lot for lot in self.lots.values() if lot.unit == unit and lot.state == "ready"]
        by_id = {lot.id: lot for lot in ready}
        from_where = earliest_first(as_lot(lot) for lot in ready)
        left = amount
        for lot in from_where:
            if not lot.lapsed(self.facts.now):
                left -= draw(by_id[lot.reward_id], left) if left else 0
        return amount - left

    def _post(self, post: Post, amount: int) -> None:
        if not amount:
            return
        purse = (self.member.member_id, post.unit)
        for account, change in ((post.from_account, -amount), (post.to_account, amount)):
            if account in (PURSE, PENDING):
                if purse in self.facts.balances:
                    self.facts.fold_balance(purse, change)
            elif account != DEBT:
                self.facts.fold_pool(account, change, post.unit)
        if post.from_account == DEBT and post.to_account.startswith(OWED):
            self.facts.owe(purse, Debt(payer_of_owed(post.to_account), amount))
        elif post.from_account.startswith(OWED):
            payer = payer_of_owed(post.from_account)
            owed = sum(debt.amount for debt in self.facts.debts.get(purse, ()) if debt.payer == payer)
            if paid := min(owed, amount):
                self.facts.repay(purse, [Debt(payer, paid)])

    def _hold(self, hold: Hold) -> None:
        play = self.playbook.by_rule.get(hold.rule)
        reference = play.reward.reference if play is not None and play.reward is not None else None
        told = self.event.fields.get(reference) if reference else None
        keep_asked(
            self.books, self.event.id, self.member.member_id, hold, None if told is None else str(told)
        )
        if hold.reserved:
            self.facts.hold_pool(hold.payer, hold.value, hold.unit)

    def _wait(self, wait: Wait) -> None:
        """It waits as the text that is tried would let it wait, each step of that once."""
        begun = Counter(self.facts.waiting.get(self.member.member_id, ()))
        found = list[Waiting]()
        for play in self.playbook.plays.get(self.event.type, ()):
            wants = [wanted(step, play.rule.key, self.event, self.member) for step in play.reversals]
            wants += [wanted(step, play.rule.key, self.event, self.member) for step in play.releases]
            found += [each for each in wants if isinstance(each, Waiting) and each.rule == wait.rule]
        # The text may look for it by another reference; where it still looks by this one, that is what waits.
        for want in sorted(found, key=lambda each: each.reference != wait.reference):
            if not begun[want]:
                self.facts.wait(want)
                return
            begun[want] -= 1

    def _touch(self, effect: Effect) -> None:
        if isinstance(effect, Void):
            for each in self.lots.values():
                each.orders = [order for order in each.orders if order[0] != effect.order]
        number = getattr(effect, "reward", None)
        lot = self.lots.get(number) if isinstance(number, int) else None
        if lot is not None:
            self._touch_lot(lot, effect)

    def _touch_lot(self, lot: Kept, effect: Effect) -> None:
        match effect:
            case Mature(_, expires_at):
                if lot.state == "pending":
                    lot.state = "ready" if lot.remaining else "redeemed"
                lot.expires_at = expires_at or lot.expires_at
            case Expire(_, amount):
                lot.ended += min(amount, lot.remaining)
            case Extend():
                lot.expires_at = effect.expires_at
            case Redeem(_, order, _, _, value):
                # Paid by it alone, the order can be made void; see `ledger.lots`.
                if self._paid_alone(lot, order, value) and lot.remaining >= value:
                    lot.orders = [*lot.orders, (order, value)]
            case Reverse(_, _, _, amount) if amount:
                self._reverse(lot, amount)
            case _:
                pass

    def _paid_alone(self, lot: Kept, order: int, value: int) -> bool:
        spent = {
            each.id for each in self.effects if isinstance(each, Post) and is_spent_account(each.to_account)
        }
        draws = [each for each in self.effects if isinstance(each, Draw) and each.post in spent]
        return [(each.post, each.reward, each.amount) for each in draws] == [(order, lot.id, value)]

    def _reverse(self, lot: Kept, amount: int) -> None:
        lot.reversed = min(lot.reversed + amount, lot.value)
        origin = lot.origin
        if origin is None or not is_counted(origin.fields):
            return
        occasion = Occasion(origin.happened_at, origin.day, origin.market, origin.location, origin.fields)
        bounds = self.playbook.bounds_of(lot.rule, origin.market)
        uses = uses_of(bounds, lot.unit, occasion, self.member.member_id, self.playbook.zone)
        if not isinstance(uses, Uncounted):
            give_back(uses, self.facts, amount, whole=lot.reversed == lot.value)


def keep_asked(books: Books, event_id: int, member: int, hold: Hold, reference: str | None) -> None:
    """Remember what waits for people, and what its payer keeps for it."""
    reward = reward_id_of(books.playbook, event_id, hold.rule, member)
    books.states[member].asked[hold.request] = Asked(
        reward, hold.rule, hold.unit, hold.value, hold.payer, reference
    )
    if hold.reserved:
        books.money.purses.reserved[hold.request] = (hold.payer, hold.value)
