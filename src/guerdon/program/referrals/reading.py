"""Reading `referrals`: each scheme, and whether what it tells is an event that the program has.

Rewards are no matter of a scheme: it tells ordinary events, and ordinary rules do with them what rules do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from guerdon.expressions import Condition
from guerdon.program.conditions.vocabulary import Vocabulary, compiled
from guerdon.program.lives import read_length
from guerdon.program.model import Event, Field
from guerdon.program.places import Place
from guerdon.program.schemes import (
    CODE,
    EVENT,
    OTHER,
    PAIR,
    SHARED,
    SIDES,
    Guards,
    Scheme,
    Shared,
    Side,
    Told,
    Undo,
)
from guerdon.program.texts import NO_TEXT, read_name, read_text
from guerdon.values.texts import Text

CLAIMS_MAX, SUCCESSES_MAX = 1000, 1000
UNDO_DAYS = 14
REQUIRED = ("promise", "claims", "on", "within", "tells")
OPTIONAL = ("name", "when", "undo", "landing", "guards")
HOUSEHOLD = ("held", "allowed")

_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Known:
    """What a scheme may name."""

    events: Mapping[str, Event]
    attributes: Mapping[str, Field]
    sources: Sequence[str]
    vocabulary: Vocabulary


def read_referrals(place: Place | None, known: Known) -> dict[str, Scheme]:
    """Read `referrals`; a program without it has none."""
    if place is None:
        return {}
    found = {key: _read_scheme(key, each, known) for key, each in place.keyed(example="friends").items()}
    claims = [(scheme.claim_event, scheme.claim_field) for scheme in found.values()]
    if len(set(claims)) < len(claims):
        place.wrong("two schemes read their code from the same field", "give each an event of its own")
    return found


def _read_scheme(key: str, place: Place, known: Known) -> Scheme:
    fields = place.fields(REQUIRED, OPTIONAL)
    claim = _read_claims(fields.get("claims"), known)
    on = fields["on"].some_of(known.events, "event") if "on" in fields else ()
    text = fields["when"].word() if "when" in fields else None
    months, days = read_length(fields["within"]) if "within" in fields else (0, 0)
    if claim[0] and claim[0] in on:
        fields["on"].wrong(
            f"{claim[0]} is the claim itself", "a friend qualifies by something that they do after it"
        )
    undo = _read_undo(fields["undo"], on, known) if "undo" in fields else None
    return Scheme(
        key=key,
        name=read_name(fields.get("name"), key),
        promise=_read_promise(fields.get("promise")),
        claim_event=claim[0],
        claim_field=claim[1],
        on=on,
        condition_text=text,
        conditions=_read_conditions(fields["when"], text, on, known) if text else {},
        months=months,
        days=days,
        tells=_read_tells(fields["tells"], on, known) if "tells" in fields else {},
        undo=undo,
        landing=_read_landing(fields["landing"]) if "landing" in fields else None,
        guards=_read_guards(fields["guards"], known) if "guards" in fields else Guards({}),
    )


def _read_claims(place: Place | None, known: Known) -> tuple[str, str]:
    if place is None:
        return "", ""
    fields = place.fields(required=["event", "field"])
    event = known.events.get(
        (fields["event"].one_of(known.events, "event") if "event" in fields else "") or ""
    )
    name = fields["field"].word() if "field" in fields else None
    if event is None or name is None:
        return event.key if event else "", name or ""
    if name not in event.fields:
        fields["field"].unknown(f"{event.key} field", name, event.fields)
    elif event.fields[name].type != "string":
        fields["field"].wrong(f"{name} of {event.key} is a {event.fields[name].type}", "a code is a string")
    others = [each.key for each in event.fields.values() if each.required and each.key != name]
    if others:
        place.wrong(
            f"{event.key} needs the field {others[0]} too, which our own page does not know",
            "let only the code be required",
        )
    return event.key, name


def _read_conditions(place: Place, text: str, on: Sequence[str], known: Known) -> dict[str, Condition]:
    found = {}
    for key in on:
        made = compiled(place, text, known.vocabulary, known.events[key])
        if made is None:
            # What is wrong upon one event is said once.
            return {}
        if made.windows or made.holdings:
            place.wrong(
                "a referral asks its own event and the member, not what was counted or is held",
                "write that into the condition of the rule that rewards it",
            )
            return {}
        found[key] = made
    return found


def _read_promise(place: Place | None) -> dict[Side, Text]:
    fields = place.fields(required=SIDES) if place is not None else {}
    return {side: read_text(fields[side]) if side in fields else NO_TEXT for side in SIDES}


def _read_tells(place: Place, on: Sequence[str], known: Known) -> dict[Side, Told]:
    fields = place.fields(optional=SIDES)
    if place.is_empty():
        place.wrong("nobody is told anything", "write `{ referrer: referral.succeeded }`")
    return {side: _read_told(fields[side], on, known) for side in SIDES if side in fields}


def _read_told(place: Place, on: Sequence[str], known: Known) -> Told:
    if not place.is_table():
        event = known.events.get(place.one_of(known.events, "event") or "")
        told = Told(event.key if event else "", {})
    else:
        fields = place.fields(required=["event"], optional=["fields"])
        event = known.events.get(
            (fields["event"].one_of(known.events, "event") if "event" in fields else "") or ""
        )
        filled = {}
        for key, each in (fields["fields"].table() if "fields" in fields else {}).items():
            if event is not None and key not in event.fields:
                each.unknown(f"{event.key} field", key, event.fields)
            elif event is not None:
                filled[key] = _read_source(each, event.fields[key], on, known)
        told = Told(event.key if event else "", filled)
    if event is not None:
        missing = [
            each.key for each in event.fields.values() if each.required and each.key not in told.fields
        ]
        if missing:
            place.wrong(
                f"{event.key} needs the field {missing[0]}", f"add `fields: {{ {missing[0]}: code }}`"
            )
        if event.key in on:
            place.wrong(f"{event.key} qualifies a friend and is told of it", "tell an event of its own")
    return told


def _read_source(place: Place, field: Field, on: Sequence[str], known: Known) -> str:
    """Read what fills a field: a text of ours, the other side's id, or a field that all of `on` have."""
    word = place.word() or ""
    if word.startswith(EVENT):
        name = word.removeprefix(EVENT)
        for key in on:
            theirs = known.events[key].fields.get(name)
            if theirs is None:
                place.unknown(f"{key} field", name, known.events[key].fields)
            elif (theirs.type, theirs.unit) != (field.type, field.unit):
                place.wrong(f"{name[:64]} of {key} is of another type", "declare both alike")
            elif field.required and not theirs.required:
                place.wrong(f"{name[:64]} of {key} may be missing", f"let {field.key} not be required")
            elif theirs.personal and not field.personal:
                place.wrong(f"{name[:64]} of {key} is personal, {field.key} is not", "declare both alike")
            else:
                continue
            break
        return word
    named = [f"{OTHER}{source}" for source in known.sources]
    if word and word not in (CODE, PAIR, *named):
        place.unknown("filling", word, [CODE, PAIR, *named, f"{EVENT}<field>"])
    elif word and field.type != "string":
        place.wrong(f"{field.key} is a {field.type}", "a code, a pair and an id are strings")
    elif word.startswith(OTHER) and field.required:
        place.wrong("the other side may have no id there", f"let {field.key} not be required")
    return word


def _read_undo(place: Place, on: Sequence[str], known: Known) -> Undo:
    fields = place.fields(required=["on", "tells"], optional=["within"])
    undone = fields["on"].some_of(known.events, "event") if "on" in fields else ()
    for key in undone:
        if key in on:
            fields["on"].wrong(f"{key} cannot qualify a friend and undo that", "remove one of the two")
    months, days = read_length(fields["within"]) if "within" in fields else (0, UNDO_DAYS)
    tells = _read_tells(fields["tells"], undone, known) if "tells" in fields else {}
    return Undo(undone, months, days, tells)


def _read_landing(place: Place) -> str | None:
    word = place.word()
    if word is None:
        return None
    try:
        parts = urlsplit(word)
        sound = parts.scheme == "https" and _PLAIN_HOST.fullmatch(parts.netloc) is not None
    except ValueError:
        sound = False
    if not sound or not word.isprintable() or any(letter in word for letter in " \"'<>#\\"):
        place.wrong(
            "this is no address that a link may lead to", "write it like https://nordlys.example/join"
        )
        return None
    return word


def _read_guards(place: Place, known: Known) -> Guards:
    fields = place.fields(optional=["shared", "household", "claims", "successes"])
    shared: dict[Shared, str] = {}
    given = fields["shared"].fields(optional=SHARED) if "shared" in fields else {}
    for kind in SHARED:
        if kind not in given:
            continue
        name = given[kind].one_of(known.attributes, "attribute")
        if name is not None and known.attributes[name].type not in ("string", "int"):
            given[kind].wrong(f"{name} is a {known.attributes[name].type}", "name a string or an int")
        shared[kind] = name or ""
    household = fields["household"].one_of(HOUSEHOLD, "answer") if "household" in fields else None
    if household is not None and "address" not in given:
        fields["household"].wrong(
            "it does not say what an address is", "add `shared: { address: <attribute> }`"
        )
    return Guards(
        shared,
        "allowed" if household == "allowed" else "held",
        (fields["claims"].whole(1, CLAIMS_MAX) if "claims" in fields else None) or Guards({}).claims,
        (fields["successes"].whole(1, SUCCESSES_MAX) if "successes" in fields else None)
        or Guards({}).successes,
    )
