"""Team: who works at a location, how many visits each confirmed this month, and how one more is invited."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from guerdon.access.grants import Target
from guerdon.queries.locations.team import Colleague, count_by_person, list_colleagues
from guerdon.queries.people import list_names
from guerdon.web.console.words import persona_name, role_name
from guerdon.web.location.place import Here, at_location
from guerdon.web.rooms import room


@at_location
def team(here: Here) -> HttpResponse:
    """Show the people of the location."""
    desk, place = here.desk, here.place
    zone = ZoneInfo(here.zone)
    first = desk.now.astimezone(zone).date().replace(day=1)
    begins = datetime.combine(first, time.min, zone)
    with room().reading(desk.program_id) as tx:
        colleagues = list_colleagues(tx, place.key, desk.now)
        counted = count_by_person(tx, place.key, begins, desk.now)
        known = {each.person_id for each in colleagues}
        # Who confirmed here and has no role at just this location: they left, or look after the whole market.
        others = list_names(tx, counted.keys() - known)
    target = Target(desk.program_id, place.market, place.key)
    return here.show(
        "team",
        people=[(each.name, _as(here, each), counted.get(each.person_id, 0)) for each in colleagues],
        others=sorted((name, counted[number]) for number, name in others.items()),
        total=sum(counted.values()),
        first=first,
        invite=(
            f"/console/{desk.program.key}/people/invitations?persona=after_sales&location={place.key}"
            if desk.rights.allows("people", "write", target)
            else ""
        ),
    )


def _as(here: Here, colleague: Colleague) -> str:
    """Who somebody is at work: as they were invited, else by their roles."""
    if colleague.persona:
        return persona_name(colleague.persona, here.desk.locale)
    return ", ".join(role_name(role, here.desk.locale) for role in colleague.roles)
