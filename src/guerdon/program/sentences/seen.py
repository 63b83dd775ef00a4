"""The values that a part of a condition saw, each with its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guerdon.expressions.terms import Fact, Holding, Term, Windowed, walk
from guerdon.program.sentences.asked import Asked
from guerdon.program.sentences.names import Naming
from guerdon.program.sentences.saying import REMEMBERED_MAX, value_words
from guerdon.program.sentences.scales import PLAIN, Scale

HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact by its name, and its value as people read it; `key` is what authors call it."""

    key: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class _Read:
    """A fact that a term reads; `hidden`: its value says who somebody is."""

    key: str
    name: str
    scale: Scale
    hidden: bool = False


def seen_words(term: Term, seen: Mapping[str, object], naming: Naming) -> list[Seen]:
    """Every fact that a term reads, with what it was; what says who somebody is stays hidden."""
    return [
        Seen(read.key, read.name, HIDDEN if read.hidden else naming.shown(seen.get(read.key), read.scale))
        for read in _reads(Asked(term, naming))
    ]


@lru_cache(maxsize=REMEMBERED_MAX)
def _reads(asked: Asked) -> Sequence[_Read]:
    naming = asked.naming
    found: dict[str, _Read] = {}
    for part in walk(asked.term):
        match part:
            case Fact():
                scale, hidden = naming.scale(part), naming.is_personal(part)
                found[part.field] = _Read(part.field, naming.fact(part), scale, hidden)
            case Windowed(window=window):
                hidden = naming.is_personal_sum(window)
                found[window.key] = _Read(window.key, value_words(part, naming), naming.scale(part), hidden)
            case Holding(key=key, kind=kind):
                found[key] = _Read(key, naming.holding(kind), PLAIN)
    return tuple(found[key] for key in sorted(found))
