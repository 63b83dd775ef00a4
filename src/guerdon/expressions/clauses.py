"""The parts of a condition that `&&` joins, for saying which of them was not true, and why.

Parts are found in the text, so that they read as the author wrote them. They are computed again, in full:
this is for the one who asks, not for the hot path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.syntax import Chain, Node
from guerdon.expressions.terms import (
    Broken,
    Every,
    Fact,
    Holding,
    Term,
    Windowed,
    walk,
)
from guerdon.expressions.three_valued import Reading, Unknown, three_valued
from guerdon.expressions.tokens import find_tokens

READY_MAX = 4096


@dataclass(frozen=True, slots=True)
class Clause:
    """A part as it is written, its answer, and the value of each fact it reads; None where there was none.

    `term` is what the part means, for whoever says it in words.
    """

    text: str
    answer: object
    seen: Mapping[str, object]
    term: Term = field(default=Broken(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of a condition's text with its meaning."""

    text: str
    term: Term

    def explain(self, event: Mapping[str, object], member: Mapping[str, object]) -> Clause:
        """Compute the part and gather what it saw."""
        read, places = _ready(self)
        facts = {"event": event, "member": member}
        seen = {key: facts[variable].get(name) for key, variable, name in places}
        return Clause(self.text, read(event, member), seen, self.term)


@lru_cache(maxsize=READY_MAX)
def _ready(piece: Piece) -> tuple[Reading, Sequence[tuple[str, str, str]]]:
    """The meaning of a part, and the facts that it reads: key, variable and name."""
    places: set[tuple[str, str, str]] = set()
    for part in walk(piece.term):
        match part:
            case Fact(variable=variable, name=name):
                places.add((part.field, variable, name))
            case Windowed(window=window):
                places.add((window.key, "member", window.key))
            case Holding(key=key):
                places.add((key, "member", key))
    return three_valued(piece.term), sorted(places)


def find_pieces(text: str, tree: Node, term: Term) -> Sequence[Piece]:
    """Cut a condition where `&&` stands outside of all brackets."""
    ends = _ends(text)
    if not isinstance(tree, Chain) or tree.sign != "&&" or not isinstance(term, Every):
        return [Piece(text.strip(), term)]
    places = list(zip(tree.parts, term.parts, strict=True))
    pieces = []
    for start, end in ends:
        within = tuple(part for node, part in places if start <= node.at < end)
        if within:
            pieces.append(Piece(text[start:end].strip(), within[0] if len(within) == 1 else Every(within)))
    return pieces


def first_not_true(clauses: Sequence[Clause]) -> Clause | None:
    """The reason why a condition did not apply: false comes before unknown, as one false part decides."""
    untrue = [each for each in clauses if each.answer is not True]
    return next((each for each in untrue if not isinstance(each.answer, Unknown)), next(iter(untrue), None))


def _ends(text: str) -> list[tuple[int, int]]:
    tokens = find_tokens(text)
    assert not isinstance(tokens, Mistake), "a condition that was compiled can be read"
    found, start, depth = [], 0, 0
    for token in tokens:
        depth += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        if depth == 0 and token.kind in ("||", "?"):
            return [(0, len(text))]
        if depth == 0 and token.kind == "&&":
            found.append((start, token.at))
            start = token.at + 2
    return [*found, (start, len(text))]
