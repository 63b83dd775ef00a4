"""From text to syntax: the CEL grammar of cel-python, driven by lark.

Only the grammar's file is used: neither cel-python's evaluator nor its types are ever imported. Nodes are
built while the parser reduces, without recursion, so no text can exhaust the stack here.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from lark import Lark, Transformer, UnexpectedToken
from lark import Token as LarkToken

from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.syntax import (
    Binary,
    Call,
    Chain,
    Conditional,
    Foreign,
    ListOf,
    Literal,
    Name,
    Node,
    Select,
    Unary,
    check_size,
)
from guerdon.expressions.tokens import Token, find_tokens

_WHOLE_NUMBERS = "numbers are whole here: write money in its smallest part, 25.00 EUR as 2500"
_LITERALS = {
    "FLOAT_LIT": ("fractions are not taken", _WHOLE_NUMBERS),
    "UINT_LIT": ("unsigned numbers are not taken", "write the number without the u"),
    "NULL_LIT": ("null is not taken", "ask with has(event.x), or !has(event.x)"),
}
_WORDS_FOR_SIGNS = {"and": "write && for and", "or": "write || for or"}


def parse_condition(text: str) -> Node | Mistake:
    """Read the text; a text that is no CEL has one mistake, where reading stopped."""
    tokens = find_tokens(text)
    if isinstance(tokens, Mistake):
        return tokens
    if not tokens:
        return Mistake(None, "the condition is empty", "write one such as event.deposit > 0, or leave it out")
    parser, kinds = _grammar()
    reading = parser.parse_interactive()
    for before, token in zip(["", *(each.text for each in tokens)], tokens, strict=False):
        try:
            reading.feed_token(LarkToken(kinds.get(token.kind, token.kind), token.text, token.at))
        except UnexpectedToken:
            return _unexpected(token, before)
    try:
        tree = cast("Node", reading.feed_token(LarkToken("$END", "")))
    except UnexpectedToken:
        return Mistake(
            len(text) + 1, f"something is missing after {tokens[-1].text}", "a value, or a bracket"
        )
    return check_size(tree) or tree


@cache
def _grammar() -> tuple[Lark, dict[str, str]]:
    """Build the parser once, and the grammar's names of the marks and keywords."""
    package = find_spec("celpy")
    assert package is not None, "cel-python is not installed"
    assert package.submodule_search_locations is not None
    parser = Lark(
        (Path(package.submodule_search_locations[0]) / "cel.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="basic",
        start="expr",
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=_Reductions(),
    )
    kinds = {each.pattern.value: each.name for each in parser.terminals if each.pattern.type == "str"}
    return parser, kinds


def _unexpected(token: Token, before: str) -> Mistake:
    hint = "an operator such as == or && is missing before it, or it is one too many"
    if before == "not":
        hint = "write ! for not"
    return Mistake(
        token.at + 1, f"{token.text!r} is not expected here", _WORDS_FOR_SIGNS.get(token.text, hint)
    )


def _token(child: object) -> LarkToken:
    assert isinstance(child, LarkToken)
    return child


def _at(child: object) -> int:
    place = _token(child).start_pos
    assert place is not None
    return place


def _node(child: object) -> Node:
    assert isinstance(child, Node)
    return child


def _nodes(children: Sequence[object]) -> tuple[Node, ...]:
    return tuple(each for each in children if isinstance(each, Node))


class _Reductions(Transformer[LarkToken, Node]):
    """One method for each rule of the grammar, named as the rule is; children are nodes and tokens."""

    def _only(self, children: list[object]) -> Node:
        return _node(children[0])

    member = primary = _only

    def literal(self, children: list[object]) -> Node:
        written = _token(children[0])
        at = _at(written)
        match written.type:
            case "BOOL_LIT":
                return Literal(at, written == "true")
            case "INT_LIT":
                return Literal(at, int(written, 16 if written.startswith("0x") else 10))
            case "STRING_LIT":
                return Literal(at, str(written))
            case kind:
                return Foreign(at, *_LITERALS[kind])

    def ident(self, children: list[object]) -> Node:
        return Name(_at(children[0]), str(children[0]))

    def member_dot(self, children: list[object]) -> Node:
        owner = _node(children[0])
        return Select(owner.at, owner, str(children[2]))

    def ident_arg(self, children: list[object]) -> Node:
        return Call(_at(children[0]), str(children[0]), None, _listed(children))

    def member_dot_arg(self, children: list[object]) -> Node:
        target = _node(children[0])
        return Call(_at(children[2]), str(children[2]), target, _listed(children))

    def exprlist(self, children: list[object]) -> Node:
        items = _nodes(children)
        return ListOf(items[0].at, items)

    def list_lit(self, children: list[object]) -> Node:
        return ListOf(_at(children[0]), _listed(children))

    def paren_expr(self, children: list[object]) -> Node:
        return _node(children[1])

    def _sign(self, children: list[object]) -> LarkToken:
        return _token(children[0])

    unary_not = unary_neg = _sign

    def unary(self, children: list[object]) -> Node:
        if len(children) == 1:
            return _node(children[0])
        return Unary(_at(children[0]), str(children[0]), _node(children[1]))

    def _left(self, children: list[object]) -> tuple[Node, str]:
        return _node(children[0]), str(children[1])

    relation_lt = relation_le = relation_gt = relation_ge = relation_eq = relation_ne = relation_in = _left
    addition_add = addition_sub = multiplication_mul = multiplication_div = multiplication_mod = _left

    def _binary(self, children: list[object]) -> Node:
        if len(children) == 1:
            return _node(children[0])
        left, sign = cast("tuple[Node, str]", children[0])
        return Binary(left.at, sign, left, _node(children[1]))

    relation = addition = multiplication = _binary

    def _chain(self, children: list[object]) -> Node:
        first = _node(children[0])
        if len(children) == 1:
            return first
        sign = str(children[1])
        before = first.parts if isinstance(first, Chain) and first.sign == sign else (first,)
        return Chain(first.at, sign, (*before, _node(children[2])))

    conditionalor = conditionaland = _chain

    def expr(self, children: list[object]) -> Node:
        if len(children) == 1:
            return _node(children[0])
        condition, then, otherwise = _nodes(children)
        return Conditional(condition.at, condition, then, otherwise)

    def member_index(self, children: list[object]) -> Node:
        return Foreign(
            _node(children[0]).at, "[...] after a value is not taken", "write a field as event.name"
        )

    def member_object(self, children: list[object]) -> Node:
        return Foreign(_node(children[0]).at, "messages {...} are not taken", "compare fields one by one")

    def map_lit(self, children: list[object]) -> Node:
        return Foreign(_at(children[0]), "maps {...} are not taken", "compare fields one by one")

    def dot_ident(self, children: list[object]) -> Node:
        return Foreign(_at(children[0]), "a name cannot begin with a point", "write event.name")

    dot_ident_arg = dot_ident

    def fieldinits(self, children: list[object]) -> Node:
        return ListOf(0, _nodes(children))

    mapinits = fieldinits


def _listed(children: list[object]) -> tuple[Node, ...]:
    """Take the items out of what stands between two brackets, which may be nothing."""
    between = children[-2]
    return between.items if isinstance(between, ListOf) else ()
