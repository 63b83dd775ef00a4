"""What a condition may ask about, with the kind of its value: what pickers offer."""

import re
from dataclasses import dataclass
from typing import Literal

from guerdon.program.declared import BUILT_IN_ATTRIBUTES, FieldType
from guerdon.program.editing.names import Fields, FieldShape, Names, spoken
from guerdon.values.money import Unit
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

Kind = FieldType
Group = Literal["event", "member", "segments", "holdings", "history"]
# The spans that pickers offer; any other can be written as text.
SPANS = ("30d", "90d", "12m", "year", "ever")

_WINDOW = re.compile(r"(count|sum)\(\s*([a-z0-9_.]+)\s*,\s*'([a-z0-9]+)'\s*\)")
_CALL = re.compile(r"(segment|holds|days_since)\(\s*([a-z0-9_.]+)\s*\)")


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that a condition asks about, as it is written; `span` is that of a window."""

    text: str
    kind: Kind
    group: Group
    name: Text
    one_of: tuple[str, ...] = ()
    unit: Unit | None = None
    span: str = ""


@dataclass(frozen=True, slots=True)
class Subjects:
    """What may be asked upon an event."""

    names: Names
    event: str

    def find(self, text: str) -> Subject | None:
        """What a text asks about; None for what is not declared, or is no plain subject."""
        variable, _, key = text.partition(".")
        if variable in ("event", "member") and key:
            return self._field(variable, key)
        window, call = _WINDOW.fullmatch(text), _CALL.fullmatch(text)
        if window is not None:
            return self._window(text, *window.groups())
        return self._call(text, *call.groups()) if call is not None else None

    def offered(self) -> list[Subject]:
        """What pickers offer, group by group."""
        names = self.names
        fields = self.names.events.get(self.event, {})
        texts = [f"event.{key}" for key in fields]
        texts += [f"member.{key}" for key in (*names.attributes, *names.derived, *BUILT_IN_ATTRIBUTES)]
        texts += [f"segment({key})" for key in names.keys("segments")]
        texts += [f"holds({key})" for key in names.holdings]
        texts += [f"count({key}, '{span}')" for key in names.events for span in SPANS]
        texts += [
            f"sum({event}.{key}, '{span}')"
            for event, shapes in names.events.items()
            for key, shape in shapes.items()
            if shape.type in ("int", "money")
            for span in SPANS
        ]
        return [subject for text in dict.fromkeys(texts) if (subject := self.find(text)) is not None]

    def _field(self, variable: str, key: str) -> Subject | None:
        fields: Fields = (
            self.names.events.get(self.event, {}) if variable == "event" else self.names.attributes
        )
        group: Group = "event" if variable == "event" else "member"
        shape = fields.get(key)
        if shape is None and variable == "member":
            shape = self._known(key)
        if shape is None:
            return None
        return Subject(
            f"{variable}.{key}", shape.type, group, shape.name or _spoken(key), shape.one_of, shape.unit
        )

    def _known(self, key: str) -> FieldShape | None:
        derived = self.names.derived.get(key)
        if derived is not None:
            return FieldShape(derived, name=self.names.name("derived", key))
        if key not in BUILT_IN_ATTRIBUTES:
            return None
        return FieldShape("string", self.names.keys("markets") if key == "market" else ())

    def _window(self, text: str, call: str, what: str, span: str) -> Subject | None:
        if call == "count":
            known = what in self.names.events
            name = self.names.name("events", what)
            return Subject(text, "int", "history", name, span=span) if known else None
        event, _, key = what.rpartition(".")
        shape = self.names.events.get(event, {}).get(key)
        if shape is None or shape.type not in ("int", "money"):
            return None
        return Subject(text, shape.type, "history", shape.name or _spoken(key), unit=shape.unit, span=span)

    def _call(self, text: str, call: str, what: str) -> Subject | None:
        if call == "segment":
            known = what in self.names.keys("segments")
            return Subject(text, "bool", "segments", self.names.name("segments", what)) if known else None
        if call == "holds":
            known = what in self.names.holdings
            return Subject(text, "bool", "holdings", self.names.name("holdings", what)) if known else None
        found = self.find(what)
        if found is None or found.kind not in ("timestamp", "date"):
            return None
        return Subject(text, "int", "history", found.name)


def _spoken(key: str) -> Text:
    return {FALLBACK_LANGUAGE: spoken(key)}
