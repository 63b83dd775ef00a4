"""What was read of deals: their events go back to the inbox under their own ids, now with all they need."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from guerdon.engine.arrivals import Element, Errand, Mapper, lane_of
from guerdon.engine.bodies import open_body, seal_body
from guerdon.engine.crm.following import as_it_came
from guerdon.engine.crm.port import Deal
from guerdon.program.model import Connection, Program
from guerdon.store import inbox
from guerdon.store.crm.errands import Held, finish_errands
from guerdon.store.database import Transaction
from guerdon.store.inbox import Placed
from guerdon.store.intake import record_bodies
from guerdon.store.sealing import Vault

# A body of ours is far from what a body may be.
BODY_BYTES = 200_000
# Longer than any field of an event may be.
VALUE_CHARS_MAX = 2_000
# A deal may be won before anybody says whose it is.
LOOK_AGAIN, NO_CONTACT_AFTER = timedelta(hours=6), timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Reading:
    """Deals by the id that was asked for, of one connection; None: gone."""

    program_id: int
    program: Program
    connection: Connection
    mapper: Mapper
    deals: Mapping[str, Deal | None]


@dataclass(frozen=True, slots=True)
class Read:
    """What came of errands: done, to be asked again (nobody's deal), or set apart with a reason."""

    done: Sequence[Held]
    later: Sequence[Held]
    apart: Sequence[tuple[Held, tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class _Told:
    """An errand with what is now known of it."""

    held: Held
    contact: str
    text: bytes


def keep_deals(tx: Transaction, vault: Vault, reading: Reading, held: Sequence[Held], now: datetime) -> Read:
    """Put the events of deals back into the inbox, each with what was read for it."""
    elements = _elements(tx, vault, reading, held)
    done: list[Held] = []
    later: list[Held] = []
    apart: list[tuple[Held, tuple[str, str]]] = []
    told: list[_Told] = []
    anew: list[Placed] = []
    for one in held:
        element, deal = elements.get(one.event_id), reading.deals[one.object]
        if one.event_id == 0:
            done.append(one)
        elif not isinstance(element, Errand) or (element.kind, element.step) != ("deal", "read"):
            # The program says something else by now: it is read again as it came.
            anew.append(as_it_came(one))
            done.append(one)
        elif deal is None:
            apart.append((one, ("deal_gone", f"Deal {one.object} is not in the CRM any more")))
        elif (contact := contact_of(deal, element.link)) is not None:
            told.append(_Told(one, contact, _text(element, deal, contact)))
            done.append(one)
        elif now - one.asked_at < NO_CONTACT_AFTER:
            later.append(one)
        else:
            whose = f"no contact that is its {element.link}" if element.link else "no contact"
            apart.append((one, ("no_contact", f"Deal {one.object} has {whose}")))
    inbox.return_to_inbox(tx, reading.program_id, [*_with_bodies(tx, vault, reading, told, now), *anew])
    return Read(done, later, apart)


def hand_back(tx: Transaction, program_id: int, held: Sequence[Held]) -> int:
    """Let events be read again as they came, where the program asks for nothing more any more; how many."""
    inbox.return_to_inbox(tx, program_id, [as_it_came(one) for one in held if one.event_id])
    finish_errands(tx, program_id, held)
    return len(held)


def contact_of(deal: Deal, link: str | None) -> str | None:
    """The contact that a deal belongs to: of those by this association, or of all, the first by its id."""
    found = [each.contact for each in deal.contacts if link is None or link in each.kinds]
    return min(found, key=lambda each: (len(each), each), default=None)


def _elements(tx: Transaction, vault: Vault, reading: Reading, held: Sequence[Held]) -> dict[int, Element]:
    """What each event means by itself, read again from what is kept of it."""
    times = {
        h.delivery_id: h.recorded_at for h in held if h.delivery_id is not None and h.recorded_at is not None
    }
    sealed = inbox.load_bodies(tx, reading.program_id, times)
    key = reading.connection.key
    mapped = {
        delivery_id: reading.mapper(
            reading.program, key, open_body(vault, reading.program_id, key, sealed[delivery_id])
        )
        for delivery_id in times
    }
    return {
        h.event_id: mapped[h.delivery_id][h.position]
        for h in held
        if h.delivery_id is not None and h.position is not None
    }


def _text(element: Errand, deal: Deal, contact: str) -> bytes:
    properties = {name: value and value[:VALUE_CHARS_MAX] for name, value in deal.properties.items()}
    return msgspec.json.encode(
        {"change": msgspec.Raw(element.change), "object": properties, "contact": contact}
    )


def _with_bodies(
    tx: Transaction, vault: Vault, reading: Reading, told: Sequence[_Told], now: datetime
) -> list[Placed]:
    key = reading.connection.key
    parts = list(_parts(told))
    bodies = [b'{"read":[' + b",".join(each.text for each in part) + b"]}" for part in parts]
    sealed = [(key, seal_body(vault, reading.program_id, key, body)) for body in bodies]
    ids = record_bodies(tx, reading.program_id, sealed, now)
    source = f"{reading.connection.vendor}/{reading.connection.portal}"
    return [
        Placed(each.held.event_id, lane_of(source, each.contact), key, delivery_id, position, now)
        for delivery_id, part in zip(ids, parts, strict=True)
        for position, each in enumerate(part)
    ]


def _parts(told: Sequence[_Told]) -> Iterator[list[_Told]]:
    part: list[_Told] = []
    size = 0
    for each in told:
        if part and size + len(each.text) > BODY_BYTES:
            yield part
            part, size = [], 0
        part.append(each)
        size += len(each.text)
    if part:
        yield part
