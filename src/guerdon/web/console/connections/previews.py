"""What came by a connection lately, masked, beside what it means now and by an edited declaration.

Values that may be somebody's are not shown here: what kind of thing came is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from guerdon.connectors.hubspot.following import deals_of
from guerdon.engine.arrivals import Element, Errand, Ignored, Meaning, Unusable
from guerdon.engine.bodies import open_body
from guerdon.engine.process import POISON
from guerdon.engine.quarantine.looking import masked_raw
from guerdon.program.model import Connection, Program
from guerdon.queries.crm.standing import Kept, list_last
from guerdon.store.sealing import Unreadable
from guerdon.web.console.connections.sayings import meaning_said
from guerdon.web.console.desk import Desk
from guerdon.web.console.words import Namer
from guerdon.web.readers import MAPPERS
from guerdon.web.rooms import room

LAST = 50
ROWS_SHOWN = 100
# Of an element, what says what kind of thing it is and nothing of whom.
TOLD = ("subscriptionType", "objectTypeId", "propertyName")


@dataclass(frozen=True, slots=True)
class Meant:
    """What something comes to: in words, of which kind, and which of its event's fields are filled."""

    word: str
    kind: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that came: what kind it is, what it means by the live version, and by the edited one."""

    id: str
    told: str
    raw: str
    kept: Kept
    now: Meant
    then: Meant | None


def previewed(desk: Desk, declared: Connection, made: Program | None) -> list[Line]:
    """The last of what came, newest first; `made` is the edited program, where there is no mistake in it."""
    with desk.transaction() as tx:
        last = list_last(tx, declared.key, LAST)
    return [line for kept in last for line in _lines(desk, declared, kept, made)][:ROWS_SHOWN]


def _lines(desk: Desk, declared: Connection, kept: Kept, made: Program | None) -> list[Line]:
    try:
        body = open_body(room().vault, desk.program_id, declared.key, kept.sealed)
    except Unreadable:
        return []
    now = _mapped(desk.program, declared, body)
    then = _mapped(made, declared, body) if made is not None else None
    came = _came(body)
    found = []
    for place, element in enumerate(now):
        each = came[place] if place < len(came) else {}
        edited = None
        if made is not None and then is not None:
            edited = _meant(desk, made, declared.key, then[place] if place < len(then) else None, each)
        meant = _meant(desk, desk.program, declared.key, element, each)
        raw = masked_raw(msgspec.json.encode(each).decode()) if each else ""
        found.append(Line(f"{kept.id}-{place}", _told(each), raw, kept, meant, edited))
    return found


def _mapped(program: Program, declared: Connection, body: bytes) -> Sequence[Element]:
    if declared.key not in program.connections:
        return ()
    try:
        return MAPPERS[declared.vendor](program, declared.key, body)
    except POISON:
        return ()


def _came(body: bytes) -> list[dict[str, object]]:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return []
    return [each if isinstance(each, dict) else {} for each in (said if isinstance(said, list) else [said])]


def _told(came: dict[str, object]) -> str:
    return " ".join(str(came[name])[:100] for name in TOLD if came.get(name))


def _meant(
    desk: Desk, program: Program, connection: str, element: Element | None, came: dict[str, object]
) -> Meant:
    """What it is, and of what kind: of its values nothing."""
    match element:
        case Meaning():
            return Meant(meaning_said("event", desk.locale), element.type, tuple(element.fields))
        case Errand():
            said = meaning_said("errand", desk.locale)
            # What a deal's change is once the deal was read.
            meant = deals_of(program.connections[connection]) if element.change else {}
            name, value = str(came.get("propertyName")), str(came.get("propertyValue"))
            deal = meant.get((name, value)) or meant.get((name, None))
            return Meant(said, element.kind) if deal is None else Meant(said, deal.event, tuple(deal.fields))
        case Ignored():
            return Meant(meaning_said("ignored", desk.locale))
        case Unusable():
            return Meant(Namer(desk.program, desk.locale).parked(element.reason).name)
    return Meant(meaning_said("nothing", desk.locale))
