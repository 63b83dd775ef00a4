"""The meaning of a condition in full: true, false or unknown.

A missing value, and arithmetic that has no result, make unknown what is computed from them; `&&`, `||` and
`?:` are decided all the same where the other parts suffice. Each term becomes one closure. This is what a
condition means; the faster Python code hands over to it whenever a value is missing.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from guerdon.expressions import integers
from guerdon.expressions.terms import (
    Arithmetic,
    Broken,
    Choice,
    Comparison,
    Constant,
    Every,
    Fact,
    Length,
    Membership,
    Negative,
    Not,
    Present,
    Some,
    Term,
    TextTest,
    Value,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither true nor false: the first field without a value, or no field when arithmetic failed."""

    field: str | None
    why: str

    def __bool__(self) -> NoReturn:
        # `if condition(...)` would take unknown for true and pay a reward for it.
        raise TypeError("unknown is neither true nor false: compare with `is True`")


Facts = Mapping[str, object]
# What a term gives is of the type that was checked, so its consumers need not look again.
Reading = Callable[[Facts, Facts], Any]

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


def three_valued(term: Term) -> Reading:  # noqa: C901, PLR0911, PLR0912 (one case for each term)
    """Make the function of (event, member) that gives the term's value or `Unknown`."""
    match term:
        case Constant(value=value):
            return lambda _event, _member: value
        case Fact():
            return _fact(term)
        case Present(fact=fact):
            given = _fact(fact)
            return lambda event, member: type(given(event, member)) is not Unknown
        case Not(operand=operand):
            return _strict(operator.not_, [operand])
        case Negative(operand=operand):
            return _strict(integers.negated, [operand])
        case Arithmetic(sign=sign, left=left, right=right):
            return _strict(COMPUTED[sign], [left, right])
        case Comparison(sign=compared, left=left, right=right):
            return _strict(_COMPARED[compared], [left, right])
        case TextTest(search=search, text=text, part=part):
            return _strict(_SEARCHED[search], [text, part])
        case Membership(item=item, options=options):
            return _strict(_is_among, [item, *options])
        case Length(text=text):
            return _strict(len, [text])
        case Every(parts=parts):
            return _chain(parts, decides=False)
        case Some(parts=parts):
            return _chain(parts, decides=True)
        case Choice():
            return _choice(term)
        case Broken():
            raise AssertionError("a condition with mistakes has no meaning")


def _is_among(item: Value, *options: Value) -> bool:
    return item in options


def _fact(fact: Fact) -> Reading:
    name, missing = fact.name, Unknown(fact.field, f"{fact.field} has no value")

    def read_event(event: Facts, _member: Facts) -> object:
        value = event.get(name)
        return missing if value is None else value

    def read_member(_event: Facts, member: Facts) -> object:
        value = member.get(name)
        return missing if value is None else value

    return read_event if fact.variable == "event" else read_member


def _strict(compute: Callable[..., Value], operands: Sequence[Term]) -> Reading:
    """Compute from values that must all be known; the first that is not stands for the result."""
    readings = [three_valued(each) for each in operands]

    def read(event: Facts, member: Facts) -> object:
        values = []
        for reading in readings:
            value = reading(event, member)
            if type(value) is Unknown:
                return value
            values.append(value)
        try:
            return compute(*values)
        except ArithmeticError as fault:
            return Unknown(None, str(fault))

    return read


def _chain(parts: Sequence[Term], *, decides: bool) -> Reading:
    """Read `&&` (false decides) or `||` (true decides), whichever side it stands on."""
    readings = [three_valued(each) for each in parts]

    def read(event: Facts, member: Facts) -> object:
        unknown: Unknown | None = None
        for reading in readings:
            value = reading(event, member)
            if value is decides:
                return decides
            if unknown is None and type(value) is Unknown:
                unknown = value
        return (not decides) if unknown is None else unknown

    return read


def _choice(term: Choice) -> Reading:
    condition, then, otherwise = (three_valued(each) for each in (term.condition, term.then, term.otherwise))

    def read(event: Facts, member: Facts) -> object:
        decided = condition(event, member)
        if type(decided) is Unknown:
            return decided
        return then(event, member) if decided else otherwise(event, member)

    return read
