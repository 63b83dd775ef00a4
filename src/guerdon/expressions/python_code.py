"""A condition as Python code, for the hot path: one dictionary look-up and one native comparison a field.

The code is built as a syntax tree from checked terms, so no text of an author is ever source; it reaches
the event, the member, its own constants and a few functions named here, and no builtins. It only knows true
and false: where a value is missing or arithmetic fails it raises, and the three-valued reading decides.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, cast

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
    Windowed,
)
from guerdon.expressions.three_valued import joined, part_reader

Decide = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]

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


def _items(member: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    """Give the member's holdings; without them the reading in full says what is wrong."""
    items: Sequence[Mapping[str, Any]] | None = member[key]
    return _missing() if items is None else items


def _known(_value: object) -> bool:
    """Say that what was computed without raising has a value."""
    return True


class _Writer:
    """Writes expressions and gathers the names they use."""

    def __init__(self) -> None:
        functions = ("added", "subtracted", "multiplied", "quotient", "remainder", "negated", "rated")
        self.names: dict[str, Any] = {name: getattr(integers, name) for name in functions}
        self.names |= {"moved": instants.moved, "apart": instants.apart, "joined": joined}
        self.names |= {"__builtins__": {}, "missing": _missing, "known": _known, "items": _items}
        self.names |= {"size": len, "some": any}

    def expression(self, term: Term) -> ast.expr:  # noqa: C901, PLR0911, PLR0912 (one case for each term)
        match term:
            case Constant(value=value):
                return self.constant(value)
            case Fact(variable=variable, name=name):
                return _given(variable, name)
            case ItemField(name=name):
                return _given("item", name)
            case Windowed(window=window):
                return _given("member", window.key)
            case Present(fact=fact):
                owner = "item" if isinstance(fact, ItemField) else fact.variable
                given = _method(_name(owner), "get", ast.Constant(fact.name))
                return ast.Compare(given, [ast.IsNot()], [ast.Constant(None)])
            case Known(operand=operand):
                return _call("known", self.expression(operand))
            case Holding():
                return self.holding(term)
            case Not(operand=operand):
                return ast.UnaryOp(ast.Not(), self.expression(operand))
            case Negative(operand=operand):
                return _call("negated", self.expression(operand))
            case Arithmetic(sign=sign, left=left, right=right):
                return _call(_COMPUTED[sign], self.expression(left), self.expression(right))
            case Comparison(sign=compared, left=left, right=right):
                return _compare(self.expression(left), _COMPARED[compared](), self.expression(right))
            case Between(value=value, first=first, end=end):
                ends = [self.expression(value), self.expression(end)]
                return ast.Compare(self.expression(first), [ast.LtE(), ast.Lt()], ends)
            case Joined(left=left, right=right):
                return _call("joined", self.expression(left), self.expression(right))
            case TimeArithmetic(sign=sign, left=left, right=right):
                function = "moved" if sign == "+" else "apart"
                return _call(function, self.expression(left), self.expression(right))
            case Part(part=part, of=of, zone=zone):
                return self.called(part_reader(part, zone), of)
            case DaysSince():
                days = instants.days_between(term.zone, term.zone_of_instant)
                return self.called(days, term.instant, term.happened_at)
            case Rated():
                rate = [ast.Constant(each) for each in (term.times, term.parts, term.rounding)]
                return _call("rated", self.expression(term.amount), *rate)
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
        return _name(self.named(value))

    def named(self, value: object) -> str:
        name = f"constant_{len(self.names)}"
        self.names[name] = value
        return name

    def called(self, function: Callable[..., Any], *arguments: Term) -> ast.expr:
        return _call(self.named(function), *(self.expression(each) for each in arguments))

    def holding(self, term: Holding) -> ast.expr:
        """Write `some(condition for item in items(member, "holds(vehicle)"))`."""
        items = _call("items", _name("member"), ast.Constant(term.key))
        if term.condition is None:
            return _compare(_call("size", items), ast.Gt(), ast.Constant(0))
        each = ast.comprehension(ast.Name("item", ast.Store()), items, [], 0)
        return _call("some", ast.GeneratorExp(self.expression(term.condition), [each]))

    def membership(self, term: Membership) -> ast.expr:
        # A tuple of constants is one constant to Python, and one of fields is computed in order.
        options = ast.Tuple([self.expression(each) for each in term.options], ast.Load())
        return _compare(self.expression(term.item), ast.In(), options)

    def text_test(self, term: TextTest) -> ast.expr:
        text, part = self.expression(term.text), self.expression(term.part)
        if term.search == "contains":
            return _compare(part, ast.In(), text)
        return _method(text, _SEARCHED[term.search], part)


def _given(variable: str, name: str) -> ast.expr:
    """Write `(value if (value := event["deposit"]) is not None else missing())`."""
    looked_up = ast.Subscript(_name(variable), ast.Constant(name), ast.Load())
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
