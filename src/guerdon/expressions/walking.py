"""What every part of the type check shares: the declarations, the mistakes, and how a part is refused."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guerdon.expressions.declarations import Declarations, Type
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.syntax import Node
from guerdon.expressions.terms import Broken, Fact, ItemField, Term

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMESTAMP_HINT = "write timestamp('2026-01-31T00:00:00Z')"
DURATION_HINT = "write duration('36h')"
_PAIR_HINTS = {
    frozenset((Type.INT, Type.STRING)): "numbers stand without quotes, texts with them",
    frozenset((Type.BOOL, Type.STRING)): "true and false stand without quotes",
    frozenset((Type.TIMESTAMP, Type.STRING)): TIMESTAMP_HINT,
    frozenset((Type.TIMESTAMP, Type.INT)): TIMESTAMP_HINT,
    frozenset((Type.DURATION, Type.STRING)): DURATION_HINT,
    frozenset((Type.DURATION, Type.INT)): DURATION_HINT,
    frozenset((Type.DURATION, Type.TIMESTAMP)): "two instants have a duration between them: a - b",
}


@dataclass(slots=True)
class Inlined:
    """Derived attributes and segments of one condition: those that are read, and those that are done."""

    path: list[str] = field(default_factory=list)
    done: dict[str, Term] = field(default_factory=dict)
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)


class Walk(ABC):
    """Walks one tree and gathers its mistakes."""

    def __init__(self, declarations: Declarations, inlined: Inlined) -> None:
        self.declarations = declarations
        self.inlined = inlined
        self.mistakes: list[Mistake] = []
        # Within holds(): the one holding that is looked at, as a variable.
        self.items: Mapping[str, Mapping[str, Type]] = {}

    @abstractmethod
    def term(self, node: Node) -> Term:
        """Type one part."""

    @abstractmethod
    def anew(self, declarations: Declarations) -> "Walk":
        """Begin a walk through another text, of the same condition."""

    def refuse(self, node: Node, what: str, hint: str, meant: Type | None = None) -> Broken:
        """Note a mistake; what stands there is broken, though its type may be clear."""
        self.mistakes.append(Mistake(node.at + 1, what, hint))
        return Broken(meant)

    def expect(self, node: Node, wanted: Type, whose: str) -> Term:
        """Check a part that has to be of one type."""
        term = self.term(node)
        if term.type in (wanted, None):
            return term
        assert term.type is not None
        what = f"{whose} {wanted.value}, not {term.type.value}"
        hint = _as_bool(term) if wanted is Type.BOOL else pair_hint(wanted, term.type)
        return self.refuse(node, what, hint, wanted)


def pair_hint(one: Type, other: Type) -> str:
    """What to write so that two types meet."""
    return _PAIR_HINTS.get(frozenset((one, other)), "both sides must be of one type")


def _as_bool(term: Term) -> str:
    name = term.field if isinstance(term, Fact | ItemField) else "event.x"
    match term.type:
        case Type.STRING:
            return f"compare it: {name} == 'text'"
        case Type.TIMESTAMP:
            return f"compare it: {name} < timestamp('2026-01-31T00:00:00Z')"
        case Type.DURATION:
            return f"compare it: {name} < duration('36h')"
        case _:
            return f"compare it: {name} > 0"
