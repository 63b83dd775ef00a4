"""What lies in two scopes at once, and never more."""

from itertools import product

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.access.narrowing import within_both

MARKETS = {"hamburg": "DE", "kiel": "DE", "lyon": "FR"}
SCOPES = (
    WHOLE_PROGRAM,
    Scope(("DE",)),
    Scope(("FR",)),
    Scope(("DE", "FR")),
    Scope((), ("hamburg",)),
    Scope((), ("hamburg", "lyon")),
    Scope(("FR",), ("kiel",)),
    Scope(("AT",), ("nowhere",)),
)


def test_both_cover_it_or_neither_does() -> None:
    for one, other in product(SCOPES, SCOPES):
        found = within_both(one, other, MARKETS)
        assert found is None or found.whole == (one.whole and other.whole)
        for place, market in MARKETS.items():
            both = one.covers(market, place) and other.covers(market, place)
            assert (found is not None and found.covers(market, place)) == both, (one, other, place)
        for market in ("DE", "FR", "AT"):
            both = one.covers(market) and other.covers(market)
            assert (found is not None and found.covers(market)) == both, (one, other, market)
