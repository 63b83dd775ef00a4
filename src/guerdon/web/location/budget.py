"""Budget: what a location was given, what of it is used, until when the rest lasts, and the way to more."""

from collections.abc import Sequence

from django.http import HttpResponse

from guerdon.access.grants import Target
from guerdon.queries.locations.budgets import PlaceBudget, load_place_budgets
from guerdon.web.location.place import Here, at_location


@at_location
def budget(here: Here) -> HttpResponse:
    """Show its budgets."""
    desk, place = here.desk, here.place
    target = Target(desk.program_id, place.market, place.key)
    movable = desk.rights.allows("budgets", "write", target)
    return here.show("budget", budgets=budgets_here(here), movable=movable)


def budgets_here(here: Here) -> Sequence[PlaceBudget]:
    """The budgets of a location, for whoever may see them."""
    desk = here.desk.seeing("budgets") if here.sees_budgets else None
    if desk is None:
        return ()
    with desk.transaction() as tx:
        found = load_place_budgets(tx, desk.program, desk.today, here.place.key)
    return found.get(here.place.key, ())
