"""What a program calls the facts that conditions read; what has no name is called by its key, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.expressions import Window
from guerdon.expressions.terms import (
    Arithmetic,
    Choice,
    Fact,
    ItemField,
    Negative,
    Part,
    Rated,
    Term,
    Windowed,
)
from guerdon.program.model import Field, Program
from guerdon.program.sentences.scales import PLAIN, Scale, shown
from guerdon.text.catalogs import Words, words
from guerdon.values.texts import Text, text_in

# Parts of an instant that CEL counts otherwise than people do.
_PARTS = {
    "getDayOfWeek": Scale("weekday"),
    "getMonth": Scale("month"),
    "getDayOfMonth": Scale("from_one"),
    "getDayOfYear": Scale("from_one"),
}


@dataclass(frozen=True, slots=True)
class Naming:
    """A program's words in a language; `event` is the type of the event that a condition is asked upon."""

    program: Program
    event: str
    locale: str

    @property
    def words(self) -> Words:
        """The words of sentences."""
        return words(self.locale, "sentences")

    def fact(self, fact: Fact | ItemField) -> str:
        """A field of the event, of the member or of a holding."""
        built_in = self._built_in(fact)
        return built_in or self._named(fact.name, self.declared(fact))

    def field(self, event: str, key: str) -> str:
        """A field of any type of event."""
        found = self.program.events.get(event)
        return self._named(key, found.fields.get(key) if found is not None else None)

    def event_type(self, key: str) -> str:
        """A type of events."""
        found = self.program.events.get(key)
        return self._called(found.name) if found is not None else key.replace(".", " ").replace("_", " ")

    def event_label(self, key: str) -> str:
        """What the program itself calls a type of events; nothing where it has no words for it."""
        found = self.program.events.get(key)
        return self._called(found.name) if found is not None and found.named else ""

    def holding(self, kind: str) -> str:
        """A kind of holdings."""
        found = self.program.holdings.get(kind)
        return self._called(found.name) if found is not None else kind.replace("_", " ")

    def declared(self, fact: Fact | ItemField) -> Field | None:
        """How a fact was declared; nothing for what is always there."""
        return self._fields(fact).get(fact.name)

    def is_personal(self, fact: Fact | ItemField) -> bool:
        """Whether its value says who somebody is."""
        declared = self.declared(fact)
        return declared is not None and declared.personal

    def is_personal_sum(self, window: Window) -> bool:
        """Whether it adds up what says who somebody is: of one event that is the value itself."""
        event = self.program.events.get(window.event)
        field = event.fields.get(window.field or "") if event is not None else None
        return field is not None and field.personal

    def shown(self, value: object, scale: Scale = PLAIN) -> str:
        """A value as people read it."""
        return shown(value, scale, self.program, self.words, self.locale)

    def scale(self, term: Term) -> Scale:  # noqa: PLR0911  a kind of term each
        """On which scale the value of a term counts."""
        match term:
            case Fact() | ItemField():
                return self._scale_of_fact(term)
            case Windowed(window=window) if window.field is not None:
                found = self.program.events.get(window.event)
                return _scale_of_field(found.fields.get(window.field) if found is not None else None)
            case Part(part=part):
                return _PARTS.get(part, PLAIN)
            case Negative(operand=of) | Rated(amount=of) | Choice(then=of):
                return self.scale(of)
            case Arithmetic(sign="+" | "-" | "*", left=left, right=right):
                return next((each for each in map(self.scale, (left, right)) if each != PLAIN), PLAIN)
            case Arithmetic(left=left):
                return self.scale(left)
            case _:
                return PLAIN

    def _fields(self, fact: Fact | ItemField) -> Mapping[str, Field]:
        if isinstance(fact, ItemField):
            kind = self.program.holdings.get(fact.variable)
            return kind.fields if kind is not None else {}
        if fact.variable == "member":
            return self.program.attributes
        found = self.program.events.get(self.event)
        return found.fields if found is not None else {}

    def _built_in(self, fact: Fact | ItemField) -> str:
        if isinstance(fact, ItemField) or self.declared(fact) is not None:
            return ""
        say = self.words.gettext
        match fact.field:
            case "member.market":
                return say("country")
            case "member.language":
                return say("language")
            case "member.location":
                return self._called(self.program.location_word)
            case "event.happened_at":
                return say("time of the event")
            case _:
                return ""

    def _scale_of_fact(self, fact: Fact | ItemField) -> Scale:
        declared = self.declared(fact)
        if declared is None and not isinstance(fact, ItemField) and fact.variable == "member":
            match fact.name:
                case "market":
                    return Scale("market")
                case "location":
                    return Scale("location")
                case "language":
                    return Scale("language")
        return _scale_of_field(declared)

    def _named(self, key: str, declared: Field | None) -> str:
        if declared is not None and declared.name is not None:
            return self._called(declared.name)
        return key.replace("_", " ")

    def _called(self, name: Text) -> str:
        return text_in(name, self.locale)


def _scale_of_field(declared: Field | None) -> Scale:
    if declared is None:
        return PLAIN
    if declared.type == "money":
        return Scale("money", declared.unit or "")
    if declared.type == "date":
        return Scale("day")
    return Scale("choice") if declared.one_of else PLAIN
