"""What a form asks of a new key, read and checked: it does no less, and no more, than was meant."""

from datetime import timedelta

from guerdon.engine.api_keys import WantedKey
from guerdon.store.access.api_keys import EVENTS, KEY_SCOPES
from guerdon.web.console.desk import Desk
from guerdon.web.console.keys.granting import grantable

NAME_MAX, SOURCE_MAX = 100, 200
DAYS = (30, 90, 365, 730)


def read_wanted(desk: Desk) -> WantedKey | str:
    """The key that is asked for, or why it is not made."""
    form = desk.request.POST
    name, source = form.get("name", "").strip(), form.get("source", "").strip()
    if not name or len(name) > NAME_MAX or not name.isprintable():
        return "name"
    given = set(form.getlist("scope"))
    scopes = tuple(scope for scope in KEY_SCOPES if scope in given)
    if not scopes or len(scopes) != len(given):
        return "scopes"
    kind, _, place = form.get("place", "").partition(":")
    market, location = (place if kind == each else None for each in ("market", "location"))
    if (market is not None and market not in desk.program.markets) or (
        location is not None and location not in desk.program.locations
    ):
        return "place"
    days = form.get("days", "")
    if days not in {str(each) for each in DAYS}:
        return "days"
    # Where a location lies says who may look after it.
    lies_in = desk.program.locations[location].market if location is not None else market
    if set(scopes) - set(grantable(desk.rights, lies_in, location)):
        return "rights"
    wrong = _wrong_source(source, sends=EVENTS in scopes, placed=market is not None or location is not None)
    return wrong or WantedKey(name, source, timedelta(days=int(days)), scopes, market, location)


def _wrong_source(source: str, *, sends: bool, placed: bool) -> str:
    if sends and placed:
        return "placed"
    if sends and (not source or len(source) > SOURCE_MAX or not source.isprintable()):
        return "source"
    return "no_source" if source and not sends else ""
