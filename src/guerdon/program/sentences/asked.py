"""What words were asked for: the key under which they are remembered, as versions and terms never change."""

from guerdon.expressions.terms import Term
from guerdon.program.sentences.names import Naming


class Asked:
    """A term of a program in a language; the very same term, for to compare two is as long as to say one."""

    __slots__ = ("_key", "holds", "naming", "term")

    def __init__(self, term: Term, naming: Naming, *, holds: bool = True) -> None:
        # It keeps the term, so that no other can have its place in memory.
        self.term, self.naming, self.holds = term, naming, holds
        self._key = (id(term), naming.program.sha, naming.event, naming.locale, holds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)
