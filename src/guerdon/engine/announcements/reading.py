"""Reading announcements out of decisions: which effects others are told of, and as what.

Pure: the decision is what was stored, the facts are as they stand when it is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import structs

from guerdon.engine.announcements.shapes import (
    Amount,
    Announcement,
    Balance,
    BalanceChanged,
    Cause,
    ExternalId,
    Member,
    MemberEnrolled,
    RewardEarned,
    RewardExpired,
    RewardHeld,
    RewardReady,
    RewardRedeemed,
    RewardRefused,
    RewardReversed,
    Said,
)
from guerdon.ledger.chart import is_spent_account
from guerdon.ledger.effects import (
    Draw,
    Effect,
    Expire,
    Hold,
    Issue,
    Mature,
    Post,
    Redeem,
    Refuse,
    Reverse,
    Send,
    TopUp,
    Wait,
    decode_decision,
)
from guerdon.program.model import Program
from guerdon.rules.choice.wishes import HELD_FOR
from guerdon.store.announcements.queue import Taken
from guerdon.store.announcements.told import MemberFacts, PurseFacts, RewardFacts
from guerdon.values.ids import show

# What leaves a member's balances as they are.
_STILL = (Send, Refuse, Hold, Wait, TopUp)


@dataclass(frozen=True)
class Read:
    """An announcement that was taken, with its decision read."""

    taken: Taken

    @cached_property
    def effects(self) -> Sequence[Effect]:
        """What was decided; nothing where a member is new."""
        return () if self.taken.decision is None else decode_decision(self.taken.decision).effects

    @property
    def rewards(self) -> set[tuple[int, int]]:
        """The rewards that it is about and says too little of, by member and id."""
        about = (Redeem, Draw, Mature, Expire)
        return {(self.taken.member_id, each.reward) for each in self.effects if isinstance(each, about)}

    @property
    def moves(self) -> bool:
        """Whether the member's balances are not what they were."""
        if self.taken.event_id == 0:
            return False
        return not self.effects or any(not isinstance(each, _STILL) for each in self.effects)


@dataclass(frozen=True, slots=True)
class Known:
    """What is said beside what was decided."""

    program: Program
    rewards: Mapping[tuple[int, int], RewardFacts]
    purses: Mapping[int, Sequence[PurseFacts]]
    members: Mapping[int, MemberFacts]

    def amount(self, unit: str, amount: int) -> Amount:
        """An amount with the digits of its unit; a unit that the program has no more has none."""
        return Amount(unit, amount, self.digits(unit))

    def digits(self, unit: str) -> int:
        """The digits of a unit."""
        known = self.program.units.get(unit)
        return known.digits if known is not None else 0


def read_announcements(taken: Sequence[Read], known: Known) -> list[Announcement]:
    """Everything to be told, in the order in which it happened; balances once for each member, at the end."""
    last = {each.taken.member_id: each for each in taken if each.moves}
    found = []
    for each in taken:
        sayings = [*_sayings(each, known)]
        if last.get(each.taken.member_id) is each:
            sayings.append(_balances(each.taken.member_id, known))
        found += [_announcement(each.taken, said, known) for said in sayings]
    return found


def _announcement(taken: Taken, said: Said, known: Known) -> Announcement:
    facts = known.members.get(taken.member_id)
    ids = () if facts is None else facts.external_ids
    member = Member(
        show("mem", taken.member_id),
        "" if facts is None else facts.market,
        [ExternalId(source, external_id) for source, external_id in ids],
    )
    cause = None
    if taken.event_id:
        cause = Cause(
            show("evt", taken.event_id), taken.type, taken.source, taken.external_id, taken.happened_at
        )
    return Announcement(said, taken.recorded_at, taken.id, member, cause)


def _balances(member_id: int, known: Known) -> BalanceChanged:
    return BalanceChanged(
        [
            Balance(each.unit, known.digits(each.unit), each.available, each.held, each.pending, each.debt)
            for each in known.purses.get(member_id, ())
        ]
    )


def _sayings(read: Read, known: Known) -> Iterator[Said]:
    if read.taken.event_id == 0:
        yield MemberEnrolled()
        return
    for effect in read.effects:
        match effect:
            case Issue(rule, reward, unit, value):
                yield RewardEarned(
                    show("rwd", reward),
                    rule,
                    known.amount(unit, value),
                    effect.reference,
                    effect.available_at is not None,
                    effect.expires_at,
                )
            # What an order waits for is told when it is delivered; nobody has to agree to that.
            case Hold(request, rule, reason, unit, value) if reason != HELD_FOR:
                yield RewardHeld(show("apr", request), rule, known.amount(unit, value), reason)
            case Refuse(rule, reason, unit, value):
                amount = known.amount(unit, value) if unit else None
                yield RewardRefused(rule, amount, reason)
            case Reverse(reward, rule, unit, taken_back, owed):
                yield RewardReversed(show("rwd", reward), rule, known.amount(unit, taken_back), owed)
            case Mature() | Expire():
                yield from _of_reward(read, effect.reward, getattr(effect, "amount", 0), effect, known)
            case _:
                pass
    yield from _used(read, known)


def _used(read: Read, known: Known) -> Iterator[Said]:
    """What was spent, reward by reward: for an order that there is, or out of the balance.

    What paid a debt, or was given back, is no use of it.
    """
    posts = {each.id: each for each in read.effects if isinstance(each, Post)}
    draws = [each for each in read.effects if isinstance(each, Draw) and _is_spent(posts.get(each.post))]
    order = next((each for each in read.effects if isinstance(each, Redeem)), None)
    if order is not None:
        own = sum(each.amount for each in draws if each.reward == order.reward)
        yield from _of_reward(read, order.reward, own or order.value, order, known)
    for each in draws:
        if each.amount > 0 and (order is None or each.reward != order.reward):
            told = each if order is None else structs.replace(order, reward=each.reward)
            yield from _of_reward(read, each.reward, each.amount, told, known)


def _of_reward(read: Read, reward: int, amount: int, effect: Effect, known: Known) -> Iterator[Said]:
    facts = known.rewards.get((read.taken.member_id, reward))
    if facts is None:
        return
    number, some = show("rwd", reward), known.amount(facts.unit, amount)
    match effect:
        case Mature(_, expires_at):
            whole = known.amount(facts.unit, facts.value)
            ends = expires_at or facts.expires_at
            yield RewardReady(number, facts.rule, whole, facts.reference, ends)
        case Expire():
            yield RewardExpired(number, facts.rule, some)
        case Redeem(_, order, item):
            yield RewardRedeemed(number, facts.rule, some, item, show("ord", order))
        case _:
            yield RewardRedeemed(number, facts.rule, some)


def _is_spent(post: Post | None) -> bool:
    return post is not None and is_spent_account(post.to_account)
