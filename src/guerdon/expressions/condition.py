"""A condition of a program, ready to be asked about an event and a member.

Its answer is `True`, `False` or `Unknown`; unknown means that the rule does not apply, and says which field
had no value. The code for the common case is tried first, and what it cannot decide is read in full.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from guerdon.expressions.check import check_condition
from guerdon.expressions.declarations import Declarations
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.python_code import Decide, python_code
from guerdon.expressions.terms import facts_read
from guerdon.expressions.three_valued import Reading, Unknown, three_valued


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A checked condition; `reads` are the fields it asks for, as (variable, name).

    The facts must be of their declared types: nothing looks again.
    """

    text: str
    reads: frozenset[tuple[str, str]]
    _decide: Decide = field(repr=False)
    _in_full: Reading = field(repr=False)

    def __call__(self, event: Mapping[str, object], member: Mapping[str, object]) -> bool | Unknown:
        """Decide about the event and the member; a field may be absent or `None`."""
        try:
            return self._decide(event, member)
        except (LookupError, ArithmeticError):
            answer: bool | Unknown = self._in_full(event, member)
            return answer


def compile_condition(text: str, declarations: Declarations) -> Condition | list[Mistake]:
    """Read, check and compile a condition, or give all its mistakes, first things first."""
    tree = parse_condition(text)
    if isinstance(tree, Mistake):
        return [tree]
    term = check_condition(tree, declarations)
    if isinstance(term, list):
        return term
    reads = frozenset((fact.variable, fact.name) for fact in facts_read(term))
    return Condition(text, reads, python_code(term), three_valued(term))
