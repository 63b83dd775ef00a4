"""What members have for a time (the program's holdings): events open, change and close it, told in any order.

An opening fills the fields anew, a change fills some of them; what happened earlier never overwrites what
happened later, whichever was told first. Of what happened at one instant, a change counts after an opening,
and an end after both; of two openings, or two changes of one field, that with the greater number counts,
which is a hash of the event's own id and of what it says. So the same events come to the same, in whatever
order and in however many batches they are told.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import msgspec

from guerdon.program.model import Field, HoldingKind, HoldingStep, Program
from guerdon.rules.facts import Belonging, Event, Remembered, Stamp, Standing
from guerdon.values.ids import derived_id

Verb = Literal["open", "change", "close"]
# What an event does to a kind of holding.
Handling = tuple[str, Verb, HoldingStep]
# The event's day in the program's zone, for a field that holds a day: no event has a field of this name.
DAY = "happened_at#day"
# Between a kind and what it hangs on; no kind's name can hold it.
OF = "#"
_encode = msgspec.json.Encoder().encode


def handlings(kinds: Mapping[str, HoldingKind]) -> dict[str, tuple[Handling, ...]]:
    """What events do to holdings: type -> kinds, each with what is done."""
    found: dict[str, tuple[Handling, ...]] = {}
    for kind in kinds.values():
        for verb, step in _steps(kind):
            found[step.event] = (*found.get(step.event, ()), (kind.key, verb, step))
    return found


def declarations(program: Program) -> dict[str, str]:
    """What each kind of holding hangs on, as a mark: by the same mark, the same events come to the same."""
    return {key: f"{key}{OF}{_hash(program, kind)}" for key, kind in program.holdings.items()}


def kinds_of(marks: Iterable[str]) -> frozenset[str]:
    """The kinds that marks are of."""
    return frozenset(mark.partition(OF)[0] for mark in marks)


def fields_read(program: Program, todo: Iterable[Handling]) -> dict[str, Field]:
    """The declared fields of an event that are read for what it does to holdings."""
    found: dict[str, Field] = {}
    for _, _, step in todo:
        declared = program.events[step.event].fields
        found |= {name: declared[name] for name in (step.key, *step.fields.values()) if name in declared}
    return found


def handle(kept: Remembered, todo: Iterable[Handling], event: Event, member_id: int) -> None:
    """Fold an event into what its member has."""
    for kind, verb, step in todo:
        told = event.fields.get(step.key)
        if told is None:
            continue
        key = str(told)
        having = kept.belongings.setdefault((member_id, kind), {})
        belonging = having.get(key)
        if belonging is None:
            belonging = having[key] = Belonging()
        if verb == "close":
            belonging.closed_at = max(belonging.closed_at or event.happened_at, event.happened_at)
        else:
            fields = _filled(step, event)
            fill = _open if verb == "open" else _change
            fill(belonging, fields, (event.happened_at, _number(event, fields)))
        kept.belongings_changed.add((member_id, kind, key))


def with_holdings(kept: Remembered, kinds: Collection[str], event: Event, member: Standing) -> Standing:
    """The member as the rules of this event see them: with what they have when it happened."""
    seen: dict[str, object] = dict(member.seen or {})
    for kind in kinds:
        having = kept.belongings.get((member.member_id, kind), {})
        seen[f"holds({kind})"] = tuple(
            each.fields for _, each in sorted(having.items()) if each.lasts(event.happened_at)
        )
    return msgspec.structs.replace(member, attributes={**member.attributes, **seen}, seen=seen)


def _open(belonging: Belonging, fields: dict[str, object], told: Stamp) -> None:
    if belonging.opened is not None and told < belonging.opened:
        return
    # What changed before it is gone with what was.
    belonging.changed = {name: stamp for name, stamp in belonging.changed.items() if stamp[0] >= told[0]}
    belonging.fields = {**fields, **{name: belonging.fields[name] for name in belonging.changed}}
    belonging.opened = told


def _change(belonging: Belonging, fields: dict[str, object], told: Stamp) -> None:
    if belonging.opened is not None and told[0] < belonging.opened[0]:
        return
    for name, value in fields.items():
        before = belonging.changed.get(name)
        if before is None or before <= told:
            # A new mapping: what the rules of an event saw is kept with it, as they saw it.
            belonging.fields = {**belonging.fields, name: value}
            belonging.changed[name] = told


def _number(event: Event, fields: dict[str, object]) -> int:
    """Tell an event from others of its instant, by what it is and not by when it came."""
    said = _encode(sorted(fields.items())).decode()
    return derived_id(0, event.connection, event.external_id, said)


def _steps(kind: HoldingKind) -> list[tuple[Verb, HoldingStep]]:
    """What is done to a kind, its days filled by the event's own day where its instant was to fill them."""
    days = {name for name, field in kind.fields.items() if field.type == "date"}
    steps: list[tuple[Verb, HoldingStep]] = [("open", step) for step in kind.opens]
    steps += [("change", step) for step in kind.changes]
    steps += [("close", step) for step in kind.closes]
    return [
        (
            verb,
            replace(
                step,
                fields={
                    name: DAY if name in days and source == "happened_at" else source
                    for name, source in step.fields.items()
                },
            ),
        )
        for verb, step in steps
    ]


def _hash(program: Program, kind: HoldingKind) -> str:
    steps = _steps(kind)
    read = [sorted(fields_read(program, [(kind.key, *step)]).items()) for step in steps]
    meant = (
        sorted((name, _meaning(field)) for name, field in kind.fields.items()),
        [(verb, step.event, step.key, sorted(step.fields.items())) for verb, step in steps],
        [[(name, _meaning(field)) for name, field in fields] for fields in read],
        # Days hang on the zone.
        program.time_zone if any(DAY in step.fields.values() for _, step in steps) else "",
    )
    return hashlib.sha256(repr(meant).encode()).hexdigest()[:16]


def _meaning(field: Field) -> tuple[str, tuple[str, ...], str | None]:
    return field.type, field.one_of, field.unit


def _filled(step: HoldingStep, event: Event) -> dict[str, object]:
    # A day is kept as midnight UTC, like those that events bring.
    day = datetime(event.day.year, event.day.month, event.day.day, tzinfo=UTC)
    values = {
        name: day if source == DAY else event.fields.get(source) for name, source in step.fields.items()
    }
    return {name: value for name, value in values.items() if value is not None}
