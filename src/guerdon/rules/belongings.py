"""What members have for a time (the program's holdings): events open, change and close it, told in any order.

An opening fills the fields anew, a change fills some of them; what happened earlier never overwrites what
happened later, whichever was told first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import msgspec

from guerdon.program.model import HoldingKind, HoldingStep
from guerdon.rules.facts import Belonging, Event, Facts, Standing

Verb = Literal["open", "change", "close"]
# What an event does to a kind of holding.
Handling = tuple[str, Verb, HoldingStep]
# The event's day in the program's zone, for a field that holds a day: no event has a field of this name.
DAY = "happened_at#day"


def handlings(kinds: Mapping[str, HoldingKind]) -> dict[str, tuple[Handling, ...]]:
    """What events do to holdings: type -> kinds, each with what is done."""
    found: dict[str, tuple[Handling, ...]] = {}
    for each in kinds.values():
        kind = _by_day(each)
        steps: list[tuple[Verb, HoldingStep]] = [("open", step) for step in kind.opens]
        steps += [("change", step) for step in kind.changes]
        steps += [("close", step) for step in kind.closes]
        for verb, step in steps:
            found[step.event] = (*found.get(step.event, ()), (kind.key, verb, step))
    return found


def handle(facts: Facts, todo: Iterable[Handling], event: Event, member: Standing) -> None:
    """Fold an event into what its member has."""
    for kind, verb, step in todo:
        told = event.fields.get(step.key)
        if told is None:
            continue
        key = str(told)
        having = facts.belongings.setdefault((member.member_id, kind), {})
        belonging = having.get(key)
        if belonging is None:
            belonging = having[key] = Belonging({}, event.happened_at)
        _apply(belonging, verb, _filled(step, event), event.happened_at)
        facts.belongings_changed.add((member.member_id, kind, key))


def with_holdings(facts: Facts, kinds: Iterable[str], event: Event, member: Standing) -> Standing:
    """The member as the rules of this event see them: with what they have when it happened."""
    seen: dict[str, object] = dict(member.seen or {})
    for kind in kinds:
        having = facts.belongings.get((member.member_id, kind), {})
        seen[f"holds({kind})"] = tuple(
            each.fields for _, each in sorted(having.items()) if each.lasts(event.happened_at)
        )
    return msgspec.structs.replace(member, attributes={**member.attributes, **seen}, seen=seen)


def _apply(belonging: Belonging, verb: Verb, fields: dict[str, object], at: datetime) -> None:
    if verb == "close":
        belonging.closed_at = max(belonging.closed_at or at, at)
        return
    if at < belonging.changed_at:
        belonging.fields = {**fields, **belonging.fields}
    else:
        belonging.fields = fields if verb == "open" else {**belonging.fields, **fields}
        belonging.changed_at = at
    if verb == "open":
        belonging.opened_at = max(belonging.opened_at or at, at)


def _by_day(kind: HoldingKind) -> HoldingKind:
    """The kind with its days filled by the event's own day, where its instant was to fill them."""
    days = {name for name, field in kind.fields.items() if field.type == "date"}

    def filled(steps: Iterable[HoldingStep]) -> tuple[HoldingStep, ...]:
        return tuple(
            replace(
                step,
                fields={
                    name: DAY if name in days and source == "happened_at" else source
                    for name, source in step.fields.items()
                },
            )
            for step in steps
        )

    return replace(kind, opens=filled(kind.opens), changes=filled(kind.changes), closes=filled(kind.closes))


def _filled(step: HoldingStep, event: Event) -> dict[str, object]:
    # A day is kept as midnight UTC, like those that events bring.
    day = datetime(event.day.year, event.day.month, event.day.day, tzinfo=UTC)
    values = {
        name: day if source == DAY else event.fields.get(source) for name, source in step.fields.items()
    }
    return {name: value for name, value in values.items() if value is not None}
