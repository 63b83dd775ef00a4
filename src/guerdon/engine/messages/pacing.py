"""Pacing: how many of a provider's turns a round may take, and how the provider is doing afterwards.

The rules are those of suppliers: a pace kept in the lane's row for all workers, and a breaker that opens
after failures in a row. A round is one probe while a provider is tried again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.messages.falling import RETRY_LONGEST, is_alone, is_trouble
from guerdon.engine.messages.port import Abilities, Outcome, Retry, Shut, Untried
from guerdon.engine.orders.lanes import breaker, paces
from guerdon.engine.orders.port import Pace
from guerdon.store.database import Transaction
from guerdon.store.messages.lanes import load_lane, lock_lane, save_lane
from guerdon.store.orders.lanes import Lane


@dataclass(frozen=True, slots=True)
class Turn:
    """How many rows a round may take; the lane, locked where it keeps a pace."""

    rows_max: int
    lane: Lane | None = None
    pace: Pace | None = None

    @property
    def unwell(self) -> bool:
        """Whether the provider had failed before."""
        return self.lane is not None and self.lane.failures > 0


def take_turn(
    tx: Transaction, lane_of: tuple[int, str], abilities: Abilities, most: int, now: datetime
) -> Turn:
    """So many rows may be taken now; none while the provider rests."""
    pace = _pace(abilities)
    # Without a pace nothing is spent, so nobody has to wait for anybody.
    lane = load_lane(tx, *lane_of) if pace is None else lock_lane(tx, *lane_of)
    if lane is None:
        return Turn(most)
    if not breaker.may_ask(lane, now):
        return Turn(0, lane, pace)
    if pace is None:
        return Turn(breaker.at_most(lane, most), lane)
    lane = paces.filled(lane, pace, now)
    return Turn(min(breaker.at_most(lane, most), max(0, int(lane.tokens))), lane, pace)


def spend_turn(tx: Transaction, program_id: int, turn: Turn, asked: int, now: datetime) -> None:
    """So many will be asked now; while one tries a provider that was in trouble, nobody else does."""
    if turn.lane is None or not asked:
        return
    lane = breaker.probing(turn.lane, now)
    if turn.pace is not None:
        lane = paces.spent(lane, asked)
    if lane != turn.lane:
        save_lane(tx, program_id, lane)


def end_turn(
    tx: Transaction, lane_of: tuple[int, str], turn: Turn, outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Write down how the provider did; nothing is written where all is as well as it was."""
    asked = [each for each in outcomes if not isinstance(each, Untried) and not is_alone(each)]
    waits = [each.after for each in asked if isinstance(each, Retry) and each.after is not None]
    troubled = [each for each in asked if is_trouble(each)]
    if not asked or not (troubled or waits or turn.unwell):
        return
    lane = lock_lane(tx, *lane_of)
    if len(troubled) < len(asked):
        lane = breaker.worked(lane)
    # In the order in which they came nobody knows them: what worked in between ends no trouble that lasts.
    for each in troubled if len(troubled) == len(asked) else ():
        lane = breaker.failed(lane, now, getattr(each, "reason", ""))
    for each in asked:
        if isinstance(each, Shut):
            # Whether a person has looked is found out by asking, seldom.
            lane = breaker.resting(breaker.failed(lane, now, each.reason), now + RETRY_LONGEST)
    if waits:
        lane = breaker.resting(lane, now + max(waits))
    save_lane(tx, lane_of[0], lane)


def _pace(abilities: Abilities) -> Pace | None:
    rate = abilities.per_second
    return None if rate is None else Pace(max(1, int(rate)), 1.0)
