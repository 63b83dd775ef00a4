"""The pace of an account: so many requests in any second or minute, kept in its lane's row for all who ask.

Turns come evenly, and few are saved up: what may be saved up and what comes while such a time goes by (and a
twentieth of it, for not all that is sent arrives equally fast) is less than one request more than the limit.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from guerdon.engine.orders.port import Pace, Supplier
from guerdon.store.orders.lanes import Lane

# Of the limit, how much comes evenly; and how far apart two that are sent together may arrive, of its time.
SHARE, APART = 0.9, 0.05
# A turn is had when its moment is over, not just before.
OVER = timedelta(milliseconds=1)
# A lane that was counted as far ahead of our clock was counted by one that is wrong, if ours is right.
AHEAD = timedelta(seconds=5)
# Others have their turns in between: what has begun waits for each further turn as long as so many take.
BETWEEN = 6


def pace_of(supplier: Supplier) -> Pace:
    """How fast an account may be asked: as agreed, or else as its kind's papers say."""
    return supplier.account.pace or supplier.abilities.pace


def most(pace: Pace) -> float:
    """How many turns are saved up at most."""
    return 1 + pace.calls * (1 - SHARE * (1 + APART))


def filled(lane: Lane, pace: Pace, now: datetime) -> Lane:
    """The turns that there are by now; fewer than none where some are promised already."""
    if lane.filled_at is None:
        return replace(lane, tokens=most(pace), filled_at=now)
    if lane.filled_at - now > AHEAD and _is_right(lane, now):
        return replace(lane, tokens=min(lane.tokens, 0.0), filled_at=now)
    # A clock that is behind gives nothing, and takes no time back that was counted.
    passed_s = max((now - lane.filled_at).total_seconds(), 0.0)
    tokens = min(most(pace), lane.tokens + passed_s * _a_second(pace))
    return replace(lane, tokens=tokens, filled_at=max(now, lane.filled_at))


def spent(lane: Lane, turns: int) -> Lane:
    """So many turns fewer."""
    return replace(lane, tokens=lane.tokens - turns)


def late(lane: Lane, pace: Pace) -> Lane:
    """As if a turn that was taken before were taken now: nothing was saved up in its place meanwhile."""
    return replace(lane, tokens=min(lane.tokens, most(pace) - 1))


def next_at(lane: Lane, pace: Pace, turns: float = 1.0) -> datetime:
    """When so many turns are there; the lane is filled."""
    assert lane.filled_at is not None, "a lane is filled before it is asked"
    missing = turns - lane.tokens
    return lane.filled_at + (
        OVER + timedelta(seconds=missing / _a_second(pace)) if missing > 0 else timedelta()
    )


def further_s(pace: Pace) -> float:
    """How many seconds what has begun waits for its next turn, so that it can always end."""
    return BETWEEN / _a_second(pace)


def _is_right(lane: Lane, now: datetime) -> bool:
    # Of two clocks that differ, the one that is the database's: else whoever lags takes time back, and it
    # would be counted twice.
    return lane.locked_at is None or abs(lane.locked_at - now) <= AHEAD


def _a_second(pace: Pace) -> float:
    return SHARE * pace.calls / pace.within_s
