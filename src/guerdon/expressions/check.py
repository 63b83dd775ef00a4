"""The type check: syntax and declarations in, a well-typed term out, or every mistake at once.

Names, types and functions are all judged here, once, when a program is loaded; what passes cannot fail at
run time but by a missing value or by arithmetic.
"""

from typing import Literal, cast

from guerdon.expressions import syntax
from guerdon.expressions.check_calls import CallCheck
from guerdon.expressions.check_names import measure
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
    ItemField,
    Joined,
    Membership,
    Negative,
    Not,
    Some,
    Term,
    TimeArithmetic,
)
from guerdon.expressions.walking import Inlined, pair_hint
from guerdon.values.problems import did_you_mean

# What + and - make of two types; of all others they are arithmetic, or a mistake.
_SUMS = {
    ("+", Type.TIMESTAMP, Type.DURATION): Type.TIMESTAMP,
    ("+", Type.DURATION, Type.TIMESTAMP): Type.TIMESTAMP,
    ("+", Type.DURATION, Type.DURATION): Type.DURATION,
    ("-", Type.TIMESTAMP, Type.DURATION): Type.TIMESTAMP,
    ("-", Type.TIMESTAMP, Type.TIMESTAMP): Type.DURATION,
    ("-", Type.DURATION, Type.DURATION): Type.DURATION,
}


def check_condition(tree: Node, declarations: Declarations) -> Term | list[Mistake]:
    """Type the tree, whose value must be a bool."""
    return check_expression(tree, declarations, Type.BOOL, "a condition is")


def check_expression(
    tree: Node, declarations: Declarations, wanted: Type, whose: str
) -> Term | list[Mistake]:
    """Type the tree, whose value must be of the type that is wanted."""
    checker = _Checker(declarations, Inlined())
    term = checker.expect(tree, wanted, whose)
    if checker.mistakes:
        return sorted(checker.mistakes, key=lambda each: each.column or 0)
    too_large = measure(term, checker.inlined.sizes)
    return [too_large] if too_large else term


class _Checker(CallCheck):
    """Types every kind of node."""

    def anew(self, declarations: Declarations) -> "_Checker":
        return _Checker(declarations, self.inlined)

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
            if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
                what = "a text with a NUL or half a character in it"
                return self.refuse(node, what, "no field can hold it: remove it", Type.STRING)
            return Constant(value, Type.STRING)
        if not INT_MIN <= value * factor <= INT_MAX:
            return self.refuse(node, "this number is beyond 64 bits", f"at most {INT_MAX}", Type.INT)
        return Constant(value * factor, Type.INT)

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
        if sign in ("+", "-"):
            return self.sum_of(node, "+" if sign == "+" else "-")
        if sign in ("*", "/", "%"):
            left = self.expect(node.left, Type.INT, f"{sign} takes")
            return Arithmetic(
                cast("ArithmeticSign", sign), left, self.expect(node.right, Type.INT, f"{sign} takes")
            )
        left, right = self.term(node.left), self.term(node.right)
        self.same_type(node, sign, left, right)
        return Comparison(cast("ComparisonSign", sign), left, right)

    def sum_of(self, node: syntax.Binary, sign: Literal["+", "-"]) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        if left.type is None or right.type is None:
            return Broken(left.type or right.type)
        if left.type is right.type is Type.INT:
            return Arithmetic(sign, left, right)
        if left.type is right.type is Type.STRING and sign == "+":
            return Joined(left, right)
        made = _SUMS.get((sign, left.type, right.type))
        if made is not None:
            return TimeArithmetic(sign, left, right, made)
        hint = pair_hint(left.type, right.type)
        if left.type is right.type:
            hint = "numbers, texts (+), instants and durations"
        what = f"{sign} does not take {left.type.value} and {right.type.value}"
        return self.refuse(node, what, hint)

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
        self.refuse(node, what, pair_hint(left.type, right.type))

    def possible(self, node: Node, one: Term, other: Term) -> None:
        """Refuse to compare a field with a text that it can never hold."""
        if not isinstance(one, Fact | ItemField) or not isinstance(other, Constant):
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
