"""The pace of an account: so many questions a minute, kept in its lane's row for all who ask it."""

from dataclasses import replace
from datetime import datetime, timedelta

from guerdon.store.orders.lanes import Lane

MINUTE_S = 60.0


def filled(lane: Lane, per_minute: int, now: datetime) -> Lane:
    """What may be asked by now: a second's worth is saved up at most, so no second sees more than two."""
    a_second = per_minute / MINUTE_S
    most = max(1.0, a_second)
    if lane.filled_at is None:
        return replace(lane, tokens=most, filled_at=now)
    # A clock that went back gives nothing.
    passed_s = max((now - lane.filled_at).total_seconds(), 0.0)
    return replace(lane, tokens=min(most, lane.tokens + passed_s * a_second), filled_at=now)


def spent(lane: Lane, questions: int) -> Lane:
    """So many questions fewer."""
    return replace(lane, tokens=lane.tokens - questions)


def next_at(lane: Lane, per_minute: int, now: datetime) -> datetime:
    """When the next question may be asked."""
    missing = max(1.0 - lane.tokens, 0.0)
    return now + timedelta(seconds=missing * MINUTE_S / per_minute)
