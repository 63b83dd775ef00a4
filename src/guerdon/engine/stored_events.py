"""Stored events, read back as the rules of a version see them: to explain a decision, and to replay it.

What came was read once already, by the declarations of the version that was live; so what fits by its type
alone is taken as it is, and only what another version declares otherwise is read anew.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from guerdon.engine.approvals.announcements import INTERNAL
from guerdon.program.fields import Read, read_field
from guerdon.program.model import Field
from guerdon.rules.facts import Event
from guerdon.rules.playbook import Playbook

_decode = msgspec.json.Decoder(dict[str, object]).decode
# Values of these types are stored as they are read; instants are stored as text.
_PLAIN = {"bool": bool, "int": int, "money": int, "string": str}


class Stored(Protocol):
    """What is stored of an event beside what it said."""

    @property
    def id(self) -> int:
        """The event's number."""

    @property
    def type(self) -> str:
        """What kind it is."""

    @property
    def source(self) -> str:
        """The connection that it came by."""

    @property
    def external_id(self) -> str:
        """Its sender's name for it."""

    @property
    def happened_at(self) -> datetime:
        """When it happened."""

    @property
    def recorded_at(self) -> datetime:
        """When it came."""


class EventReader:
    """Reads stored events by one version."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self._declared = {key: tuple(type_.fields.items()) for key, type_ in playbook.program.events.items()}

    def event(self, stored: Stored, data: str | None) -> Event:
        """An event as its rules see it; `data` is what it said, as JSON text."""
        said = _decode(data) if data else {}
        if not said:
            fields: dict[str, object] = {}
        elif stored.source == INTERNAL:
            # What the house did by itself is declared nowhere.
            fields = dict(said)
        else:
            fields = read_fields(self._declared.get(stored.type, ()), said)
        fields["happened_at"] = stored.happened_at
        return Event(
            id=stored.id,
            type=stored.type,
            connection=stored.source,
            external_id=stored.external_id,
            happened_at=stored.happened_at,
            recorded_at=stored.recorded_at,
            day=self.playbook.day_of(stored.happened_at),
            data=said,
            fields=fields,
        )


def read_fields(declared: Iterable[tuple[str, Field]], said: Mapping[str, object]) -> dict[str, object]:
    """What was said, by what is declared; a value that does not fit is missing."""
    found: dict[str, object] = {}
    for key, field in declared:
        value = said.get(key)
        if value is None:
            continue
        if type(value) is _PLAIN.get(field.type) and (not field.one_of or value in field.one_of):
            found[key] = value
            continue
        read = read_field(field, value)
        if isinstance(read, Read):
            found[key] = read.value
    return found
