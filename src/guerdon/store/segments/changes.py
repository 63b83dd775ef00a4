"""When the answer of a condition about a member could change though nothing new is told, as SQL.

Within the next days only (`HORIZON_DAYS`): all members are looked at every night, so that is enough.
A bound from below: the answer does not change before it. It is exact for `days_since` beside a number and
for an instant beside the moment, and the day on which the first event leaves a window for these; what is
computed of the moment in other ways is looked at again every minute.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from guerdon.expressions import Condition, Type
from guerdon.expressions.instants import part_of_instant, read_zone
from guerdon.expressions.sql_code import sql_code
from guerdon.expressions.terms import (
    Between,
    Comparison,
    Constant,
    DaysSince,
    Fact,
    Holding,
    Part,
    Term,
    TimeArithmetic,
    Windowed,
    parts_of,
    walk,
)
from guerdon.store.segments.columns import MemberColumns, Moment

# Farther than any two days of ours are apart.
_DAYS_MAX = 1_000_000
_MINUTE = timedelta(minutes=1)
_STEPS = {"getHours": timedelta(minutes=15), "getMinutes": _MINUTE, "getSeconds": timedelta(seconds=1)}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(slots=True)
class _Found:
    """SQL of what comes: in so many days, and at these instants; NULL is never."""

    days: list[str] = field(default_factory=list)
    instants: list[str] = field(default_factory=list)


def next_change(condition: Condition, made: MemberColumns, moment: Moment, prefix: str) -> str:
    """Write when the answer could change; parameters go to those of the columns."""
    walker = _Walker(made, moment, prefix)
    found = _Found()
    walker.visit(condition.term, found)
    days = _least(found.days)
    # Beyond the last of them the array has nothing.
    instants = [*found.instants, *([f"(%(midnights)s::timestamptz[])[({days})::int4]"] if days else [])]
    if not found.instants:
        return instants[0] if instants else "null::timestamptz"
    soonest = _least(instants)
    within = "v.at < (%(midnights)s::timestamptz[])[%(horizon)s::int4]"
    return f"(select case when {within} then v.at end from (select {soonest} as at offset 0) as v)"  # noqa: S608


class _Walker:
    """Looks for what in a condition hangs on the moment."""

    def __init__(self, made: MemberColumns, moment: Moment, prefix: str) -> None:
        self.made, self.moment, self.prefix = made, moment, prefix
        self.written = 0

    def visit(self, term: Term, found: _Found) -> None:
        match term:
            case Windowed(window=window):
                found.days.append(self.made.exits[window])
            case Holding():
                self.holding(term, found)
            case DaysSince():
                found.days.append(f"case when {self.sql(term)} is not null then 1 end")
                self.visit(term.instant, found)
            case Fact(variable="event"):
                found.instants.append(self.param(_next_minute(self.moment.now)))
            case Part(of=Fact(variable="event"), part=part, zone=zone):
                found.instants.append(self.param(_next_part(part, zone, self.moment.now)))
            case Comparison() if self.comparison(term, found):
                pass
            case Between(value=DaysSince() as days, first=Constant(value=one), end=Constant(value=other)):
                self.elapsed(days, (one, other), found)
            case _:
                for each in parts_of(term):
                    self.visit(each, found)

    def comparison(self, term: Comparison, found: _Found) -> bool:
        """Add what a comparison with the moment comes to, where that can be told exactly."""
        turned = Comparison(_MIRRORED[term.sign], term.right, term.left)  # type: ignore[arg-type]
        for each in (term, turned):
            if isinstance(each.left, DaysSince) and isinstance(each.right, Constant):
                number = each.right.value
                assert isinstance(number, int)
                bounds = {"<": (number,), ">=": (number,), "<=": (number + 1,), ">": (number + 1,)}
                self.elapsed(each.left, bounds.get(each.sign, (number, number + 1)), found)
                return True
            crossed = _crossing(each.left, each.right)
            if crossed is not None:
                found.instants.append(self.after_now(crossed))
                return True
        return False

    def elapsed(self, days: DaysSince, bounds: tuple[object, ...], found: _Found) -> None:
        """Add the days on which a number of days reaches a bound."""
        for bound in bounds:
            assert isinstance(bound, int)
            if abs(bound) <= _DAYS_MAX:
                so_far = self.sql(days)
                # S608: what authors wrote is in the parameters.
                left = f"(select {bound} - v.n from (select {so_far} as n) v where v.n < {bound})"  # noqa: S608
                found.days.append(left)
        self.visit(days.instant, found)

    def after_now(self, instant: Term) -> str:
        later = "greatest(v.at, %(now)s::timestamptz + interval '1 microsecond')"
        whence = f"(select {self.sql(instant)} as at) v where v.at >= %(now)s::timestamptz"
        return f"(select {later} from {whence})"  # noqa: S608

    def holding(self, term: Holding, found: _Found) -> None:
        found.instants.append(self.made.turns[term.kind])
        if term.condition is None:
            return
        within = _Found()
        self.visit(term.condition, within)
        source = self.made.columns.holdings[term.kind].source
        if within.days:
            found.days.append(f"(select min({_least(within.days)}) from {source})")  # noqa: S608
        if within.instants:
            found.instants.append(f"(select min({_least(within.instants)}) from {source})")  # noqa: S608

    def sql(self, term: Term) -> str:
        self.written += 1
        code = sql_code(term, self.made.columns, f"{self.prefix}n{self.written}_")
        self.made.params |= code.params
        return f"({code.text})"

    def param(self, instant: datetime) -> str:
        self.written += 1
        name = f"{self.prefix}i{self.written}"
        self.made.params[name] = instant
        return f"%({name})s::timestamptz"


def _crossing(left: Term, right: Term) -> Term | None:
    """The instant at which the moment, on the left, crosses what is on the right; None: not clear."""
    if reads_moment(right):
        return None
    match left:
        case Fact(variable="event"):
            return right
        case TimeArithmetic(left=Fact(variable="event"), right=other, sign="-") if (
            other.type is Type.TIMESTAMP and not reads_moment(other)
        ):
            return TimeArithmetic("+", other, right, Type.TIMESTAMP)
        case TimeArithmetic(left=other, right=Fact(variable="event"), sign="-") if not reads_moment(other):
            return TimeArithmetic("-", other, right, Type.TIMESTAMP)
        case TimeArithmetic(left=Fact(variable="event"), right=other, sign=sign) if not reads_moment(other):
            return TimeArithmetic("-" if sign == "+" else "+", right, other, Type.TIMESTAMP)
    return None


def reads_moment(term: Term) -> bool:
    """Whether a term hangs on the moment itself."""
    return any(isinstance(part, Fact) and part.variable == "event" for part in walk(term))


def _next_minute(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE


def _next_part(part: str, zone: str, now: datetime) -> datetime:
    """When a part of the moment could be another: clocks are put forward or back on quarters of an hour."""
    step = _STEPS.get(part)
    if step is None:
        where = read_zone(zone)
        local = now.astimezone(where)
        midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return midnight.astimezone(UTC)
    read = part_of_instant(part, zone)
    began = datetime.fromtimestamp(now.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
    return next((at for n in range(1, 9) if read(at := began + n * step) != read(now)), began + step)


def _least(each: list[str]) -> str:
    return f"least({', '.join(each)})" if each else ""
