"""What was read for changes that said too little, kept as a delivery of its own and mapped like one.

It is written by us and in no form that a webhook has: at the door it is no list of events.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from guerdon.connectors.hubspot.following import CURRENCY, Deals
from guerdon.connectors.hubspot.payload import Change
from guerdon.connectors.hubspot.times import happened_at
from guerdon.engine.arrivals import Element, Meaning, Unusable
from guerdon.program.fields import Read, read_field
from guerdon.program.model import Connection, DealMapping, Field, Program

BEGINS = b'{"read":['
# As a CRM writes numbers; none is so long when it is written out that this takes any time.
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE]\+?[0-9]{1,2})?")


class Reading(msgspec.Struct, frozen=True):
    """A change of a deal, its properties when it was read, and the contact that it belongs to."""

    change: Change
    object: dict[str, str | None]
    contact: str


class _Readings(msgspec.Struct, frozen=True):
    # None: nobody needed it any more, and it was emptied in its place (`engine/privacy/retention`).
    read: list[Reading | None]


_read_body = msgspec.json.Decoder(_Readings).decode


def map_readings(program: Program, connection: Connection, deals: Deals, body: bytes) -> Sequence[Element]:
    """An element for each position of such a body."""
    return [
        _map_reading(program, connection, deals, position, reading)
        for position, reading in enumerate(_read_body(body).read)
    ]


def _map_reading(
    program: Program, connection: Connection, deals: Deals, position: int, reading: Reading | None
) -> Element:
    if reading is None:
        return Unusable(position, "malformed_event", "Nothing of it is kept any more")
    change = reading.change
    name, value = change.propertyName, change.propertyValue
    mapping = deals.get((name, value)) or (deals.get((name, None)) if value else None)
    if mapping is None:
        detail = f"{name} of a deal became {value!r}, and nothing maps that any more"
        return Unusable(position, "unmapped_value", detail[:500], change.external_id)
    filled = _filled(program, mapping, reading)
    if isinstance(filled, str):
        return Unusable(position, "wrong_value", filled[:500], change.external_id)
    return Meaning(
        position,
        mapping.event,
        change.external_id,
        connection.subject,
        reading.contact,
        happened_at(change),
        filled,
    )


def _filled(program: Program, mapping: DealMapping, reading: Reading) -> dict[str, object] | str:
    """The event's fields, or why one of them cannot be filled."""
    change, found = reading.change, dict[str, object]()
    for key, source in mapping.fields.items():
        field = program.events[mapping.event].fields[key]
        given = change.propertyValue if source == change.propertyName else reading.object.get(source)
        if not given:
            if field.required:
                return f"{source} of the deal is empty, and {mapping.event} needs {key}"
            continue
        read = (
            _amount(program, field, given, reading.object)
            if field.type == "money"
            else read_field(field, given)
        )
        if isinstance(read, str):
            return f"{source} of the deal: {read}"
        found[key] = read.value
    return found


def _amount(program: Program, field: Field, given: str, of_deal: Mapping[str, str | None]) -> Read | str:
    """A deal's amount as a CRM writes it, `30000` or `1249.90`, in whole minor units."""
    money = [unit for unit in program.units.values() if unit.kind == "money"]
    unit = program.units[field.unit] if field.unit is not None else money[0]
    currency = of_deal.get(CURRENCY) or unit.key
    if currency != unit.key:
        return f"it is in {currency[:10]}, and the program's field in {unit.key}"
    text = given.strip()
    if not _NUMBER.fullmatch(text):
        return f"{given[:60]!r} is not an amount"
    minor = Decimal(text).scaleb(unit.digits)
    if minor != minor.to_integral_value():
        return f"{given[:60]!r} is not an amount in {unit.key}"
    return read_field(field, int(minor))
