"""Connections: a vendor's account that sends events, and how its property changes become ours.

The mapping is declared here and not coded. The secret itself never stands in a program: only the name
of the setting that holds it, and what looks like a secret is refused without being repeated.
"""

from collections.abc import Mapping
from dataclasses import replace

from guerdon.program.connections.action import read_action
from guerdon.program.connections.contacts import read_contacts
from guerdon.program.connections.deals import read_deals
from guerdon.program.connections.mappings import read_ignored, read_mappings
from guerdon.program.connections.nouns import Nouns
from guerdon.program.connections.settings import read_setting
from guerdon.program.connections.writes import read_writes
from guerdon.program.declared import API_VERSIONS, Connection
from guerdon.program.places import Place

PORTAL_MAX = 10**15
# What every program has without declaring it: our API, and what we tell ourselves.
OWN_NAMES = frozenset({"api", "guerdon", "referrals", "location_app"})
REQUIRED = ("vendor", "portal", "secret", "subject")
OPTIONAL = ("map", "ignore", "api", "journal", "contacts", "deals", "action", "write")


def read_connections(place: Place | None, known: Nouns) -> dict[str, Connection]:
    """Read `connections`."""
    if place is None:
        return {}
    found: dict[str, Connection] = {}
    for key, connection in place.keyed(example="hubspot_eu").items():
        fields = connection.fields(REQUIRED, OPTIONAL)
        if key in OWN_NAMES:
            connection.wrong(f"{key} is a connection of Guerdon itself", "call it otherwise")
        if "vendor" in fields:
            fields["vendor"].one_of(("hubspot",), "vendor")
        portal = fields["portal"].whole(1, PORTAL_MAX) if "portal" in fields else None
        subject = (
            fields["subject"].one_of(known.sources, "source of members") if "subject" in fields else None
        )
        secret = read_setting(fields.get("secret"), "connection", "HUBSPOT_CLIENT_SECRET")
        bare = Connection(key, "hubspot", portal or 0, secret, subject or "", (), ())
        made = _with_mappings(bare, connection, fields, known)
        _check_twins(made, fields, found)
        found[key] = made
    return found


def _with_mappings(bare: Connection, place: Place, fields: Mapping[str, Place], known: Nouns) -> Connection:
    if not {"map", "deals", "action", "write"} & fields.keys():
        place.wrong("map is missing", "add `map:` here")
    mappings = read_mappings(fields["map"], known.events) if "map" in fields else ()
    mapped = {mapping.property for mapping in mappings}
    contacts = read_contacts(fields["contacts"], known, mapped) if "contacts" in fields else None
    used = dict.fromkeys(contacts.properties if contacts else (), "read") | dict.fromkeys(mapped, "mapped")
    writes = read_writes(fields["write"], known, used) if "write" in fields else None
    used |= dict.fromkeys(writes.names if writes else (), "written")
    return replace(
        bare,
        mappings=mappings,
        ignore=read_ignored(fields["ignore"], used, mappings) if "ignore" in fields else (),
        api=(fields["api"].one_of(API_VERSIONS, "API version") if "api" in fields else None) or bare.api,
        journal=bool(fields["journal"].truth()) if "journal" in fields else False,
        contacts=contacts,
        deals=read_deals(fields["deals"], known) if "deals" in fields else (),
        action=read_action(fields["action"], known) if "action" in fields else None,
        writes=writes,
    )


def _check_twins(made: Connection, fields: Mapping[str, Place], before: Mapping[str, Connection]) -> None:
    for other in before.values():
        if made.portal and other.portal == made.portal:
            fields["portal"].wrong(f"{other.key} is connected to this portal too", "join the two connections")
            break
    for other in before.values():
        if made.subject and other.subject == made.subject and (_asks(made) or _asks(other)):
            # Two accounts number their contacts alike: one's would be taken for the other's.
            fields["subject"].wrong(
                f"{other.key} names its contacts by this source too", "declare a source for each account"
            )
            break


def _asks(made: Connection) -> bool:
    """Whether contacts are asked for, or told something, by their numbers."""
    return made.contacts is not None or bool(made.deals) or made.writes is not None
