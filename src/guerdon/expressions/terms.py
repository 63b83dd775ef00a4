"""A condition whose types are known: what the compilers read.

Every term is well-typed by construction, but for `Broken`, which stands where a mistake was found and
never reaches a compiler. A term has a value of its type, or is unknown. What is written once is one object,
wherever it stands: a derived attribute that three parts of a condition read is computed by one term.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from guerdon.expressions.declarations import Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guerdon.expressions.windows import Window

Value = bool | int | str | datetime | timedelta
ComparisonSign = Literal["==", "!=", "<", "<=", ">", ">="]
ArithmeticSign = Literal["+", "-", "*", "/", "%"]
Rounding = Literal["down", "half_up", "half_even"]
Search = Literal["startsWith", "endsWith", "contains"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the condition."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of the event or of the member."""

    variable: str
    name: str
    type: Type

    @property
    def field(self) -> str:
        """The name that authors and receipts use."""
        return f"{self.variable}.{self.name}"


@dataclass(frozen=True, slots=True)
class ItemField:
    """`vehicle.class` within `holds(vehicle, ...)`: a field of the holding that is looked at."""

    variable: str
    name: str
    type: Type

    @property
    def field(self) -> str:
        """The name that authors and receipts use."""
        return f"{self.variable}.{self.name}"


@dataclass(frozen=True, slots=True)
class Windowed:
    """`count(...)` or `sum(...)`: what a member did within a window; never missing."""

    window: Window
    type: ClassVar[Type] = Type.INT


@dataclass(frozen=True, slots=True)
class Holding:
    """`holds(vehicle, vehicle.class == 'suv')`: one true holding decides, whatever of others is unknown."""

    kind: str
    condition: Term | None
    type: ClassVar[Type] = Type.BOOL

    @property
    def key(self) -> str:
        """The name of the fact that lists a member's holdings of this kind."""
        return f"holds({self.kind})"


@dataclass(frozen=True, slots=True)
class Present:
    """`has(event.deposit)`."""

    fact: Fact | ItemField
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Known:
    """`has(member.level)` of a derived attribute: whether its expression has a value."""

    operand: Term
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Not:
    """`!a`."""

    operand: Term
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Negative:
    """`-a`."""

    operand: Term
    type: ClassVar[Type] = Type.INT


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two integers and an operator that can overflow."""

    sign: ArithmeticSign
    left: Term
    right: Term
    type: ClassVar[Type] = Type.INT


@dataclass(frozen=True, slots=True)
class Joined:
    """Two texts as one."""

    left: Term
    right: Term
    type: ClassVar[Type] = Type.STRING


@dataclass(frozen=True, slots=True)
class TimeArithmetic:
    """Instants and durations: `instant - instant`, `instant + duration` and their like."""

    sign: Literal["+", "-"]
    left: Term
    right: Term
    type: Type


@dataclass(frozen=True, slots=True)
class Part:
    """`instant.getHours('Europe/Berlin')`, or the whole hours of a duration, which has no zone."""

    part: str
    of: Term
    zone: str
    type: ClassVar[Type] = Type.INT


@dataclass(frozen=True, slots=True)
class DaysSince:
    """`days_since(instant)`: days from its day, in its zone, to the day of the event, in the program's."""

    instant: Term
    happened_at: Fact
    zone: str
    zone_of_instant: str
    type: ClassVar[Type] = Type.INT


@dataclass(frozen=True, slots=True)
class Rated:
    """`rate(amount, '1.25', 'half_up')`, as `amount * times / parts`."""

    amount: Term
    times: int
    parts: int
    rounding: Rounding
    type: ClassVar[Type] = Type.INT


@dataclass(frozen=True, slots=True)
class Between:
    """`between(value, first, end)`: `first <= value && value < end`, with the value computed once."""

    value: Term
    first: Term
    end: Term
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values of one type."""

    sign: ComparisonSign
    left: Term
    right: Term
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Membership:
    """`a in [b, c]`; all options are computed, so one unknown option makes it unknown."""

    item: Term
    options: tuple[Term, ...]
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class TextTest:
    """`text.startsWith(part)` and its like."""

    search: Search
    text: Term
    part: Term
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Length:
    """`size(text)`, in characters."""

    text: Term
    type: ClassVar[Type] = Type.INT


@dataclass(frozen=True, slots=True)
class Every:
    """`a && b`: one false part decides, whatever else is unknown."""

    parts: tuple[Term, ...]
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Some:
    """`a || b`: one true part decides, whatever else is unknown."""

    parts: tuple[Term, ...]
    type: ClassVar[Type] = Type.BOOL


@dataclass(frozen=True, slots=True)
class Choice:
    """`a ? b : c`: only the branch taken is computed."""

    condition: Term
    then: Term
    otherwise: Term
    type: Type


@dataclass(frozen=True, slots=True)
class Broken:
    """A mistake stands here; `type` is what it would have been, where that is clear."""

    type: Type | None = None


Term = (
    Constant
    | Fact
    | ItemField
    | Windowed
    | Holding
    | Present
    | Known
    | Not
    | Negative
    | Arithmetic
    | Joined
    | TimeArithmetic
    | Part
    | DaysSince
    | Rated
    | Between
    | Comparison
    | Membership
    | TextTest
    | Length
    | Every
    | Some
    | Choice
    | Broken
)


def parts_of(term: Term) -> Iterator[Term]:
    """The terms that a term is made of."""
    for each in fields(term):
        part = getattr(term, each.name)
        if isinstance(part, tuple):
            yield from part
        elif isinstance(part, Term):
            yield part


def walk(term: Term) -> Iterator[Term]:
    """The term and all that it is made of, each object once."""
    waiting = [term]
    seen = set()
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            waiting += parts_of(part)


def facts_read(term: Term) -> frozenset[Fact]:
    """Find the fields that a term asks for, also by `has`."""
    return frozenset(part for part in walk(term) if isinstance(part, Fact))


def windows_read(term: Term) -> frozenset[Window]:
    """Find the windows that a term reads."""
    return frozenset(part.window for part in walk(term) if isinstance(part, Windowed))


def holdings_read(term: Term) -> frozenset[str]:
    """Find the kinds of holdings that a term looks at."""
    return frozenset(part.kind for part in walk(term) if isinstance(part, Holding))


def size_of(term: Term, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many parts a term has, counted as often as they are computed, and how deep they are nested.

    `known` keeps what was counted before, so that a part that stands in many places is walked once.
    """
    if id(term) not in known:
        sizes = [size_of(part, known) for part in parts_of(term)]
        known[id(term)] = 1 + sum(size for size, _ in sizes), 1 + max((deep for _, deep in sizes), default=0)
    return known[id(term)]
