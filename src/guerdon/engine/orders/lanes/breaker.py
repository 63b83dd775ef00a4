"""The breaker of an account: after failures in a row nobody asks it for a while, then one order tries it.

Its state stands in the lane's row, so that all workers agree on it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from guerdon.store.orders.lanes import Lane

OPENS_AFTER = 5
REST, REST_MAX = timedelta(seconds=5), timedelta(seconds=60)
# Who tries it is waited for as long; then another may.
PROBE = timedelta(seconds=30)
# Who rests for longer is not waited for, where another delivers it too.
LONG = timedelta(seconds=30)


def may_ask(lane: Lane, now: datetime) -> bool:
    """Whether it may be asked now."""
    return lane.shut_at is None and not is_resting(lane, now)


def is_resting(lane: Lane, now: datetime) -> bool:
    """Whether it has a rest: it asked for less, or failed too often."""
    return lane.rests_until is not None and lane.rests_until > now


def is_unwell(lane: Lane, now: datetime) -> bool:
    """Whether what nobody was asked for had better go elsewhere: shut, in trouble, or at rest for long."""
    if lane.shut_at is not None or (is_tried(lane) and not may_ask(lane, now)):
        return True
    return lane.rests_until is not None and lane.rests_until - now > LONG


def is_tried(lane: Lane) -> bool:
    """Whether it failed so often that one order at a time tries whether it is well again."""
    return lane.failures >= OPENS_AFTER


def at_most(lane: Lane, most: int) -> int:
    """How many orders may be asked at once: one, where it is tried whether it is well again."""
    return min(most, 1) if is_tried(lane) else most


def probing(lane: Lane, now: datetime) -> Lane:
    """While one tries it, nobody else does."""
    return replace(lane, rests_until=now + PROBE) if is_tried(lane) else lane


def worked(lane: Lane) -> Lane:
    """It answered: its trouble is over. Where it had asked for less, it has a rest all the same."""
    rests_until = None if is_tried(lane) else lane.rests_until
    return replace(lane, failures=0, failing_since=None, rests_until=rests_until, reason="")


def failed(lane: Lane, now: datetime, why: str) -> Lane:
    """It failed once more."""
    failures = lane.failures + 1
    rests_until = lane.rests_until
    if failures >= OPENS_AFTER:
        until = now + min(REST * 2 ** min(failures - OPENS_AFTER, 8), REST_MAX)
        # A rest that it asked for itself is not made shorter; the breaker's own is.
        rests_until = until if is_tried(lane) else max(until, rests_until or until)
    since = lane.failing_since or now
    return replace(lane, failures=failures, failing_since=since, rests_until=rests_until, reason=why)


def resting(lane: Lane, until: datetime) -> Lane:
    """It asked for less: nothing before then."""
    return replace(lane, rests_until=max(until, lane.rests_until or until), tokens=min(lane.tokens, 0.0))


def shut(lane: Lane, now: datetime, why: str) -> Lane:
    """It turned us away: nobody asks until a person has looked."""
    return replace(lane, shut_at=lane.shut_at or now, reason=why)
