"""A contact of a CRM as a member of the program, by what the connection declares; nothing is coded here."""

from dataclasses import replace

import msgspec

from guerdon.engine.crm.port import Contact
from guerdon.engine.files.members import CELL_LENGTH_MAX, Candidate, read_candidate
from guerdon.program.model import Connection, ContactMapping, Program, Translated
from guerdon.store.crm.contacts import Known

# What a CRM's people write as they like: it is left out where it does not fit, and keeps nobody away.
LOOSE = ("name", "email", "phone", "language")
_attributes = msgspec.json.Decoder(dict[str, object]).decode


def read_contact(program: Program, connection: Connection, contact: Contact) -> Candidate | str | None:
    """The member that a contact is, or why it cannot be one; None: it does not say where it belongs yet."""
    declared = connection.contacts
    assert declared is not None, "asked for contacts of a connection that declares none"
    market = _translated(declared.market, contact)
    if not market:
        return None
    cell = {
        "external_source": connection.subject,
        "external_id": contact.id,
        "market": market,
        "language": _translated(declared.language, contact),
        "location": _translated(declared.location, contact),
        "name": " ".join(filter(None, (_value(contact, name) for name in declared.name)))[:CELL_LENGTH_MAX],
        "email": _value(contact, declared.email),
        "phone": _value(contact, declared.phone),
        **{key: _value(contact, name) for key, name in declared.attributes.items()},
    }
    # A cell that is wrong in itself is told before the others are looked at.
    for _ in range(3):
        found = read_candidate(program, cell, 0)
        if isinstance(found, Candidate):
            return found
        loose = {problem.where for problem in found} & {*LOOSE}
        if not loose:
            break
        cell |= dict.fromkeys(loose, "")
    assert not isinstance(found, Candidate)
    named = {"market": declared.market, "location": declared.location}
    told = (f"{_property(declared, named.get(p.where), p.where)}: {p.what}" for p in found)
    return "; ".join(told)[:500]


def brought_up(candidate: Candidate, declared: ContactMapping, known: Known) -> Candidate:
    """The same of somebody who is a member: what the connection does not tell stays as it is."""
    kept = {
        key: value for key, value in _attributes(known.attributes).items() if key not in declared.attributes
    }
    return replace(
        candidate,
        language=candidate.language if declared.language is not None else known.language,
        location=candidate.location if declared.location is not None else known.location,
        attributes=msgspec.json.encode(kept | _attributes(candidate.attributes)).decode(),
    )


def _property(declared: ContactMapping, place: Translated | None, key: str) -> str:
    return place.property if place is not None else declared.attributes.get(key, key)


def _translated(declared: Translated | None, contact: Contact) -> str:
    value = _value(contact, declared.property) if declared is not None else ""
    return declared.values.get(value, value) if declared is not None and declared.values else value


def _value(contact: Contact, name: str) -> str:
    return (contact.properties.get(name) or "").strip()
