"""The people of a scenario: short names on the page, ids in the CRM; and the words that every part reads.

Who is not enrolled yet has an id already, so that an event may come before its contact. A contact that nobody
ever enrolls is written as a number.
"""

from collections.abc import Iterator
from datetime import datetime

from guerdon.engine.scenarios.scenario import Contact, Enrolled
from guerdon.program.fields import read_field, read_instant
from guerdon.program.model import Program
from guerdon.program.places import Place
from guerdon.values.problems import did_you_mean

ID_MAX = 10**15
FIRST_ID = 1001
FIRST_EVENT_ID = 900_001
RESERVED = ("budgets",)


class People:
    """Everybody the page names."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.contacts: dict[str, Contact] = {}
        self._events = FIRST_EVENT_ID

    def next_id(self) -> int:
        """An id for an event whose page does not care."""
        self._events += 1
        return self._events

    def meet_all(self, when: Place) -> None:
        """Learn the names of those who are enrolled later, before anything is read that names them."""
        for step in when.listing():
            entries = step.table() if step.is_table() else {}
            if "enroll" in entries:
                for name, place in entries["enroll"].table().items():
                    self._meet(name, place)

    def enrolled(self, name: str, place: Place) -> Enrolled | None:
        """Read what is told of a contact that becomes a member."""
        program = self.program
        contact = self._meet(name, place)
        known = ["market", "language", "location", *program.attributes]
        fields = place.fields(required=["market"], optional=["id", "source", *known[1:]])
        if contact is None:
            return None
        if "id" in fields and fields["id"].word() != contact.external_id:
            hint = "an id stays with its person"
            fields["id"].wrong(f"{name} has the id {contact.external_id} already", hint)
        if "market" in fields:
            fields["market"].one_of(program.markets, "market")
        if "location" in fields:
            fields["location"].one_of(program.locations, "location")
        cells = {
            "external_source": contact.source,
            "external_id": contact.external_id,
            "name": contact.name,
            "email": f"{contact.name}@example.com",
        }
        for key in known:
            word = fields[key].word() if key in fields else None
            if word is None:
                continue
            if key in program.attributes:
                read = read_field(program.attributes[key], word)
                if isinstance(read, str):
                    fields[key].wrong(read)
            cells[key] = word
        return Enrolled(contact, cells)

    def _meet(self, name: str, place: Place) -> Contact | None:
        if name in self.contacts:
            return self.contacts[name]
        if not name.isidentifier() or not name.isascii():
            place.wrong(f"{name[:60]} is no short name", "write one word, like ada")
            return None
        fields = place.table() if place.is_table() else {}
        sources = self.program.sources
        source = fields["source"].one_of(sources, "source") if "source" in fields else next(iter(sources), "")
        given = fields["id"].whole(0, ID_MAX) if "id" in fields else None
        number = FIRST_ID + len(self.contacts) if given is None else given
        twin = next((c.name for c in self.contacts.values() if c.external_id == str(number)), None)
        if twin is not None:
            place.wrong(f"{twin} has the id {number} already", "give them an id of their own")
        self.contacts[name] = Contact(name, source or "", str(number))
        return self.contacts[name]

    def name(self, place: Place) -> str | None:
        """Read the short name of somebody on this page."""
        return place.one_of(self.contacts, "person")

    def external_id(self, place: Place) -> str | None:
        """Read a short name, or the number of a contact that nobody here knows, as an id of the CRM."""
        word = place.word()
        if word is None or (word.isascii() and word.isdecimal() and len(word) < 16):
            return word
        if word in self.contacts:
            return self.contacts[word].external_id
        hint = f"{did_you_mean(word, self.contacts)}, or a number for a stranger"
        place.wrong(f"unknown person {word[:60]}", hint)
        return None

    def shown(self, place: Place) -> str | None:
        """Read a short name or a stranger's number, as happenings show it."""
        found = self.external_id(place)
        return next((c.name for c in self.contacts.values() if c.external_id == found), found)

    def subject(self, place: Place) -> str | None:
        """Read a short name or a stranger's number as the subject of an event."""
        found = self.external_id(place)
        source = next((c.source for c in self.contacts.values() if c.external_id == found), None)
        return None if found is None else f"{source or next(iter(self.program.sources), '')}:{found}"


def some(place: Place) -> Iterator[Place]:
    """One thing, or a list of things that arrive together."""
    if place.is_table():
        yield place
    else:
        yield from place.listing("nothing arrives", "write one mapping, or a list of them")


def read_instant_at(place: Place, otherwise: datetime) -> datetime:
    """Read an instant."""
    word = place.word()
    at = read_instant(word) if word is not None else otherwise
    if at is None:
        hint = "write it like 2026-11-03T10:00:00Z"
        place.wrong(f"{(word or '')[:60]} is not a time between 2000 and 2100", hint)
    return at or otherwise
