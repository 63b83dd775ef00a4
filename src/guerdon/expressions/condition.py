"""A condition of a program, ready to be asked about an event and a member; and expressions of other types.

Its answer is `True`, `False` or `Unknown`; unknown means that the rule does not apply, and says which field
had no value. The code for the common case is tried first, and what it cannot decide is read in full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from guerdon.expressions.check import check_expression
from guerdon.expressions.clauses import Clause, Piece, find_pieces
from guerdon.expressions.declarations import Declarations, Type
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.python_code import Decide, python_code
from guerdon.expressions.terms import Term, Value, facts_read, holdings_read, windows_read
from guerdon.expressions.three_valued import Reading, Unknown, three_valued
from guerdon.expressions.windows import Window


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A checked expression; `reads` are the plain fields it asks for, as (variable, name).

    `windows` and `holdings` have to be among the member's facts, under `Window.key` and `holds(<kind>)`;
    without them it raises `NotLoaded`. `clock` says that the answer changes with the time alone.
    The facts must be of their declared types: nothing looks again.
    """

    text: str
    term: Term = field(repr=False)
    reads: frozenset[tuple[str, str]]
    windows: frozenset[Window]
    holdings: frozenset[str]
    _decide: Decide = field(repr=False)
    _in_full: Reading = field(repr=False)

    @property
    def clock(self) -> bool:
        """Whether it reads the moment, be it by `days_since`."""
        return ("event", "happened_at") in self.reads

    def __call__(self, event: Mapping[str, object], member: Mapping[str, object]) -> Value | Unknown:
        """Compute from the event and the member; a field may be absent or `None`."""
        try:
            value: Value = self._decide(event, member)
        except (LookupError, ArithmeticError):
            found: Value | Unknown = self._in_full(event, member)
            return found
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Condition(Expression):
    """A checked expression whose value is a bool."""

    _pieces: Sequence[Piece] = field(repr=False)

    def __call__(self, event: Mapping[str, object], member: Mapping[str, object]) -> bool | Unknown:
        """Decide about the event and the member; a field may be absent or `None`."""
        try:
            decided: bool = self._decide(event, member)
        except (LookupError, ArithmeticError):
            answer: bool | Unknown = self._in_full(event, member)
            return answer
        return decided

    def explain(self, event: Mapping[str, object], member: Mapping[str, object]) -> Sequence[Clause]:
        """Answer for each part that `&&` joins; the first that is not true is the reason."""
        return [piece.explain(event, member) for piece in self._pieces]


def compile_condition(text: str, declarations: Declarations) -> Condition | list[Mistake]:
    """Read, check and compile a condition, or give all its mistakes, first things first."""
    tree = parse_condition(text)
    if isinstance(tree, Mistake):
        return [tree]
    term = check_expression(tree, declarations, Type.BOOL, "a condition is")
    if isinstance(term, list):
        return term
    return Condition(
        text, term, *_read_by(term), python_code(term), three_valued(term), find_pieces(text, tree, term)
    )


def compile_expression(text: str, declarations: Declarations, wanted: Type) -> Expression | list[Mistake]:
    """Read, check and compile an expression whose value must be of the type that is wanted."""
    tree = parse_condition(text)
    if isinstance(tree, Mistake):
        return [tree]
    term = check_expression(tree, declarations, wanted, "this expression is")
    if isinstance(term, list):
        return term
    return Expression(text, term, *_read_by(term), python_code(term), three_valued(term))


def _read_by(term: Term) -> tuple[frozenset[tuple[str, str]], frozenset[Window], frozenset[str]]:
    reads = frozenset((fact.variable, fact.name) for fact in facts_read(term))
    return reads, windows_read(term), holdings_read(term)
