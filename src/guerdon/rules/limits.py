"""Limits: how much or how often something may be given in a period, to one or at one place or by one.

A reward fits whole or not at all. Days, months and years are those of the program's time zone in which it
happened; a limit of the last hours counts whole hours, so it may count some minutes more than it names, never
fewer. The limit that stood in the way is the first in the program's order, one that refuses before one that
holds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec

from guerdon.program.model import Limit, LimitPeriod
from guerdon.rules.facts import SHARED, AllowanceKey, Facts, Occasion
from guerdon.rules.playbook import FIELD_LIMITS, QUARTER_HOUR_S, Bound

LIFE = datetime(1, 1, 1)  # noqa: DTZ001  a name for a period, in no zone
HOUR = timedelta(hours=1)
QUARTERS = 4
# Longer values of a field are named by their hash.
VALUE_LENGTH_MAX = 80
CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f]")


class Use(msgspec.Struct, frozen=True, gc=False):
    """What a reward would use of a limit: so much under this key, beside what was used since `first`."""

    bound: Bound
    key: AllowanceKey
    first: datetime

    def used(self, facts: Facts) -> int:
        """What has been used already."""
        if self.first == self.key[2]:
            return facts.used(self.key)
        return facts.used_since(self.key, self.first)


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A limit counts by a field that the event does not have."""

    field: str


def uses_of(
    bounds: Iterable[Bound], unit: str, occasion: Occasion, member_id: int, zone: ZoneInfo
) -> list[Use] | Uncounted:
    """What a reward in this unit would use of each limit that counts it."""
    uses = []
    for bound in bounds:
        if bound.unit is not None and bound.unit != unit:
            continue
        name = bound.name or _name_of(bound, occasion)
        if name is None:
            if bound.limit.per in FIELD_LIMITS:
                return Uncounted(bound.limit.field or "")
            # Who belongs to no location uses up no location's share.
            continue
        owner = member_id if bound.own else SHARED
        if bound.limit.period != "hours":
            first = last = _period_start(bound.limit.period, occasion.day)
        else:
            first, last = _first_and_last(quarter_of(occasion.happened_at), bound.limit.hours, zone)
        uses.append(Use(bound, (owner, name, last), first))
    return uses


def shared_keys(bounds: Iterable[Bound], occasion: Occasion, zone: ZoneInfo) -> Iterator[AllowanceKey]:
    """What has to be known of limits that members share to count something that happened so."""
    for bound in bounds:
        name = None if bound.own else bound.name or _name_of(bound, occasion)
        if name is not None:
            for period in periods_of(bound.limit, occasion, zone):
                yield (SHARED, name, period)


def _name_of(bound: Bound, occasion: Occasion) -> str | None:
    by_field = bound.limit.per in FIELD_LIMITS
    told = occasion.fields.get(bound.limit.field or "") if by_field else occasion.location
    return None if told is None else f"{bound.limit.key}:{named(told)}"


def exceeded(uses: Sequence[Use], facts: Facts, value: int) -> Limit | None:
    """The limit that a reward of this value would pass, or None."""
    held: Limit | None = None
    for use in uses:
        bound = use.bound
        if use.used(facts) + (1 if bound.unit is None else value) > bound.ceiling:
            if bound.limit.over == "refuse":
                return bound.limit
            held = held or bound.limit
    return held


def use_up(uses: Sequence[Use], facts: Facts, value: int) -> None:
    """Fold a reward into every limit that counts it."""
    for use in uses:
        facts.fold_allowance(use.key, 1 if use.bound.unit is None else value)


def give_back(uses: Sequence[Use], facts: Facts, amount: int, *, whole: bool) -> None:
    """Fold what a reward that is taken back had used: an amount as much as was taken, a time once all was."""
    for use in uses:
        back = amount if use.bound.unit is not None else int(whole)
        # Never below nothing, where a version counted that no longer reads.
        back = min(back, facts.used(use.key))
        if back:
            facts.fold_allowance(use.key, -back)


def is_counted(fields: Mapping[str, object]) -> bool:
    """Whether limits had counted a reward that came from this: people's own signatures see past them."""
    approval = fields.get("approval")
    # No field of a program's events holds a mapping.
    return not isinstance(approval, Mapping) or approval.get("counted") is True


def named(value: object) -> str:
    """A field's value as part of a name."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = str(value)
    if len(told) <= VALUE_LENGTH_MAX and not CONTROL_CHARACTER.search(told):
        return told
    # A hash that SQL has too: the daily control counts again under the same names.
    return sha256(told.encode()).hexdigest()[:32]


def periods_of(limit: Limit, occasion: Occasion, zone: ZoneInfo) -> Sequence[datetime]:
    """The periods that a limit looks at for something that happened then, its own last."""
    if limit.period != "hours":
        return (_period_start(limit.period, occasion.day),)
    return _hours(quarter_of(occasion.happened_at), limit.hours, zone)


def quarter_of(instant: datetime) -> int:
    """The quarter of an hour that an instant is in: no zone changes its offset within one."""
    return int(instant.timestamp()) // QUARTER_HOUR_S


@lru_cache(maxsize=10_000)
def _hours(quarter: int, back: int, zone: ZoneInfo) -> Sequence[datetime]:
    first, hour = _first_and_last(quarter, back, zone)
    return tuple(first + n * HOUR for n in range(round((hour - first) / HOUR) + 1))


@lru_cache(maxsize=10_000)
def _first_and_last(quarter: int, back: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    hour = _hour_of(quarter, zone)
    return min(_hour_of(quarter - back * QUARTERS, zone), hour), hour


@lru_cache(maxsize=10_000)
def _period_start(period: LimitPeriod, day: date) -> datetime:
    match period:
        case "day":
            return datetime(day.year, day.month, day.day)  # noqa: DTZ001  named by the zone's own calendar
        case "month":
            return datetime(day.year, day.month, 1)  # noqa: DTZ001
        case "year":
            return datetime(day.year, 1, 1)  # noqa: DTZ001
        case _:
            return LIFE


@lru_cache(maxsize=10_000)
def _hour_of(quarter: int, zone: ZoneInfo) -> datetime:
    instant = datetime.fromtimestamp(quarter * QUARTER_HOUR_S, zone)
    return instant.replace(minute=0, second=0, microsecond=0, tzinfo=None)
