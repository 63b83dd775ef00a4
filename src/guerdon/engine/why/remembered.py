"""What was known when an event was decided, read by the declarations of the version that decided it."""

from collections.abc import Mapping, Sequence

import msgspec

from guerdon.engine.standings import standing_of
from guerdon.program.fields import Read, read_field
from guerdon.program.model import Field
from guerdon.queries.why.events import WhyRow
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.members import MemberRow

_decode = msgspec.json.Decoder(dict[str, object]).decode


def event_of(playbook: Playbook, row: WhyRow) -> Event:
    """A stored event as its rules saw it."""
    receipt = row.receipt
    said = _decode(row.data) if row.data else {}
    declared = playbook.program.events.get(receipt.type)
    fields = read_all(declared.fields if declared is not None else {}, said)
    return Event(
        id=receipt.id,
        type=receipt.type,
        connection=receipt.source,
        external_id=receipt.external_id,
        happened_at=receipt.happened_at,
        recorded_at=receipt.recorded_at,
        day=playbook.day_of(receipt.happened_at),
        data=said,
        fields={**fields, "happened_at": receipt.happened_at},
    )


def standing_of_row(playbook: Playbook, row: WhyRow) -> Standing:
    """A member as the rules of the event saw them, with what was counted and held then."""
    receipt = row.receipt
    assert row.market is not None, "nobody knows who the member was"
    member = MemberRow(
        receipt.member_id,
        row.market,
        row.language or "",
        row.location,
        row.attributes or "{}",
        row.enrolled_at or receipt.happened_at,
        row.state,
    )
    standing = standing_of(playbook.program, member)
    if row.facts is None:
        return standing
    seen = {key: _seen(playbook, key, value) for key, value in _decode(row.facts).items()}
    attributes = {**standing.attributes, **seen}
    return msgspec.structs.replace(standing, attributes=attributes, seen=seen)


def read_all(declared: Mapping[str, Field], said: Mapping[str, object]) -> dict[str, object]:
    """Fields as they were declared; one that no longer fits is missing."""
    found: dict[str, object] = {}
    for key, field in declared.items():
        read = read_field(field, said[key]) if said.get(key) is not None else None
        if isinstance(read, Read):
            found[key] = read.value
    return found


def _seen(playbook: Playbook, key: str, value: object) -> object:
    if not isinstance(value, list):
        return value
    kind = playbook.program.holdings.get(key.removeprefix("holds(").removesuffix(")"))
    fields = kind.fields if kind is not None else {}
    return tuple(read_all(fields, each) for each in _records(value))


def _records(value: Sequence[object]) -> list[dict[str, object]]:
    return [{str(name): held for name, held in each.items()} for each in value if isinstance(each, dict)]
