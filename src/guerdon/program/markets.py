"""Markets: countries or regions, each with a language and a time zone."""

from zoneinfo import ZoneInfo

from guerdon.expressions.instants import read_zone
from guerdon.program.model import Market
from guerdon.program.places import MARKET_KEY, Place
from guerdon.program.texts import read_text
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES


def read_markets(place: Place | None) -> dict[str, Market]:
    """Read `markets`; a program needs at least one."""
    if place is None:
        return {}
    found = {}
    for key, market in place.keyed(MARKET_KEY, "DE").items():
        fields = market.fields(required=["name", "language", "time_zone"])
        language = fields["language"].one_of(LANGUAGES, "language") if "language" in fields else None
        zone = read_time_zone(fields.get("time_zone"))
        found[key] = Market(key, read_text(fields.get("name")), language or FALLBACK_LANGUAGE, zone)
    if not found:
        place.wrong("no market is declared", "add one like `DE: { name: Germany, language: de, ... }`")
    return found


def read_time_zone(place: Place | None) -> str:
    """Read the name of a time zone."""
    name = place.word() if place is not None else None
    if place is None or name is None:
        return "UTC"
    if not _is_zone(name):
        place.wrong(f"unknown time zone {name[:64]}", "write it like Europe/Berlin")
        # Conditions about days are read all the same, for their own mistakes.
        return "UTC"
    return name


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        # A folder of zones (Europe) is an OSError, a path that leads out of them a ValueError.
        return False
    # CET and its like are zones here and fixed offsets in SQL: no condition about days may name them.
    return read_zone(name) is not None
