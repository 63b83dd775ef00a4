"""Limits: how much or how often one member may earn in a calendar month of the program's time zone.

A reward fits whole or is refused whole; which limit refused it is the first in the program's order.
"""

from collections.abc import Sequence
from datetime import date

from guerdon.program.model import Limit
from guerdon.rules.facts import Facts


def ceiling_of(limit: Limit) -> int:
    """What the limit allows in a period: minor units, or times."""
    if limit.amount is not None:
        return limit.amount.amount_minor
    assert limit.times is not None
    return limit.times


def counts_as(limit: Limit, value: int) -> int:
    """What a reward of this value uses of the limit."""
    return value if limit.amount is not None else 1


def month_of(day: date) -> date:
    """The first day of a day's month: the name of the period."""
    return day.replace(day=1)


def exceeded_limit(
    limits: Sequence[Limit], facts: Facts, member_id: int, month: date, value: int
) -> str | None:
    """The first limit that a reward of this value would pass, or None."""
    for limit in limits:
        if facts.used((member_id, limit.key, month)) + counts_as(limit, value) > ceiling_of(limit):
            return limit.key
    return None


def use_limits(limits: Sequence[Limit], facts: Facts, member_id: int, month: date, value: int) -> None:
    """Fold a reward into every limit that counts it."""
    for limit in limits:
        facts.fold_allowance((member_id, limit.key, month), counts_as(limit, value))
