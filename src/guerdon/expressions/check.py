"""The type check: syntax and declarations in, a well-typed term out, or every mistake at once.

Names, types and functions are all judged here, once, when a program is loaded; what passes cannot fail at
run time but by a missing value or by arithmetic.
"""

from typing import cast

from guerdon.expressions import syntax
from guerdon.expressions.calls import FOREIGN, TAKEN, read_timestamp
from guerdon.expressions.declarations import Declarations, Type
from guerdon.expressions.integers import INT_MAX, INT_MIN
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.syntax import Node
from guerdon.expressions.terms import (
    Arithmetic,
    ArithmeticSign,
    Broken,
    Choice,
    Comparison,
    ComparisonSign,
    Constant,
    Every,
    Fact,
    Length,
    Membership,
    Negative,
    Not,
    Present,
    Search,
    Some,
    Term,
    TextTest,
)
from guerdon.values.problems import did_you_mean

_TIMESTAMP_HINT = "write timestamp('2026-01-31T00:00:00Z')"
_PAIR_HINTS = {
    frozenset((Type.INT, Type.STRING)): "numbers stand without quotes, texts with them",
    frozenset((Type.BOOL, Type.STRING)): "true and false stand without quotes",
    frozenset((Type.TIMESTAMP, Type.STRING)): _TIMESTAMP_HINT,
    frozenset((Type.TIMESTAMP, Type.INT)): _TIMESTAMP_HINT,
}


def check_condition(tree: Node, declarations: Declarations) -> Term | list[Mistake]:
    """Type the tree, whose value must be a bool."""
    checker = _Checker(declarations)
    term = checker.expect(tree, Type.BOOL, "a condition is")
    if checker.mistakes:
        return sorted(checker.mistakes, key=lambda each: each.column or 0)
    return term


class _Checker:
    """Walks one tree and gathers its mistakes."""

    def __init__(self, declarations: Declarations) -> None:
        self.declarations = declarations
        self.mistakes: list[Mistake] = []

    def refuse(self, node: Node, what: str, hint: str, meant: Type | None = None) -> Broken:
        self.mistakes.append(Mistake(node.at + 1, what, hint))
        return Broken(meant)

    def expect(self, node: Node, wanted: Type, whose: str) -> Term:
        """Check a part that has to be of one type."""
        term = self.term(node)
        if term.type in (wanted, None):
            return term
        assert term.type is not None
        what = f"{whose} {wanted.value}, not {term.type.value}"
        hint = _as_bool(term) if wanted is Type.BOOL else _pair_hint(wanted, term.type)
        return self.refuse(node, what, hint, wanted)

    def term(self, node: Node) -> Term:  # noqa: C901, PLR0911 (one case for each node)
        match node:
            case syntax.Literal():
                return self.literal(node, 1)
            case syntax.Select():
                return self.fact(node)
            case syntax.Call():
                return self.call(node)
            case syntax.Unary():
                return self.unary(node)
            case syntax.Binary():
                return self.binary(node)
            case syntax.Chain(sign=sign):
                parts = tuple(self.expect(each, Type.BOOL, f"{sign} takes") for each in node.parts)
                return Every(parts) if sign == "&&" else Some(parts)
            case syntax.Conditional():
                return self.choice(node)
            case syntax.Name(name=name):
                return self.name(node, name)
            case syntax.ListOf():
                return self.refuse(node, "a list stands only on the right of in", "event.x in ['a', 'b']")
            case syntax.Foreign(what=what, hint=hint):
                return self.refuse(node, what, hint)

    def literal(self, node: syntax.Literal, factor: int) -> Term:
        value = node.value
        if isinstance(value, bool):
            return Constant(value, Type.BOOL)
        if isinstance(value, str):
            return Constant(value, Type.STRING)
        if not INT_MIN <= value * factor <= INT_MAX:
            return self.refuse(node, "this number is beyond 64 bits", f"at most {INT_MAX}", Type.INT)
        return Constant(value * factor, Type.INT)

    def name(self, node: Node, name: str) -> Term:
        variables = self.declarations.variables
        if name in variables:
            return self.refuse(node, f"{name} is no value by itself", f"name one of its fields: {name}.field")
        owners = [f"{variable}.{name}" for variable, fields in variables.items() if name in fields]
        hint = f"did you mean {' or '.join(owners)}?" if owners else "a field is event.name or member.name"
        return self.refuse(node, f"unknown name {name}", hint)

    def fact(self, node: syntax.Select) -> Fact | Broken:
        if not isinstance(node.owner, syntax.Name):
            if not isinstance(node.owner, syntax.Select | syntax.Literal):
                self.term(node.owner)
            return self.refuse(node, f".{node.name} after a value is not taken", "fields have no fields")
        variable, variables = node.owner.name, self.declarations.variables
        fields = variables.get(variable)
        if fields is None:
            return self.refuse(node, f"unknown name {variable}", did_you_mean(variable, variables))
        if node.name in fields:
            return Fact(variable, node.name, fields[node.name])
        elsewhere = [each for each, names in variables.items() if node.name in names]
        hint = f"did you mean {elsewhere[0]}.{node.name}?" if elsewhere else did_you_mean(node.name, fields)
        return self.refuse(node, f"unknown field {variable}.{node.name}", hint)

    def unary(self, node: syntax.Unary) -> Term:
        if node.sign == "!":
            return Not(self.expect(node.operand, Type.BOOL, "! takes"))
        if isinstance(node.operand, syntax.Literal) and type(node.operand.value) is int:
            # The sign belongs to the number: the smallest integer has no positive twin.
            return self.literal(node.operand, -1)
        return Negative(self.expect(node.operand, Type.INT, "- takes"))

    def binary(self, node: syntax.Binary) -> Term:
        sign = node.sign
        if sign == "in":
            return self.membership(node)
        if sign in ("+", "-", "*", "/", "%"):
            left = self.expect(node.left, Type.INT, f"{sign} takes")
            return Arithmetic(
                cast("ArithmeticSign", sign), left, self.expect(node.right, Type.INT, f"{sign} takes")
            )
        left, right = self.term(node.left), self.term(node.right)
        self.same_type(node, sign, left, right)
        return Comparison(cast("ComparisonSign", sign), left, right)

    def membership(self, node: syntax.Binary) -> Term:
        item = self.term(node.left)
        if not isinstance(node.right, syntax.ListOf):
            return self.refuse(
                node.right, "in takes a list that is written out", "event.x in ['a', 'b']", Type.BOOL
            )
        options = tuple(self.term(each) for each in node.right.items)
        for each, option in zip(node.right.items, options, strict=True):
            self.same_type(each, "in", item, option)
        return Membership(item, options)

    def same_type(self, node: Node, sign: str, left: Term, right: Term) -> None:
        if left.type is None or right.type is None or left.type is right.type:
            self.possible(node, left, right)
            self.possible(node, right, left)
            return
        what = f"{sign} compares {left.type.value} with {right.type.value}"
        self.refuse(node, what, _pair_hint(left.type, right.type))

    def possible(self, node: Node, one: Term, other: Term) -> None:
        """Refuse to compare a field with a text that it can never hold."""
        if not isinstance(one, Fact) or not isinstance(other, Constant):
            return
        choices = self.declarations.choices.get((one.variable, one.name))
        if choices is not None and isinstance(other.value, str) and other.value not in choices:
            self.refuse(
                node, f"{one.field} is never {other.value[:40]!r}", did_you_mean(other.value, choices)
            )

    def choice(self, node: syntax.Conditional) -> Term:
        condition = self.expect(node.condition, Type.BOOL, "? takes")
        then = self.term(node.then)
        if then.type is None:
            return Broken(self.term(node.otherwise).type)
        otherwise = self.expect(node.otherwise, then.type, "both sides of : are")
        return Choice(condition, then, otherwise, then.type)

    def call(self, node: syntax.Call) -> Term:
        shape = TAKEN.get(node.name)
        if node.name in FOREIGN:
            return self.refuse(node, *FOREIGN[node.name])
        if shape is None:
            return self.refuse(node, f"unknown function {node.name}()", did_you_mean(node.name, TAKEN))
        if (node.target is not None, len(node.arguments)) not in shape.forms:
            return self.refuse(
                node, f"{node.name}() is not called like this", f"write {shape.example}", shape.type
            )
        given = (*(() if node.target is None else (node.target,)), *node.arguments)
        if node.name == "has":
            return self.present(given[0])
        if node.name == "timestamp":
            return self.timestamp(given[0])
        texts = [self.expect(each, Type.STRING, f"{node.name}() takes") for each in given]
        return (
            Length(texts[0])
            if node.name == "size"
            else TextTest(cast("Search", node.name), texts[0], texts[1])
        )

    def present(self, node: Node) -> Term:
        if not isinstance(node, syntax.Select):
            return self.refuse(node, "has() takes one field", f"write {TAKEN['has'].example}", Type.BOOL)
        fact = self.fact(node)
        return Present(fact) if isinstance(fact, Fact) else Broken(Type.BOOL)

    def timestamp(self, node: Node) -> Term:
        if not isinstance(node, syntax.Literal) or not isinstance(node.value, str):
            return self.refuse(
                node, "timestamp() takes a text that is written out", _TIMESTAMP_HINT, Type.TIMESTAMP
            )
        instant = read_timestamp(node.value)
        if instant is None:
            return self.refuse(node, f"{node.value[:40]!r} is no instant", _TIMESTAMP_HINT, Type.TIMESTAMP)
        return Constant(instant, Type.TIMESTAMP)


def _pair_hint(one: Type, other: Type) -> str:
    return _PAIR_HINTS.get(frozenset((one, other)), "both sides must be of one type")


def _as_bool(term: Term) -> str:
    name = term.field if isinstance(term, Fact) else "event.x"
    match term.type:
        case Type.STRING:
            return f"compare it: {name} == 'text'"
        case Type.TIMESTAMP:
            return f"compare it: {name} < timestamp('2026-01-31T00:00:00Z')"
        case _:
            return f"compare it: {name} > 0"
