"""Hindrances: why a row of the outbox is not sent at all, whatever the conscience would say of it.

A reminder stops when its reason is gone, and so does all else: what is told of a reward is looked at again
when it goes, for the reward may have been used, ended or taken back since.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from guerdon.engine.deliveries.news import NEWS, THERE
from guerdon.engine.gifts.proving import LASTS
from guerdon.engine.gifts.proving import MESSAGE as PROOF
from guerdon.engine.gifts.renewing import MESSAGE as LINK
from guerdon.engine.messages.consents.consenting import MESSAGE as CONFIRM
from guerdon.engine.messages.desk import Desk
from guerdon.engine.messages.diverting import CHANGED, CODE
from guerdon.engine.messages.falling import give_up, hand_overs_max, settled
from guerdon.engine.messages.telling import OF_REWARDS, moment_of
from guerdon.engine.orders.resending import AGAIN
from guerdon.engine.orders.waiting import MESSAGE as PLACE
from guerdon.program.messages.nouns import Message, On
from guerdon.program.messages.reading import REMINDERS
from guerdon.store.messages.outbox import Due, DueReward, Settlement
from guerdon.store.orders.news import OrderTold
from guerdon.store.orders.waits import Kept
from guerdon.store.persons import Person

# What is wrong with a message itself; all else that hinders one is that its reason is gone.
FAULTS = frozenset({"text:missing", "reward:missing", "order:missing", "member:missing"})
# The messages for which Guerdon has texts.
OURS = frozenset({PROOF, PLACE, CONFIRM, CODE, CHANGED, *NEWS, *OF_REWARDS})
# What a member asked for in that moment: it goes whatever they chose, at whatever hour.
REQUESTED = frozenset({PROOF, AGAIN, LINK, CONFIRM, CODE, CHANGED})


def decide_hindrance(row: Due, person: Person | None, desk: Desk, now: datetime) -> Settlement | None:
    """Say whether a row must not be sent at all, and settle it then."""
    if row.hand_overs >= hand_overs_max(row, desk.program):
        return settled(row, "unknown", "hand_over:unsettled", now)
    reason = _hindrance(row, person, desk, now)
    if reason is None:
        return None
    if reason in FAULTS or row.hand_overs:
        return give_up(row, reason, now)
    if row.awaits:
        # Its provider has it: it is told already, and goes over no other channel.
        return settled(row, "sent", reason, now)
    return settled(row, "recalled", reason, now)


def _hindrance(row: Due, person: Person | None, desk: Desk, now: datetime) -> str | None:
    if person is None or row.market is None:
        # Whoever was erased, or never came to be.
        return "member:missing"
    declared = desk.program.messages.get(row.message)
    own = declared is not None and declared.own is not None
    if row.message not in OURS and not own:
        return "text:missing"
    if row.message in LOOKED_AT:
        return LOOKED_AT[row.message](row, desk, now)
    if row.reward is None:
        # A broadcast is about no reward; all else is. What a provider may have is not called off.
        begun = row.awaits or row.hand_overs > 0
        gone = None if begun else desk.called_off.get(row.whose)
        return gone if own else "reward:missing"
    over = _reminder_gone(row.reward, declared) if row.message in REMINDERS else None
    return over or _reward_gone(row.reward, moment_of(row.message, desk.program), now)


def _reminder_gone(reward: DueReward, declared: Message | None) -> str | None:
    """Why nobody is reminded of it: the program does so no more, or all of it is set aside for an order."""
    if declared is None or declared.remind is None:
        return "message:gone"
    return "reward:held" if reward.free <= 0 else None


def _confirmed(row: Due, desk: Desk, now: datetime) -> str | None:
    del now
    return None if row.id in desk.confirming else "consent:gone"


def _code_ended(row: Due, desk: Desk, now: datetime) -> str | None:
    del desk
    return "code:ended" if row.created_at + LASTS <= now else None


def _diverted(row: Due, desk: Desk, now: datetime) -> str | None:
    """Whoever is told elsewhere is told nothing at their own address instead."""
    ended = _code_ended(row, desk, now) if row.message == CODE else None
    return ended or (None if row.whose in desk.diverted else "address:gone")


def _gone(row: Due, desk: Desk, now: datetime) -> str | None:
    """Why the place or the order that a row tells of is over."""
    if row.reward is None:
        return "reward:missing"
    about: Kept | OrderTold | None = desk.places.get(row.id) or desk.orders.get(row.id)
    if row.message == PLACE and not (isinstance(about, Kept) and about.until and about.until > now):
        # It was taken, or is the next one's.
        return "place:gone"
    if row.message in NEWS and not isinstance(about, OrderTold):
        return "order:missing"
    # What was delivered was taken back since.
    is_back = row.message == THERE and isinstance(about, OrderTold) and not about.stands
    return "order:gone" if is_back else None


def _reward_gone(reward: DueReward, on: On, now: datetime) -> str | None:
    """Why there is nothing to tell of a reward any more."""
    if on == "reversed":
        return None
    wanted = "pending" if on == "earned" else "ready"
    if reward.state != wanted:
        return f"reward:{reward.state}"
    ends = reward.expires_at
    return "reward:expired" if ends is not None and ends <= now else None


# What tells of something else than of how its reward is: its code is there and stays so, whatever became of
# the reward, or its link leads to the place.
LOOKED_AT: Mapping[str, Callable[[Due, Desk, datetime], str | None]] = {
    CONFIRM: _confirmed,
    PROOF: _code_ended,
    CODE: _diverted,
    CHANGED: _diverted,
    **dict.fromkeys((AGAIN, LINK, PLACE, *NEWS), _gone),
}
