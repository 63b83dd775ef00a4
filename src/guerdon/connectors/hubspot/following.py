"""Changes that are no event of a contact: what is to be read at HubSpot, joined, or forgotten.

Merges, deletions and requests for privacy are followed whatever the program declares; everything else only
where it says what for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from guerdon.connectors.hubspot.payload import Change, happened
from guerdon.engine.arrivals import Element, Errand, ErrandKind, ErrandStep, Ignored, Unusable
from guerdon.program.model import Connection, DealMapping
from guerdon.values.problems import did_you_mean

CONTACT, DEAL = "0-1", "0-3"
# Contacts' and deals' own forms, and the generic one with the number of the kind beside it.
FORMS = {CONTACT: ("contact", "object"), DEAL: ("deal", "object")}
# Of which currency a deal's amounts are.
CURRENCY = "deal_currency_code"
MERGED_MAX = 100
Deals = Mapping[tuple[str, str | None], DealMapping]


def deals_of(connection: Connection) -> Deals:
    """What is mapped of deals, by property and value."""
    return {(each.property, each.value): each for each in connection.deals}


def follow(connection: Connection, deals: Deals, position: int, change: Change) -> Element | None:
    """What a change that is not of a contact's property means; None: nothing in this program."""
    kind, what = happened(change)
    if change.subscriptionType.partition(".")[0] not in FORMS.get(kind, ()):
        return None
    if what == "associationChange":
        return _associated(position, change) if deals else None
    if kind == DEAL:
        return _of_deal(connection, deals, position, change, what) if deals else None
    if what in ("creation", "restore"):
        return read_contact(position, change) if connection.contacts is not None else None
    if what == "merge":
        return _joined(position, change)
    step: ErrandStep | None = {"deletion": "gone", "privacyDeletion": "forget"}.get(what)  # type: ignore[assignment]
    return None if step is None else _errand(position, change, "contact", step)


def read_contact(position: int, change: Change) -> Errand:
    """The contact is to be read: what we know of it is not what HubSpot has."""
    return _errand(position, change, "contact", "read")


def _errand(position: int, change: Change, kind: ErrandKind, step: ErrandStep) -> Errand:
    return Errand(position, change.external_id, kind, str(change.objectId), step)


def _joined(position: int, change: Change) -> Errand:
    """Of several contacts one was made: the first of `others` is the one whose values won."""
    told = [change.primaryObjectId, *_several(change.mergedObjectIds)]
    others = dict.fromkeys(found for each in told if (found := _id(each)))
    now = _id(change.newObjectId) or str(change.objectId)
    return Errand(position, change.external_id, "contact", now, "join", tuple(others))


def _associated(position: int, change: Change) -> Element | None:
    ends = (_id(change.fromObjectId), _id(change.toObjectId))
    place = {"DEAL_TO_CONTACT": 0, "CONTACT_TO_DEAL": 1}.get(str(change.associationType))
    if place is None or not ends[place]:
        return Ignored(position)
    return Errand(position, change.external_id, "deal", ends[place], "again")


def _of_deal(connection: Connection, deals: Deals, position: int, change: Change, what: str) -> Element:
    if what != "propertyChange":
        # Its properties are told beside it; and what was won stays won, whatever becomes of the deal.
        return Ignored(position)
    name, value = change.propertyName, change.propertyValue
    mapping = deals.get((name, value)) or (deals.get((name, None)) if value else None)
    if mapping is not None:
        return Errand(
            position,
            change.external_id,
            "deal",
            str(change.objectId),
            "read",
            change=change.encoded(),
            link=mapping.contact,
        )
    read = {CURRENCY, *(each.property for each in connection.deals)} | {
        source for each in connection.deals for source in each.fields.values()
    }
    if name in read or name in connection.ignore or f"{name}={value}" in connection.ignore:
        return Ignored(position)
    hint = did_you_mean(name, sorted(read))
    detail = f"Nothing maps {name!r} of deals: {hint}. Map it, or list it under ignore"
    return Unusable(position, "unmapped_property", detail[:500], change.external_id)


def _several(given: Any) -> Sequence[Any]:
    if isinstance(given, str):
        given = given.replace(",", ";").split(";")
    return given[:MERGED_MAX] if isinstance(given, list) else [given]


def _id(given: Any) -> str:
    text = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    return text if text.isascii() and text.isdigit() and 0 < len(text) <= 19 else ""
