"""Campaigns: a time in which some rules hold."""

from collections.abc import Iterable, Mapping
from datetime import date

from guerdon.program.model import Campaign, Rule
from guerdon.program.places import Place
from guerdon.program.texts import read_name

YEAR_MIN, YEAR_MAX = 2000, 2100


def read_campaigns(place: Place | None) -> dict[str, Campaign]:
    """Read `campaigns`; the first and the last day belong to it, and each may be open."""
    if place is None:
        return {}
    found = {}
    for key, campaign in place.keyed(example="spring").items():
        fields = campaign.fields(optional=["name", "from", "to"])
        found[key] = Campaign(key, read_name(fields.get("name"), key), *read_days(fields))
    return found


def read_days(fields: Mapping[str, Place]) -> tuple[date | None, date | None]:
    """Read `from` and `to`: the first and the last day, both of which belong to it; each may be open."""
    first = _read_day(fields["from"]) if "from" in fields else None
    last = _read_day(fields["to"]) if "to" in fields else None
    if first is not None and last is not None and last < first:
        fields["to"].wrong(f"it ends on {last}, before it begins on {first}", "write a later day")
    return first, last


def check_campaigns_used(place: Place | None, rules: Iterable[Rule]) -> None:
    """Name each campaign that no rule belongs to: a slip in `campaign` would look just like it."""
    used = {rule.campaign for rule in rules}
    for key, campaign in (place.table() if place is not None else {}).items():
        if key not in used:
            campaign.wrong("no rule belongs to this campaign", f"write `campaign: {key[:64]}` in a rule")


def _read_day(place: Place) -> date | None:
    word = place.word()
    if word is None:
        return None
    try:
        day = date.fromisoformat(word.strip())
    except ValueError:
        day = None
    if day is None or len(word.strip()) != len("2026-03-01") or not YEAR_MIN <= day.year < YEAR_MAX:
        place.wrong(f"{word[:40]} is no day", "write it like 2026-03-01")
        return None
    return day
