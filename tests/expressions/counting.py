"""What conditions are made of, counted: operators and functions as written, and each by the types it met."""

from collections.abc import Iterator
from dataclasses import fields

from guerdon.expressions import syntax
from guerdon.expressions.calls import OPERATORS, TAKEN
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.terms import (
    Arithmetic,
    Between,
    Choice,
    Comparison,
    Membership,
    Part,
    Rated,
    Term,
    TimeArithmetic,
    walk,
)

EVERYTHING = {*OPERATORS, "-x", *(f"{name}()" for name in TAKEN)}


def written(text: str) -> set[str]:
    """The operators and functions that stand in a condition."""
    tree = parse_condition(text)
    assert not isinstance(tree, Mistake)
    return {name for node in _nodes(tree) if (name := _name(node)) is not None}


def met(term: Term) -> set[str]:
    """The same with types, also within derived attributes and segments."""
    return {name for part in walk(term) if (name := _typed(part)) is not None}


def _name(node: object) -> str | None:
    match node:
        case syntax.Unary(sign="-"):
            return "-x"
        case syntax.Unary(sign=sign) | syntax.Binary(sign=sign) | syntax.Chain(sign=sign):
            return sign
        case syntax.Conditional():
            return "?:"
        case syntax.Call(name=name):
            return f"{name}()"
    return None


def _typed(term: Term) -> str | None:  # noqa: PLR0911 (one case for each term)
    match term:
        case Comparison(sign=sign, left=left):
            return f"{sign} {_type(left)}"
        case Membership(item=item):
            return f"in {_type(item)}"
        case Arithmetic(sign=sign):
            return f"{sign} int"
        case TimeArithmetic(sign=sign, left=left, right=right):
            return f"{_type(left)} {sign} {_type(right)}"
        case Choice(type=kind):
            return f"?: {kind.value}"
        case Between(value=value):
            return f"between {_type(value)}"
        case Part(part=part, zone=zone):
            return f"{part} of {'timestamp' if zone else 'duration'}"
        case Rated(rounding=rounding):
            return f"rate {rounding}"
    return None


def _type(term: Term) -> str:
    assert term.type is not None
    return term.type.value


def _nodes(tree: object) -> Iterator[object]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += node
        elif isinstance(node, syntax.Node):
            yield node
            waiting += (getattr(node, each.name) for each in fields(node))
