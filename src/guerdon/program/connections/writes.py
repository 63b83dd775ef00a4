"""`write`: which properties of a contact say what a member has, and which events what happened to them."""

import re
from collections.abc import Mapping

from guerdon.program.connections.mappings import read_property
from guerdon.program.connections.nouns import Nouns
from guerdon.program.declared import NOTED, WRITTEN, Noted, Writes, Written
from guerdon.program.places import Place

BALANCE = "balance"
PROPERTIES = (BALANCE, *WRITTEN)
# Who somebody is, which is for HubSpot's people to say.
PERSONAL = frozenset({"email", "firstname", "lastname", "phone", "hs_object_id"})

_EVENT = re.compile(r"[a-z][a-z0-9_]*")
_FULL = re.compile(r"pe[0-9]+_")


def read_writes(place: Place, known: Nouns, used: Mapping[str, str]) -> Writes:
    """Read `write`; `used` says of properties that come in by which declaration they do."""
    fields = place.fields(optional=["properties", "events"])
    if not fields and (place.is_empty() or place.is_table()):
        place.wrong("nothing is written", "add `properties:` or `events:`, or leave the line out")
    properties = fields["properties"].fields(optional=PROPERTIES) if "properties" in fields else {}
    names: dict[str, str] = {}
    balances = _read_balances(properties[BALANCE], known, used, names) if BALANCE in properties else {}
    written: dict[Written, str] = {
        noun: _read_written(properties[noun], used, names) for noun in WRITTEN if noun in properties
    }
    return Writes(balances, written, _read_events(fields["events"]) if "events" in fields else {})


def _read_balances(
    place: Place, known: Nouns, used: Mapping[str, str], names: dict[str, str]
) -> Mapping[str, str]:
    if place.is_table():
        units = place.table()
        for unit in [unit for unit in units if unit not in known.units]:
            units.pop(unit).unknown("unit", unit, known.units)
        return {unit: _read_written(each, used, names) for unit, each in units.items()}
    if len(known.units) > 1:
        unit = next(iter(known.units))
        place.wrong("the program has several units", f"write it like `{{ {unit}: loyalty_{unit.lower()} }}`")
    return {unit: _read_written(place, used, names) for unit in [*known.units][:1]}


def _read_written(place: Place, used: Mapping[str, str], names: dict[str, str]) -> str:
    name = read_property(place, "loyalty_balance")
    if name in used:
        place.wrong(f"{name} is {used[name]} and written at once", "write into a property of its own")
    elif name in PERSONAL:
        place.wrong(f"{name} says who somebody is", "write into a property of its own")
    elif name in names:
        place.wrong(f"{name} stands here twice", f"it says {names[name]} already; give each its own")
    if name:
        names[name] = place.where.rpartition("write.properties.")[2]
    return name


def _read_events(place: Place) -> Mapping[Noted, str]:
    found: dict[Noted, str] = {}
    for noun, each in place.fields(optional=NOTED).items():
        name = each.key(_EVENT, "reward_earned") or ""
        if _FULL.match(name):
            each.wrong(f"{name} begins with an account's number", "write the event's own name, without it")
        elif name and name in found.values():
            each.wrong(f"{name} stands here twice", "give each an event of its own")
        found[next(known for known in NOTED if known == noun)] = name
    return found
