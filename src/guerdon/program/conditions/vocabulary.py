"""What the conditions of a program may name, and how one is made of its text.

A mistake in a condition is reported where it stands, with its column. What names something that could not be
read itself is not looked at: one mistake is enough.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from guerdon import expressions
from guerdon.expressions import Condition, Declarations, Expression, Mistake, Type, compile_condition
from guerdon.program.conditions.later import FACTS
from guerdon.program.conditions.personal import refuse_personal, refuse_sealed, sealed_in
from guerdon.program.declared import (
    BUILT_IN_ATTRIBUTES,
    Derived,
    Event,
    Field,
    FieldType,
    HoldingKind,
    Location,
    Market,
)
from guerdon.program.places import Place

TYPES: Mapping[FieldType, Type] = {
    "bool": Type.BOOL,
    "int": Type.INT,
    "string": Type.STRING,
    "timestamp": Type.TIMESTAMP,
    "date": Type.TIMESTAMP,
    "money": Type.INT,
}

_CONSENT = re.compile(r"unknown (?:name|field member\.|function) ?consents?\b")
_LATER = re.compile(rf"unknown field member\.({'|'.join(FACTS)})\b")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What conditions may name; `unread` are the names of what has mistakes of its own.

    `segments` are the texts of their conditions. `personal`: conditions may read personal data.
    """

    events: Mapping[str, Event]
    attributes: Mapping[str, Field]
    markets: Mapping[str, Market] = field(default_factory=dict)
    locations: Mapping[str, Location] = field(default_factory=dict)
    zone: str = "UTC"
    personal: bool = False
    holdings: Mapping[str, HoldingKind] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    # By event, for as long as a program is read.
    _declared: dict[str, Declarations] = field(default_factory=dict, init=False, compare=False, repr=False)

    def declarations(self, event: Event | None) -> Declarations:
        """Say what a condition may name that is asked upon an event; None: it is about the member alone."""
        key = event.key if event is not None else ""
        if key not in self._declared:
            self._declared[key] = self._declare(event)
        return self._declared[key]

    def _declare(self, event: Event | None) -> Declarations:
        # What is about the member alone is asked at some moment too.
        of_event = {"happened_at": Type.TIMESTAMP, **_typed(event.fields if event is not None else {})}
        built_in = dict.fromkeys(BUILT_IN_ATTRIBUTES, Type.STRING)
        places = {("member", "market"): self.markets, ("member", "location"): self.locations}
        return Declarations(
            {"event": of_event, "member": {**built_in, **_typed(self.attributes)}},
            # What could not be read has problems of its own; comparing with nothing would only add to them.
            {**self._choices(event), **{key: names for key, names in places.items() if names}},
            events={key: _typed(each.fields) for key, each in self.events.items()},
            holdings={key: _typed(each.fields) for key, each in self.holdings.items()},
            derived={
                key: expressions.Derived(each.text, TYPES[each.type]) for key, each in self.derived.items()
            },
            segments=self.segments,
            zone=self.zone,
            days=self._days(event),
        )

    def _fields(self, event: Event | None) -> dict[str, Mapping[str, Field]]:
        of_event = {"event": event.fields} if event is not None else {}
        of_holdings = {key: each.fields for key, each in self.holdings.items()}
        return {**of_holdings, **of_event, "member": self.attributes}

    def _choices(self, event: Event | None) -> dict[tuple[str, str], Collection[str]]:
        return {
            (variable, key): each.one_of
            for variable, fields in self._fields(event).items()
            for key, each in fields.items()
            if each.one_of
        }

    def _days(self, event: Event | None) -> set[tuple[str, str]]:
        return {
            (variable, key)
            for variable, fields in self._fields(event).items()
            for key, each in fields.items()
            if each.type == "date"
        }


def compiled(place: Place, text: str, known: Vocabulary, event: Event | None) -> Condition | None:
    """Make a condition of a text, or put its mistakes on the list; without an event, one about members."""
    if names_unread(text, known, event, place):
        return None
    made = compile_condition(text, known.declarations(event))
    if isinstance(made, list):
        tell(place, made, of_member=event is None)
        return None
    refuse_personal_unless(known, place, made, event)
    return made


def refuse_personal_unless(known: Vocabulary, place: Place, made: Expression, event: Event | None) -> None:
    """Name the personal data that a condition reads, unless the program allows that."""
    if not known.personal:
        refuse_personal(place, made, event, (known.attributes, known.events))


def names_unread(text: str, known: Vocabulary, event: Event | None, place: Place) -> bool:
    """Say whether a text names something that has mistakes of its own."""
    sections = ["members.attributes."] + ([f"events.{event.key}."] if event is not None else [])
    # A badly declared field is missing from the declarations: its own problem is enough.
    if any(each.where.startswith(tuple(sections)) for each in place.problems):
        return True
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in known.unread)


def has_problem(place: Place) -> bool:
    """Say whether a mistake was found in a place, or below it."""
    return any(
        each.where == place.where or each.where.startswith((f"{place.where}.", f"{place.where}["))
        for each in place.problems
    )


def tell(place: Place, mistakes: list[Mistake], *, of_member: bool = False) -> None:
    """Put the mistakes of a condition on the list of the place that it stands in."""
    for mistake in mistakes:
        column = f" (column {mistake.column})" if mistake.column else ""
        sealed, later = sealed_in(mistake.what), _LATER.search(mistake.what)
        if sealed is not None:
            refuse_sealed(place, sealed)
        elif later is not None:
            place.wrong(f"{FACTS[later.group(1)]} are not yet supported{column}", "remove this from here")
        elif _CONSENT.search(mistake.what):
            place.wrong(
                f"no reward may hang on a consent (GDPR, art. 7(4)){column}",
                "remove it: whoever agrees to nothing gets the same",
            )
        elif of_member and mistake.what.startswith("unknown field event."):
            place.wrong(
                f"this is about a member, not about one event{column}",
                "name member.x, or count and sum events, like count(visit.completed, '90d') > 2",
            )
        else:
            place.wrong(f"{mistake.what}{column}", mistake.hint)


def _typed(fields: Mapping[str, Field]) -> dict[str, Type]:
    return {key: TYPES[each.type] for key, each in fields.items()}
