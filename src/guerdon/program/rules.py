"""Rules: when an event meets a condition, steps follow.

The condition is compiled here, once, against what the event and the member were declared to have; a
mistake in it is reported at its column, and never becomes a rule that silently does not apply.
"""

from collections.abc import Mapping
from typing import Literal

from guerdon.expressions import Condition, Declarations, Type, compile_condition
from guerdon.program.members import BUILT_IN_ATTRIBUTES
from guerdon.program.model import Event, FieldType, Mature, Reverse, Reward, Rule, Send, Step
from guerdon.program.places import Place
from guerdon.program.steps.reversals import check_look_back, read_release, read_reverse
from guerdon.program.steps.rewards import Moment, Surroundings, read_reward
from guerdon.program.texts import read_text

STEPS = ("reward", "send", "reverse", "release")

# Steps that name other rules, with where they stand: what they find shows when all rules were read.
LookingBack = list[tuple[Reverse | Mature, Place]]

_TYPES: Mapping[FieldType, Type] = {
    "bool": Type.BOOL,
    "int": Type.INT,
    "string": Type.STRING,
    "timestamp": Type.TIMESTAMP,
    "date": Type.TIMESTAMP,
    "money": Type.INT,
}


def read_rules(place: Place | None, known: Surroundings) -> dict[str, Rule]:
    """Read `rules`, in their order."""
    if place is None:
        return {}
    places = place.keyed(example="test_drive")
    found: dict[str, Rule] = {}
    looking_back = []
    for key, each in places.items():
        found[key], placed = _read_rule(key, each, places, known)
        looking_back += [(where, found[key], step) for step, where in placed]
    for where, rule, step in looking_back:
        check_look_back(where, rule, step, found, known.lives)
    return found


def _read_rule(
    key: str, place: Place, rules: Mapping[str, Place], known: Surroundings
) -> tuple[Rule, LookingBack]:
    fields = place.fields(["name", "when", "promise", "then"], ["if", "markets", "campaign"])
    when = fields["when"].one_of(known.events, "event") if "when" in fields else None
    promise = fields["promise"].one_of(("public", "campaign"), "promise") if "promise" in fields else None
    markets = tuple(known.markets)
    if "markets" in fields:
        markets = fields["markets"].some_of(known.markets, "market")
    campaign = fields["campaign"].one_of(known.campaigns, "campaign") if "campaign" in fields else None
    event = known.events.get(when or "")
    text, condition = None, None
    if "if" in fields:
        text = fields["if"].word()
        if text is not None and event is not None:
            condition = _compiled(fields["if"], text, event, known)
    kept: Literal["public", "campaign"] = "campaign" if promise == "campaign" else "public"
    then: tuple[Step, ...] = ()
    looking_back: LookingBack = []
    if "then" in fields:
        then, looking_back = _read_steps(fields["then"], Moment(event, markets), rules, known)
    name = read_text(fields.get("name"))
    return Rule(key, name, when or "", text, condition, kept, then, markets, campaign), looking_back


def _compiled(place: Place, text: str, event: Event, known: Surroundings) -> Condition | None:
    # A badly declared field is missing from the declarations: its own problem is enough.
    if any(each.where.startswith((f"events.{event.key}.", "members.attributes.")) for each in place.problems):
        return None
    compiled = compile_condition(text, _declarations(event, known))
    if isinstance(compiled, Condition):
        return compiled
    for mistake in compiled:
        column = f" (column {mistake.column})" if mistake.column else ""
        place.wrong(f"{mistake.what}{column}", mistake.hint)
    return None


def _declarations(event: Event, known: Surroundings) -> Declarations:
    of_event = {key: _TYPES[field.type] for key, field in event.fields.items()}
    of_member = {key: _TYPES[field.type] for key, field in known.attributes.items()}
    built_in = dict.fromkeys(BUILT_IN_ATTRIBUTES, Type.STRING)
    said = {("event", key): field.one_of for key, field in event.fields.items() if field.one_of}
    said |= {("member", key): field.one_of for key, field in known.attributes.items() if field.one_of}
    places = {("member", "market"): known.markets, ("member", "location"): known.locations}
    return Declarations(
        {"event": {"happened_at": Type.TIMESTAMP, **of_event}, "member": {**built_in, **of_member}},
        # What could not be read has problems of its own; comparing with nothing would only add to them.
        {**said, **{key: names for key, names in places.items() if names}},
    )


def _read_steps(
    place: Place, moment: Moment, rules: Mapping[str, Place], known: Surroundings
) -> tuple[tuple[Step, ...], LookingBack]:
    found: list[Step] = []
    looking_back: LookingBack = []
    for item in place.listing("nothing follows", "write a step like `- reward: { value: 25.00 EUR, ... }`"):
        fields = item.fields(optional=STEPS)
        if len(fields) > 1 or item.is_empty():
            item.wrong(
                "a step is one thing: a reward, a message to send, something taken back or released",
                "write `- reward: { ... }`",
            )
        for kind, each in fields.items():
            step = _read_step(kind, each, moment, rules, known)
            if isinstance(step, Reward) and any(isinstance(other, Reward) for other in found):
                item.wrong("a rule gives one reward", "write a second rule for the same event")
            if isinstance(step, Send) and step in found:
                item.wrong("this message is sent already", "remove one of the two")
            if isinstance(step, Reverse | Mature):
                if any(type(step) is type(other) and step.rule == other.rule for other, _ in looking_back):
                    item.wrong(f"this rule looks back at {step.rule} already", "remove one of the two")
                looking_back.append((step, each))
            found.append(step)
    sends = any(isinstance(step, Send) for step in found)
    if sends and not any(isinstance(step, Reward) for step in found):
        place.wrong("a message is sent about a reward, and this rule gives none", "add a `reward:` step")
    return tuple(found), looking_back


def _read_step(
    kind: str, place: Place, moment: Moment, rules: Mapping[str, Place], known: Surroundings
) -> Step:
    match kind:
        case "reward":
            return read_reward(place, moment, known)
        case "reverse":
            return read_reverse(place, moment, rules, has_locations=bool(known.locations))
        case "release":
            return read_release(place, moment, rules)
        case _:
            return Send(place.one_of(known.messages, "message") or "")
