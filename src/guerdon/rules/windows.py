"""What conditions count: a member's events in a window of days, as facts of the event that is decided.

An event counts itself, on the day on which it happened; what happened on later days does not count for it,
though it may have been told before.
"""

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache

import msgspec

from guerdon.expressions import Window
from guerdon.expressions.integers import INT_MAX, INT_MIN
from guerdon.rules.facts import Event, Remembered, Standing

# Between an event's type and its field; neither can hold it.
OF = "#"
# What an event adds: the bucket's name, and the field that is added up (None: the event counts as one).
Counting = tuple[tuple[str, str | None], ...]


def bucket_of(window: Window) -> str:
    """The name of the buckets that a window adds up."""
    return window.event if window.field is None else f"{window.event}{OF}{window.field}"


@lru_cache(maxsize=64)
def countings(counted: frozenset[str]) -> Mapping[str, Counting]:
    """What events of each type add to, of all that is counted: type -> buckets."""
    found: dict[str, Counting] = {}
    for bucket in sorted(counted):
        event, _, field = bucket.partition(OF)
        found[event] = (*found.get(event, ()), (bucket, field or None))
    return found


def count(kept: Remembered, counting: Counting, event: Event, member: Standing) -> None:
    """Fold an event into its member's buckets."""
    for bucket, field in counting:
        # Of what it brought, not of what the version that decides it may read: a recount knows no version.
        amount = 1 if field is None else event.data.get(field)
        if type(amount) is int and amount:
            kept.fold_day(member.member_id, bucket, event.day, amount)


def with_windows(kept: Remembered, windows: Collection[Window], event: Event, member: Standing) -> Standing:
    """The member as the rules of this event see them: with what they count."""
    seen: dict[str, object] = dict(member.seen or {})
    for window in windows:
        days = kept.days.get((member.member_id, bucket_of(window)), {})
        seen[window.key] = _total(days, window.span.first_day(event.day), event.day)
    return msgspec.structs.replace(member, attributes={**member.attributes, **seen}, seen=seen)


def first_day(windows: Collection[Window], day: date) -> date | None:
    """The first day that some window of an event of that day looks at; None: all of them."""
    firsts = [window.span.first_day(day) for window in windows]
    return None if date.min in firsts else min(firsts)


def _total(days: Mapping[date, int], first: date, last: date) -> int:
    total = sum(amount for day, amount in days.items() if first <= day <= last)
    # A sum beyond 64 bits counts as the largest number there is: it compares as it should.
    return max(INT_MIN, min(total, INT_MAX))
