"""What lies in two scopes at once: of who may read one part of a program, and do something in another."""

from collections.abc import Mapping

from guerdon.access.grants import Scope


def within_both(one: Scope, other: Scope, markets: Mapping[str, str]) -> Scope | None:
    """The part that both cover, by the market of each location; None where they have nothing in common.

    Never an empty scope, which would be the whole program.
    """
    if one.whole:
        return other
    if other.whole:
        return one
    shared = tuple(sorted({*one.markets} & {*other.markets}))
    places = {place for place in one.locations if other.covers(markets.get(place), place)}
    places |= {place for place in other.locations if one.covers(markets.get(place), place)}
    left = tuple(sorted(place for place in places if markets.get(place) not in shared))
    return Scope(shared, left) if shared or left else None
