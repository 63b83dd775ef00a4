"""What was known when an event was decided, read by the declarations of the version that decided it."""

from collections.abc import Sequence

import msgspec

from guerdon.engine.standings import standing_of
from guerdon.engine.stored_events import EventReader, read_fields
from guerdon.queries.why.events import WhyRow
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.members import MemberRow

_decode = msgspec.json.Decoder(dict[str, object]).decode


def event_of(playbook: Playbook, row: WhyRow) -> Event:
    """A stored event as its rules saw it."""
    return EventReader(playbook).event(row.receipt, row.data)


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


def _seen(playbook: Playbook, key: str, value: object) -> object:
    if not isinstance(value, list):
        return value
    kind = playbook.program.holdings.get(key.removeprefix("holds(").removesuffix(")"))
    fields = kind.fields if kind is not None else {}
    return tuple(read_fields(fields.items(), each) for each in _records(value))


def _records(value: Sequence[object]) -> list[dict[str, object]]:
    return [{str(name): held for name, held in each.items()} for each in value if isinstance(each, dict)]
