"""Telling both sides: ordinary events in the inbox, in the commit of their cause, under an id of the pair.

So whatever repeats, nothing is told twice: the id is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from guerdon.engine.arrivals import REFERRALS, Arrival, arrival
from guerdon.engine.bodies import seal_body
from guerdon.engine.intake import INBOX
from guerdon.program.schemes import CODE, EVENT, OTHER, PAIR, SIDES, Scheme, Side, Told
from guerdon.store.database import Transaction
from guerdon.store.intake import IntakeRow, record_intake
from guerdon.store.referrals.pairs import Pair, load_ids
from guerdon.store.sealing import Vault
from guerdon.values.ids import show

# What a pair tells: that it came about, and that it was undone.
CAME, WENT = "came", "went"


@dataclass(frozen=True, slots=True)
class Saying:
    """What is told of a pair: its tells, when that happened, and what the event said that they repeat."""

    pair: Pair
    what: str
    tells: Mapping[Side, Told]
    happened_at: datetime
    said: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """An event that we tell ourselves; `same` is what makes a second one the same event."""

    id: str
    type: str
    source: str
    external_id: str
    happened_at: datetime
    fields: Mapping[str, object]
    same: str


def tell(tx: Transaction, vault: Vault, program_id: int, sayings: Sequence[Saying], now: datetime) -> None:
    """Tell both sides of pairs; each of them once, for ever."""
    events = [event for _, _, event in own_events(tx, program_id, sayings)]
    verdicts = put_in(tx, vault, program_id, events, now)
    assert set(verdicts) <= {"accepted"}, f"told before: {verdicts}"


def own_events(
    tx: Transaction, program_id: int, sayings: Sequence[Saying]
) -> list[tuple[Saying, Side, OwnEvent]]:
    """The events that both sides of pairs are told."""
    people = sorted({each for one in sayings for each in (one.pair.friend, one.pair.referrer) if each})
    sources = sorted({source for one in sayings for source in _sources(one.tells)})
    ids = load_ids(tx, program_id, people, sources) if sources else {}
    return [(one, side, _event(one, side, ids)) for one in sayings for side in SIDES if side in one.tells]


def repeated(scheme: Scheme, fields: Mapping[str, object]) -> dict[str, object]:
    """What is kept of the event that qualified a friend: the fields that the told events repeat."""
    return _repeated(scheme.tells, fields)


def repeated_undone(scheme: Scheme, fields: Mapping[str, object]) -> dict[str, object]:
    """The same of the event that undid it."""
    return _repeated(scheme.undo.tells, fields) if scheme.undo is not None else {}


def put_in(
    tx: Transaction, vault: Vault, program_id: int, events: Sequence[OwnEvent], now: datetime
) -> list[str]:
    """Put events of ours into the inbox; a verdict for each: accepted, duplicate or reused."""
    if not events:
        return []
    sealed = [(REFERRALS, seal_body(vault, program_id, REFERRALS, _body(each))) for each in events]
    rows = [
        IntakeRow(n, a.position, a.key, a.payload_hash, a.lane, a.external_id)
        for n, a in enumerate(map(_arrival, events), start=1)
    ]
    verdicts = record_intake(tx, program_id, sealed, rows, now)
    tx.execute("select pg_notify(%s, '')", (INBOX,))
    return verdicts


def _repeated(tells: Mapping[Side, Told], fields: Mapping[str, object]) -> dict[str, object]:
    names = sorted(
        {
            filling.removeprefix(EVENT)
            for told in tells.values()
            for filling in told.fields.values()
            if filling.startswith(EVENT)
        }
    )
    return {name: fields[name] for name in names if fields.get(name) is not None}


def _sources(tells: Mapping[Side, Told]) -> set[str]:
    fillings = {filling for told in tells.values() for filling in told.fields.values()}
    return {each.removeprefix(OTHER) for each in fillings if each.startswith(OTHER)}


def _event(saying: Saying, side: Side, ids: Mapping[tuple[int, str], str]) -> OwnEvent:
    pair, told = saying.pair, saying.tells[side]
    if side == "friend":
        source, external_id, other = pair.source, pair.external_id, pair.referrer
    else:
        assert pair.referrer_source is not None
        assert pair.referrer_external_id is not None
        source, external_id, other = pair.referrer_source, pair.referrer_external_id, pair.friend
    fields: dict[str, object] = {}
    for key, filling in told.fields.items():
        if filling == CODE:
            fields[key] = pair.code
        elif filling == PAIR:
            fields[key] = show("ref", pair.id)
        elif filling.startswith(OTHER):
            fields[key] = ids.get((other or 0, filling.removeprefix(OTHER)))
        else:
            fields[key] = saying.said.get(filling.removeprefix(EVENT))
    name = f"{pair.id}.{saying.what}.{side}"
    return OwnEvent(name, told.event, source, external_id, saying.happened_at, fields, name)


def _body(event: OwnEvent) -> bytes:
    said = {key: value for key, value in event.fields.items() if value is not None}
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": REFERRALS,
            "type": event.type,
            "subject": f"{event.source}:{event.external_id}",
            "time": event.happened_at.astimezone(UTC).isoformat(),
            "data": said,
        }
    )


def _arrival(event: OwnEvent) -> Arrival:
    return arrival(0, REFERRALS, event.id, f"{event.source}:{event.external_id}", event.same)
