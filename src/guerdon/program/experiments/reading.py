"""Reading `holdout`: for whom nothing happens, so that one can see what happens."""

from collections.abc import Collection

from guerdon.program.experiments.holdouts import EACH, PERCENT_MAX, Holdout
from guerdon.program.places import Place

FIELDS = ("percent", "each", "markets")


def read_holdout(
    place: Place | None, program: str, markets: Collection[str], *, campaigns: bool
) -> Holdout | None:
    """Read `holdout`; where no rule is a campaign's it would withhold nothing, and is a slip."""
    if place is None:
        return None
    given = place.fields(required=["percent"], optional=FIELDS[1:])
    percent = given["percent"].whole(1, PERCENT_MAX) if "percent" in given else None
    each = given["each"].one_of(EACH, "period") if "each" in given else "half_year"
    named = given["markets"].some_of(markets, "market") if "markets" in given else ()
    if not campaigns:
        place.wrong(
            "no rule is a campaign's, so nothing is withheld from anybody",
            "write `promise: campaign` in a rule whose reward nobody was promised",
        )
    if percent is None or each is None:
        return None
    return Holdout(program, percent, each, frozenset(named))
