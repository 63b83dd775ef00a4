"""The meaning of a condition in full: true, false or unknown.

A missing value, and arithmetic that has no result, make unknown what is computed from them; `&&`, `||` and
`?:` are decided all the same where the other parts suffice. Each term becomes one closure. This is what a
condition means; the faster Python code hands over to it whenever a value is missing.
Windows and holdings are loaded for a condition that reads them: one that was not loaded is nobody's missing
value but our mistake, and raises.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from guerdon.expressions import instants, integers
from guerdon.expressions.terms import (
    Arithmetic,
    Between,
    Broken,
    Choice,
    Comparison,
    Constant,
    DaysSince,
    Every,
    Fact,
    Holding,
    ItemField,
    Joined,
    Known,
    Length,
    Membership,
    Negative,
    Not,
    Part,
    Present,
    Rated,
    Some,
    Term,
    TextTest,
    TimeArithmetic,
    Value,
    Windowed,
)


class NotLoaded(RuntimeError):  # noqa: N818 (a state of the facts, as it is spoken of)
    """A window or a list of holdings was not handed in, though the condition says that it reads it."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither true nor false: the first field without a value, or no field when arithmetic failed."""

    field: str | None
    why: str

    def __bool__(self) -> NoReturn:
        # `if condition(...)` would take unknown for true and pay a reward for it.
        raise TypeError("unknown is neither true nor false: compare with `is True`")


Facts = Mapping[str, object]
# So that no condition can make a long text, of which a larger one would make a longer one.
JOINED_LENGTH_MAX = 4096
# What a term gives is of the type that was checked, so its consumers need not look again.
Reading = Callable[[Facts, Facts], Any]
# One term's own: beside event and member the holding that is looked at, which is empty outside of holds().
_Read = Callable[[Facts, Facts, Facts], Any]

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPUTED: dict[str, Callable[[int, int], int]] = {
    "+": integers.added,
    "-": integers.subtracted,
    "*": integers.multiplied,
    "/": integers.quotient,
    "%": integers.remainder,
}
_SEARCHED: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}


def three_valued(term: Term) -> Reading:
    """Make the function of (event, member) that gives the term's value or `Unknown`."""
    read = _reading(term)
    return lambda event, member: read(event, member, {})


def _reading(term: Term) -> _Read:  # noqa: C901, PLR0911 (one case for each term)
    match term:
        case Constant(value=value):
            return lambda _event, _member, _item: value
        case Fact() | ItemField():
            return _field(term)
        case Windowed(window=window):
            return _loaded(window.key)
        case Holding():
            return _holding(term)
        case Present(fact=fact):
            return _is_known(_field(fact))
        case Known(operand=operand):
            return _is_known(_reading(operand))
        case Every(parts=parts):
            return _chain(parts, decides=False)
        case Some(parts=parts):
            return _chain(parts, decides=True)
        case Choice():
            return _choice(term)
        case Between():
            return _between(term)
        case Broken():
            raise AssertionError("a condition with mistakes has no meaning")
        case _:
            compute, operands = _computed(term)
            return _strict(compute, operands)


_Strict = (
    Not
    | Negative
    | Arithmetic
    | Joined
    | TimeArithmetic
    | Part
    | DaysSince
    | Rated
    | Comparison
    | TextTest
    | Membership
    | Length
)


def _computed(term: _Strict) -> tuple[Callable[..., Value], Sequence[Term]]:  # noqa: C901, PLR0911
    """What is computed from values that must all be known, and from which."""
    match term:
        case Not(operand=operand):
            return operator.not_, [operand]
        case Negative(operand=operand):
            return integers.negated, [operand]
        case Arithmetic(sign=sign, left=left, right=right):
            return COMPUTED[sign], [left, right]
        case Joined(left=left, right=right):
            return joined, [left, right]
        case TimeArithmetic(sign=sign, left=left, right=right):
            return instants.moved if sign == "+" else instants.apart, [left, right]
        case Part(part=part, of=of, zone=zone):
            return part_reader(part, zone), [of]
        case DaysSince():
            days = instants.days_between(term.zone, term.zone_of_instant)
            return days, [term.instant, term.happened_at]
        case Rated(amount=amount):
            return (lambda of: integers.rated(of, term.times, term.parts, term.rounding)), [amount]
        case Comparison(sign=compared, left=left, right=right):
            return _COMPARED[compared], [left, right]
        case TextTest(search=search, text=text, part=sought):
            return _SEARCHED[search], [text, sought]
        case Membership(item=item, options=options):
            return _is_among, [item, *options]
        case Length(text=text):
            return len, [text]


def joined(left: str, right: str) -> str:
    """`left + right`."""
    if len(left) + len(right) > JOINED_LENGTH_MAX:
        raise OverflowError(f"a text of more than {JOINED_LENGTH_MAX} characters")
    return left + right


def part_reader(part: str, zone: str) -> Callable[..., int]:
    """Read a part of an instant in its zone or, without one, of a duration."""
    return instants.part_of_instant(part, zone) if zone else instants.part_of_duration(part)


def _is_among(item: Value, *options: Value) -> bool:
    return item in options


def _field(fact: Fact | ItemField) -> _Read:
    name, missing = fact.name, Unknown(fact.field, f"{fact.field} has no value")

    def read_event(event: Facts, _member: Facts, _item: Facts) -> object:
        value = event.get(name)
        return missing if value is None else value

    def read_member(_event: Facts, member: Facts, _item: Facts) -> object:
        value = member.get(name)
        return missing if value is None else value

    def read_item(_event: Facts, _member: Facts, item: Facts) -> object:
        value = item.get(name)
        return missing if value is None else value

    if isinstance(fact, ItemField):
        return read_item
    return read_event if fact.variable == "event" else read_member


def _is_known(read: _Read) -> _Read:
    return lambda event, member, item: type(read(event, member, item)) is not Unknown


def _loaded(key: str) -> _Read:
    def read(_event: Facts, member: Facts, _item: Facts) -> object:
        value = member.get(key)
        if value is None:
            raise NotLoaded(f"{key} was not loaded for the condition that reads it")
        return value

    return read


def _holding(term: Holding) -> _Read:
    """Look at every holding: one that is true decides, and then one that is unknown."""
    listed = _loaded(term.key)
    if term.condition is None:
        return lambda event, member, item: len(listed(event, member, item)) > 0
    condition = _reading(term.condition)

    def read(event: Facts, member: Facts, item: Facts) -> object:
        unknown: object = False
        for each in listed(event, member, item):
            value = condition(event, member, each)
            if value is True:
                return True
            if unknown is False:
                unknown = value
        return unknown

    return read


def _strict(compute: Callable[..., Value], operands: Sequence[Term]) -> _Read:
    """Compute from values that must all be known; the first that is not stands for the result."""
    readings = [_reading(each) for each in operands]

    def read(event: Facts, member: Facts, item: Facts) -> object:
        values = []
        for reading in readings:
            value = reading(event, member, item)
            if type(value) is Unknown:
                return value
            values.append(value)
        try:
            return compute(*values)
        except ArithmeticError as fault:
            return Unknown(None, str(fault))

    return read


def _chain(parts: Sequence[Term], *, decides: bool) -> _Read:
    """Read `&&` (false decides) or `||` (true decides), whichever side it stands on."""
    readings = [_reading(each) for each in parts]

    def read(event: Facts, member: Facts, item: Facts) -> object:
        unknown: Unknown | None = None
        for reading in readings:
            value = reading(event, member, item)
            if value is decides:
                return decides
            if unknown is None and type(value) is Unknown:
                unknown = value
        return (not decides) if unknown is None else unknown

    return read


def _choice(term: Choice) -> _Read:
    condition, then, otherwise = (_reading(each) for each in (term.condition, term.then, term.otherwise))

    def read(event: Facts, member: Facts, item: Facts) -> object:
        decided = condition(event, member, item)
        if type(decided) is Unknown:
            return decided
        return then(event, member, item) if decided else otherwise(event, member, item)

    return read


def _between(term: Between) -> _Read:
    """Read `first <= value && value < end`: one side that is false decides."""
    first, value, end = (_reading(each) for each in (term.first, term.value, term.end))

    def read(event: Facts, member: Facts, item: Facts) -> object:
        sides = [each(event, member, item) for each in (first, value, end)]
        low, middle, high = sides
        if type(middle) is Unknown:
            return low if type(low) is Unknown else middle
        if type(low) is not Unknown and not low <= middle:
            return False
        if type(high) is not Unknown and not middle < high:
            return False
        return next((each for each in sides if type(each) is Unknown), True)

    return read
