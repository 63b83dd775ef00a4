"""A condition as Python code, for the hot path: one dictionary look-up and one native comparison a field.

The code is built as a syntax tree from checked terms, so no text of an author is ever source; it reaches
the event, the member, its own constants and a few functions named here, and no builtins. It only knows true
and false: where a value is missing or arithmetic fails it raises, and the three-valued reading decides.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

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
)

Decide = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]

_COMPARED: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
_COMPUTED = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "quotient", "%": "remainder"}
_SEARCHED = {"startsWith": "startswith", "endsWith": "endswith"}


def python_code(term: Term) -> Decide:
    """Compile the term; the function raises `LookupError` or `ArithmeticError` where it cannot decide."""
    tree, names = python_tree(term)
    exec(compile(tree, "<condition>", "exec"), names)  # noqa: S102 (a tree built here, from checked terms only)
    return cast("Decide", names["condition"])


def python_tree(term: Term) -> tuple[ast.Module, dict[str, Any]]:
    """Give the tree of the module that defines the function, and all the names that it can reach."""
    writer = _Writer()
    body = writer.expression(term)
    function = ast.parse("def condition(event, member):\n    return None").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [ast.Return(body)]
    return ast.fix_missing_locations(ast.Module([function], [])), writer.names


def _missing() -> NoReturn:
    raise LookupError


class _Writer:
    """Writes expressions and gathers the names they use."""

    def __init__(self) -> None:
        functions = ("added", "subtracted", "multiplied", "quotient", "remainder", "negated")
        self.names: dict[str, Any] = {name: getattr(integers, name) for name in functions}
        self.names |= {"__builtins__": {}, "missing": _missing, "size": len}

    def expression(self, term: Term) -> ast.expr:  # noqa: C901, PLR0911, PLR0912 (one case for each term)
        match term:
            case Constant(value=value):
                return self.constant(value)
            case Fact():
                return _fact(term)
            case Present(fact=fact):
                given = _method(_name(fact.variable), "get", ast.Constant(fact.name))
                return ast.Compare(given, [ast.IsNot()], [ast.Constant(None)])
            case Not(operand=operand):
                return ast.UnaryOp(ast.Not(), self.expression(operand))
            case Negative(operand=operand):
                return _call("negated", self.expression(operand))
            case Arithmetic(sign=sign, left=left, right=right):
                return _call(_COMPUTED[sign], self.expression(left), self.expression(right))
            case Comparison(sign=compared, left=left, right=right):
                return _compare(self.expression(left), _COMPARED[compared](), self.expression(right))
            case Membership():
                return self.membership(term)
            case TextTest():
                return self.text_test(term)
            case Length(text=text):
                return _call("size", self.expression(text))
            case Every(parts=parts):
                return ast.BoolOp(ast.And(), [self.expression(each) for each in parts])
            case Some(parts=parts):
                return ast.BoolOp(ast.Or(), [self.expression(each) for each in parts])
            case Choice(condition=condition, then=then, otherwise=otherwise):
                return ast.IfExp(*(self.expression(each) for each in (condition, then, otherwise)))
            case Broken():
                raise AssertionError("a condition with mistakes has no code")

    def constant(self, value: object) -> ast.expr:
        if isinstance(value, bool | int | str):
            return ast.Constant(value)
        # An instant cannot stand in a syntax tree; it is handed in under a name.
        name = f"constant_{len(self.names)}"
        self.names[name] = value
        return _name(name)

    def membership(self, term: Membership) -> ast.expr:
        # A tuple of constants is one constant to Python, and one of fields is computed in order.
        options = ast.Tuple([self.expression(each) for each in term.options], ast.Load())
        return _compare(self.expression(term.item), ast.In(), options)

    def text_test(self, term: TextTest) -> ast.expr:
        text, part = self.expression(term.text), self.expression(term.part)
        if term.search == "contains":
            return _compare(part, ast.In(), text)
        return _method(text, _SEARCHED[term.search], part)


def _fact(fact: Fact) -> ast.expr:
    """Write `(value if (value := event["deposit"]) is not None else missing())`."""
    looked_up = ast.Subscript(_name(fact.variable), ast.Constant(fact.name), ast.Load())
    kept = ast.NamedExpr(ast.Name("value", ast.Store()), looked_up)
    given = ast.Compare(kept, [ast.IsNot()], [ast.Constant(None)])
    return ast.IfExp(given, _name("value"), _call("missing"))


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_name(function), list(arguments), [])


def _method(target: ast.expr, method: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(target, method, ast.Load()), [argument], [])


def _compare(left: ast.expr, sign: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [sign], [right])
