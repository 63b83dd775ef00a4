"""A condition whose types are known: what the compilers read.

Every term is well-typed by construction, but for `Broken`, which stands where a mistake was found and
never reaches a compiler. A term of type BOOL, INT, STRING or TIMESTAMP has a value, or is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar, Literal

from guerdon.expressions.declarations import Type

Value = bool | int | str | datetime
ComparisonSign = Literal["==", "!=", "<", "<=", ">", ">="]
ArithmeticSign = Literal["+", "-", "*", "/", "%"]
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
class Present:
    """`has(event.deposit)`."""

    fact: Fact
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
    | Present
    | Not
    | Negative
    | Arithmetic
    | Comparison
    | Membership
    | TextTest
    | Length
    | Every
    | Some
    | Choice
    | Broken
)


def facts_read(term: Term) -> frozenset[Fact]:
    """Find the fields that a term asks for, also by `has`."""
    found: set[Fact] = set()
    waiting: list[object] = [term]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Fact):
            found.add(part)
        elif isinstance(part, tuple):
            waiting += part
        elif isinstance(part, Term):
            waiting += (getattr(part, each.name) for each in fields(part))
    return frozenset(found)
