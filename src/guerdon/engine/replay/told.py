"""What pairs tell in a replay: where the books told something as well, and what the text alone would tell."""

from datetime import datetime

import msgspec

from guerdon.engine.arrivals import REFERRALS
from guerdon.engine.referrals.pairing import Frame
from guerdon.engine.referrals.telling import CAME, OwnEvent
from guerdon.ledger.effects import Decision, encode_decision
from guerdon.queries.replay.history import EventRow
from guerdon.queries.replay.invited import LivePair
from guerdon.store.referrals.pairs import Pair
from guerdon.values.ids import derived_id

NOTHING = encode_decision(Decision(())).decode()


class Coming(msgspec.Struct):
    """What a text tells of a pair where the books told something, too."""

    type: str
    happened_at: datetime
    fields: dict[str, object]


class Kept(msgspec.Struct):
    """What a checkpoint keeps of referrals beside the pairs themselves."""

    coming: dict[str, Coming] = {}
    owed: list[EventRow] = []
    # By scheme and referrer and first day of the quarter.
    told: dict[tuple[str, int, str], int] = {}


def is_told(row: EventRow) -> bool:
    """Whether a row is what a pair told one of its sides."""
    return row.source == REFERRALS and row.external_id.count(".") == 2


def told_at_of(live: LivePair | None, name: str) -> datetime | None:
    """When the books told something of a pair."""
    if live is None:
        return None
    return live.told_at if name.split(".")[1] == CAME else live.untold_at


def is_since(at: datetime | None, since: datetime) -> bool:
    """Whether something came after the time that is replayed began."""
    return at is not None and at >= since


def coming_of(event: OwnEvent) -> Coming:
    """What is told where the books told it."""
    said = {key: value for key, value in event.fields.items() if value is not None}
    return Coming(event.type, event.happened_at, said)


def owed_of(frame: Frame, event: OwnEvent, pair: Pair, told: tuple[str, int]) -> EventRow:
    """What the text alone tells, as a row that nobody decided; `told` is the side, and by which version."""
    side, version = told
    said = {key: value for key, value in event.fields.items() if value is not None}
    return EventRow(
        id=derived_id(pair.id, "replay", event.id),
        member_id=pair.friend if side == "friend" else pair.referrer or 0,
        type=event.type,
        source=REFERRALS,
        external_id=event.id,
        market="",
        location=None,
        version=version,
        state=0,
        happened_at=event.happened_at,
        recorded_at=frame.now,
        decided_at=frame.now,
        data=msgspec.json.encode(said).decode(),
        decision=NOTHING,
    )
