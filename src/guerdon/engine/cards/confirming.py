"""A location takes a member's code and confirms what happened: one event for one code, the one way through.

The code is taken first, and of it comes a visit; what is confirmed of the visit is an event like any other,
under an id of the visit's. So a second tap, a page gone back to and a form sent again are the same event.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from guerdon.engine.arrivals import LOCATION_APP, Arrival, arrival
from guerdon.engine.cards.showing import Came, Shown, take_card
from guerdon.engine.intake import Delivery, keep_sealed, seal_deliveries
from guerdon.program.model import Event, Location, Program
from guerdon.store.audit import record_audit
from guerdon.store.cards.confirmed import find_stage, is_forgotten_since
from guerdon.store.cards.visits import record_visit
from guerdon.store.database import Transaction
from guerdon.store.referrals.pairs import load_own_ids
from guerdon.store.sealing import Vault
from guerdon.store.wallet.purses import MemberHere, lock_member
from guerdon.values.app.visits import Visit
from guerdon.values.ids import show

# elsewhere: the code is right, but its member is another location's.
Taken = Came | Literal["elsewhere"]
# known: it was confirmed before. over: too long after the code was taken. gone: the member is not there any
# more, or not of this location. unfit: locations do not confirm such an event.
Confirmed = Literal["confirmed", "known", "over", "gone", "unfit"]


@dataclass(frozen=True, slots=True)
class Counter:
    """The location at which somebody stands; `by` is who, as the audit names them."""

    program_id: int
    program: Program
    place: Location
    by: str


def confirmable(program: Program) -> list[Event]:
    """The kinds of events that a location may confirm, in the order of the program."""
    return [event for event in program.events.values() if event.confirmed_at == "location"]


def belongs(place: Location, member: MemberHere) -> bool:
    """Whether something of a member may be confirmed here: they are of this location, or its market's."""
    return member.market == place.market and member.location in {None, "", place.key}


def take_at(
    tx: Transaction, vault: Vault, counter: Counter, shown: Shown, now: datetime
) -> tuple[Taken, Visit | None]:
    """Take a code that is shown at a location; the visit where it was taken.

    Of another market nothing is tried, so that nothing is told of who is there.
    """
    member = lock_member(tx, shown.program_id, shown.member_id)
    if member is None or member.market != counter.place.market or shown.program_id != counter.program_id:
        return "unknown", None
    came = take_card(tx, vault, shown, now)
    if came != "taken":
        return came, None
    subject = show("mem", shown.member_id)
    fits = belongs(counter.place, member)
    record_audit(
        tx,
        counter.program_id,
        counter.by,
        "card.taken",
        subject,
        now,
        location=counter.place.key,
        elsewhere=None if fits else True,
    )
    if not fits:
        return "elsewhere", None
    return "taken", Visit(counter.program_id, counter.place.key, shown.member_id, now.replace(microsecond=0))


def confirm(
    tx: Transaction, vault: Vault, counter: Counter, visit: Visit, kind: str, now: datetime
) -> Confirmed:
    """Let an event of a visit come in; the worker decides it like any other."""
    # Under the member's lock there is one answer for two who tap at once.
    member = lock_member(tx, visit.program_id, visit.member_id)
    ids = load_own_ids(tx, visit.program_id, [visit.member_id])
    if find_stage(tx, visit.program_id, key_of(visit)) is not None:
        return "known"
    if member is None or not ids or not belongs(counter.place, member):
        return "gone"
    if is_forgotten_since(tx, visit.program_id, visit.member_id, visit.taken_at):
        return "gone"
    if not visit.is_open(now):
        return "over"
    if kind not in {event.key for event in confirmable(counter.program)}:
        return "unfit"
    source, external_id = ids[visit.member_id]
    subject, time = f"{source}:{external_id}", visit.taken_at.astimezone(UTC).isoformat()
    said = {
        "specversion": "1.0",
        "id": visit.external_id,
        "source": LOCATION_APP,
        "type": kind,
        "subject": subject,
        "time": time,
    }
    came = _arrival(visit, subject, kind + time)
    delivery = Delivery(LOCATION_APP, msgspec.json.encode(said), [came])
    sealed = seal_deliveries(vault, visit.program_id, [delivery])
    whose = show("mem", visit.member_id)
    record_audit(
        tx,
        visit.program_id,
        counter.by,
        "visit.confirmed",
        whose,
        now,
        location=visit.location,
        type=kind,
        id=visit.external_id,
    )
    record_visit(tx, visit, counter.place.market, kind, counter.by)
    keep_sealed(tx, visit.program_id, [delivery], sealed, now)
    return "confirmed"


def key_of(visit: Visit) -> str:
    """The key of a visit's event: 32 hexadecimal digits."""
    return _arrival(visit, "", "").key


def _arrival(visit: Visit, subject: str, payload: str) -> Arrival:
    return arrival(0, LOCATION_APP, visit.external_id, subject, payload)
