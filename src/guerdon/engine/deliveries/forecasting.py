"""Forecasts: when an order or a reward that is under way will be there, by what is known of those before it.

An order that its supplier does not have yet waits for those before it, at the pace agreed with that
supplier, and then as long as 95 % of the last two weeks' orders took there. One of an item with a lead time
is expected when its member was told, that long after choosing; others say nothing of it, nor it of them. One
that lasts longer than these is expected to last as long again as it has, and so is everything of which
nothing is known yet: what is late tends to stay late. A reward that waits for people takes as long as the
middle of those of late that waited at least as long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.program.catalog.nouns import Promise
from guerdon.queries.deliveries.underway import APPROVAL, NOTHING, Underway

# What may be asked of a supplier that says nothing of it, in a minute.
PER_MINUTE = 60
# Fewer than these say nothing of the slowest twentieth.
ENOUGH = 20
# So much of what is promised at most may pass in silence, whatever the forecast says.
SHARE_USED = 0.75
# The same of what an item takes: most come towards its end, so that only its last days are short.
LEAD_USED = 0.9


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of late: each supplier's pace and 95 %, and how long people took to agree, in order."""

    per_minute: Mapping[str, int]
    handed: Mapping[str, timedelta]
    agreed: Sequence[timedelta]


def expected_at(each: Underway, known: Known, now: datetime) -> datetime:
    """When it will be there."""
    waited = max(now - each.since, NOTHING)
    if each.supplier == APPROVAL:
        return now + _until_agreed(waited, known.agreed)
    queue = NOTHING
    if each.place is not None:
        queue = timedelta(minutes=each.place / max(known.per_minute.get(each.supplier, PER_MINUTE), 1))
    if each.lead:
        return max(each.since + each.lead, now + queue) if waited < each.lead else now + queue + waited
    usual = known.handed.get(each.supplier)
    if each.place is not None:
        return now + queue + (waited if usual is None else usual)
    return now + (waited if usual is None or waited >= usual else usual - waited)


def at_most(each: Underway, promise: Promise) -> timedelta:
    """How long our part of it may take at most: as promised, or as long as its item takes after choosing."""
    return max(promise.at_most, each.before + each.lead) if each.lead else promise.at_most


def stands(each: Underway, promise: Promise, due: datetime, now: datetime) -> str:
    """How it stands with what is promised at most: kept so far, at risk, or broken already."""
    lasted, most = each.lasted(now), at_most(each, promise)
    if lasted > most:
        return "broken"
    late = each.before + (due - each.since) > most
    share = SHARE_USED if most == promise.at_most else LEAD_USED
    return "risk" if late or lasted >= most * share else "kept"


def breaks_at(each: Underway, promise: Promise) -> datetime:
    """When the promise breaks if it is not there by then."""
    return each.since + at_most(each, promise) - each.before


def _until_agreed(waited: timedelta, agreed: Sequence[timedelta]) -> timedelta:
    longer = [each for each in agreed if each > waited]
    return longer[len(longer) // 2] - waited if longer else waited
