"""Segments and derived attributes: what is said of a member by a condition or an expression with a name.

They may name each other, so all of them are read first, then the circles among them are looked for, and only
then each is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from guerdon.expressions import compile_expression
from guerdon.program.conditions.circles import named_in, walk
from guerdon.program.conditions.declarations import RESERVED_WORDS
from guerdon.program.conditions.vocabulary import (
    TYPES,
    Vocabulary,
    compiled,
    has_problem,
    names_unread,
    refuse_personal_unless,
    tell,
)
from guerdon.program.declared import BUILT_IN_ATTRIBUTES, SEALED, Derived, FieldType, Segment
from guerdon.program.places import Place
from guerdon.program.texts import read_name

# Names of a circle that are told.
CIRCLE_MAX = 6
# What an expression can come to; a date is told to us as a day, and cannot be computed.
DERIVED_TYPES: tuple[FieldType, ...] = ("bool", "int", "string", "timestamp", "money")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was read, and the vocabulary of every other condition."""

    segments: Mapping[str, Segment]
    derived: Mapping[str, Derived]
    vocabulary: Vocabulary


def read_remembered(places: Mapping[str, Place], known: Vocabulary) -> Remembered:
    """Read `segments` and `derived`; `known` is what they may name beside each other."""
    segment_places = places["segments"].keyed(example="loyal") if "segments" in places else {}
    derived_places = places["derived"].keyed(example="spend_year") if "derived" in places else {}
    read_segments = {key: _read_segment(key, place) for key, place in segment_places.items()}
    read_derived = {key: _read_derived(key, place, known) for key, place in derived_places.items()}
    unread: set[str] = {
        key
        for section in ("events", "holdings", "segments", "derived")
        for key, place in (places[section].table() if section in places else {}).items()
        if has_problem(_inside(place, "fields") if section == "holdings" else place)
    }
    texts = {key: each.condition_text for key, each in read_segments.items()}
    known = replace(known, segments=texts, derived=read_derived, unread=unread)
    places = {
        **{f"segment({key})": place for key, place in segment_places.items()},
        **{f"member.{key}": place for key, place in derived_places.items()},
    }
    # What others name comes first, so that a mistake is told where it stands, and not where it is named.
    for name in _in_order(places, known):
        key = _key_of(name)
        if key in unread:
            continue
        if name.startswith("member."):
            fine = _is_made(_inside(places[name], "is"), read_derived[key], known)
        else:
            segment = read_segments[key]
            made = compiled(_inside(places[name], "if"), segment.condition_text, known, None)
            read_segments[key] = replace(segment, condition=made)
            fine = made is not None
        if not fine or has_problem(places[name]):
            unread.add(key)
    return Remembered(read_segments, read_derived, known)


def _key_of(name: str) -> str:
    return name.removeprefix("member.").removeprefix("segment(").rstrip(")")


def _read_segment(key: str, place: Place) -> Segment:
    fields = place.fields(required=["if"], optional=["name"])
    text = (fields["if"].word() if "if" in fields else None) or ""
    return Segment(key, read_name(fields.get("name"), key), text, None)


def _read_derived(key: str, place: Place, known: Vocabulary) -> Derived:
    fields = place.fields(required=["type", "is"], optional=["name"])
    named = fields["type"].one_of(DERIVED_TYPES, "type") if "type" in fields else None
    kind: FieldType = next((each for each in DERIVED_TYPES if each == named), "int")
    text = (fields["is"].word() if "is" in fields else None) or ""
    if key in RESERVED_WORDS:
        place.wrong(f"{key} is a word of the condition language", "choose another name")
    elif key in (*SEALED, *BUILT_IN_ATTRIBUTES):
        place.wrong(f"{key} is always there", "choose another name")
    elif key in known.attributes:
        place.wrong(f"{key} is an attribute already", "choose another name, or remove the attribute")
    return Derived(key, read_name(fields.get("name"), key), kind, text)


def _in_order(places: Mapping[str, Place], known: Vocabulary) -> list[str]:
    """Give what is named before what names it; name the circles."""
    texts = {
        **{f"segment({key})": text for key, text in known.segments.items()},
        **{f"member.{key}": each.text for key, each in known.derived.items()},
    }
    circles, order = walk({key: named_in(text, known.segments, known.derived) for key, text in texts.items()})
    for circle in circles:
        told = "".join(f"{one} asks for {other}, " for one, other in pairwise(circle[:CIRCLE_MAX]))
        last = f"{circle[-1]} asks for {circle[0] if len(circle) > 1 else 'itself'}"
        places[circle[0]].wrong(
            f"a circle: {told}{'..., ' if len(circle) > CIRCLE_MAX else ''}{last}",
            "say one of them without the others",
        )
        known.unread.update(_key_of(name) for name in circle)
    return order


def _is_made(place: Place, derived: Derived, known: Vocabulary) -> bool:
    """Say whether an expression is in order, and put what is not on the list."""
    if names_unread(derived.text, known, None, place):
        return False
    made = compile_expression(derived.text, known.declarations(None), TYPES[derived.type])
    if isinstance(made, list):
        tell(place, made, of_member=True)
        return False
    refuse_personal_unless(known, place, made, None)
    return True


def _inside(place: Place, key: str) -> Place:
    return place.table().get(key, place) if place.is_table() else place
