"""Rules: when an event meets a condition, steps follow.

The condition is compiled here, once, against what the event and the member were declared to have; a
mistake in it is reported at its column, and never becomes a rule that silently does not apply.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from guerdon.expressions import Condition, Declarations, Type, compile_condition
from guerdon.program.members import BUILT_IN_ATTRIBUTES
from guerdon.program.model import Budget, Event, Field, FieldType, Message, Reward, Rule, Send, Step
from guerdon.program.places import Place
from guerdon.program.texts import read_text
from guerdon.program.units import read_money
from guerdon.values.money import Money, Unit

VALID_DAYS_MAX = 3650

_TYPES: Mapping[FieldType, Type] = {
    "bool": Type.BOOL,
    "int": Type.INT,
    "string": Type.STRING,
    "timestamp": Type.TIMESTAMP,
    "date": Type.TIMESTAMP,
    "money": Type.INT,
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules of a program may name."""

    units: Mapping[str, Unit]
    events: Mapping[str, Event]
    attributes: Mapping[str, Field]
    budgets: Mapping[str, Budget]
    messages: Mapping[str, Message]
    markets: Collection[str] = ()
    locations: Collection[str] = ()


def read_rules(place: Place | None, known: Surroundings) -> dict[str, Rule]:
    """Read `rules`, in their order."""
    if place is None:
        return {}
    return {key: _read_rule(key, rule, known) for key, rule in place.keyed(example="test_drive").items()}


def _read_rule(key: str, place: Place, known: Surroundings) -> Rule:
    fields = place.fields(required=["name", "when", "promise", "then"], optional=["if"])
    when = fields["when"].one_of(known.events, "event") if "when" in fields else None
    promise = fields["promise"].one_of(("public", "campaign"), "promise") if "promise" in fields else None
    text, condition = None, None
    if "if" in fields:
        text = fields["if"].word()
        event = known.events.get(when or "")
        if text is not None and event is not None:
            condition = _compiled(fields["if"], text, event, known)
    kept: Literal["public", "campaign"] = "campaign" if promise == "campaign" else "public"
    then = _read_steps(fields["then"], known) if "then" in fields else ()
    return Rule(key, read_text(fields.get("name")), when or "", text, condition, kept, then)


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


def _read_steps(place: Place, known: Surroundings) -> tuple[Step, ...]:
    found: list[Step] = []
    for item in place.listing("nothing follows", "write a step like `- reward: { value: 25.00 EUR, ... }`"):
        fields = item.fields(optional=["reward", "send"])
        if len(fields) > 1 or item.is_empty():
            item.wrong("a step is one thing, a reward or a message to send", "write `- reward: { ... }`")
        if "reward" in fields:
            if any(isinstance(step, Reward) for step in found):
                item.wrong("a rule gives one reward", "write a second rule for the same event")
            found.append(_read_reward(fields["reward"], known))
        if "send" in fields:
            step = Send(fields["send"].one_of(known.messages, "message") or "")
            if step in found:
                item.wrong("this message is sent already", "remove one of the two")
            found.append(step)
    sends = any(isinstance(step, Send) for step in found)
    if sends and not any(isinstance(step, Reward) for step in found):
        place.wrong("a message is sent about a reward, and this rule gives none", "add a `reward:` step")
    return tuple(found)


def _read_reward(place: Place, known: Surroundings) -> Reward:
    fields = place.fields(required=["value", "pay_from", "valid_days"])
    value = read_money(fields["value"], known.units) if "value" in fields else None
    pay_from = fields["pay_from"].one_of(known.budgets, "budget") if "pay_from" in fields else None
    days = fields["valid_days"].whole(1, VALID_DAYS_MAX) if "valid_days" in fields else None
    budget = known.budgets.get(pay_from or "")
    if value is not None and budget is not None and budget.unit and budget.unit != value.unit:
        fields["value"].wrong(
            f"{value.unit} cannot be paid from {budget.key}, which holds {budget.unit}",
            f"write the value in {budget.unit}, or name another budget",
        )
    return Reward(value or Money(0, ""), pay_from or "", days or 1)
