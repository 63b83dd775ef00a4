"""Standings: a stored member as rules see them, read by the types the program declares."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from guerdon.program.fields import Read, read_field
from guerdon.program.model import Program
from guerdon.rules.facts import Standing
from guerdon.store.members import MemberRow

_decode = msgspec.json.Decoder(dict[str, object]).decode


def standing_of(program: Program, row: MemberRow) -> Standing:
    """A member as rules see them."""
    attributes = _attributes(_Declared(program), row.market, row.language, row.location, row.attributes)
    return Standing(
        row.member_id, row.market, row.language, row.location, attributes, row.enrolled_at, row.state
    )


class _Declared:
    """A program that counts as equal to any other of its text: the key of the cache beside it."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Declared) and self.program.sha == other.program.sha

    def __hash__(self) -> int:
        return hash(self.program.sha)


# Members are many, but what rules may know of them repeats: market, language, location and a few attributes.
@lru_cache(maxsize=20_000)
def _attributes(
    declared: _Declared, market: str, language: str, location: str | None, stored: str
) -> Mapping[str, object]:
    attributes: dict[str, object] = {"market": market, "language": language}
    if location:
        attributes["location"] = location
    given = _decode(stored)
    for key, field in declared.program.attributes.items():
        if given.get(key) is not None:
            read = read_field(field, given[key])
            # A value that no longer fits its declaration is missing: the receipt then names it.
            if isinstance(read, Read):
                attributes[key] = read.value
    return attributes
