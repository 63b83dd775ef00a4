"""The tree of a condition as it was written, before anything is known about its types.

A node's `at` is its place in the text. What CEL has and Guerdon does not take is a `Foreign` node, so that
one mistake of that kind does not hide the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from guerdon.expressions.mistakes import Mistake

NODES_MAX = 200
DEPTH_MAX = 32


@dataclass(frozen=True, slots=True)
class Literal:
    """`true`, `12` or `'retail'`; an integer has no sign yet and may be too large."""

    at: int
    value: bool | int | str


@dataclass(frozen=True, slots=True)
class Name:
    """`event`."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """`event.deposit`."""

    at: int
    owner: Node
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`size(event.code)`, or `event.code.size()` with the text as target."""

    at: int
    name: str
    target: Node | None
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """`['retail', 'fleet']`."""

    at: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`!a` or `-a`."""

    at: int
    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """A comparison, `in`, or arithmetic."""

    at: int
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """`a && b && c` or `a || b || c`, kept flat so that a long list of conditions is not a deep tree."""

    at: int
    sign: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """`a ? b : c`."""

    at: int
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Foreign:
    """A part of CEL that is not taken, and what to write instead."""

    at: int
    what: str
    hint: str


Node = Literal | Name | Select | Call | ListOf | Unary | Binary | Chain | Conditional | Foreign


def check_size(tree: Node) -> Mistake | None:
    """Refuse a tree too large or too deep for what walks it later by recursion."""
    count = 0
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > NODES_MAX:
            return Mistake(None, f"more than {NODES_MAX} parts in one condition", "split it into two rules")
        if depth > DEPTH_MAX:
            return Mistake(node.at + 1, f"nested more than {DEPTH_MAX} deep", "make it simpler, or split it")
        waiting += ((each, depth + 1) for each in _children(node))
    return None


def _children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911 (one case for each node)
    match node:
        case Select(owner=owner):
            return (owner,)
        case Call(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case ListOf(items=items):
            return items
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Chain(parts=parts):
            return parts
        case Conditional():
            return (node.condition, node.then, node.otherwise)
        case Literal() | Name() | Foreign():
            return ()
