"""The journal as the engine hears it: a file made bodies like webhooks', with what a door keeps of each."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from guerdon.connectors.hubspot.api import journal
from guerdon.connectors.hubspot.api.calls import Api
from guerdon.connectors.hubspot.api.outcomes import (
    Done,
    Later,
    Outcome,
    Partial,
    Refused,
    TokenGone,
    Unsure,
)
from guerdon.connectors.hubspot.payload import Change, read_arrivals
from guerdon.engine.arrivals import Unusable
from guerdon.engine.crm.port import Answered, Closed, Edge, Heard, JournalPage, Known, No, NotNow, Told
from guerdon.program.model import Connection

# As many as a webhook's body may have, and no body so long that it cannot be kept.
CHANGES_MAX = 200
TROUBLE_S = 5.0
CONTACTS, DEALS = "0-1", "0-3"
CHANGED: tuple[journal.Action, ...] = ("UPDATE",)
GONE: tuple[journal.Action, ...] = ("DELETE", "MERGE")
FORGOTTEN: tuple[journal.Action, ...] = ("GDPR_DELETE",)
# What a body has where the journal's own event could not be read.
_NOT_READ = msgspec.Raw(b'{"unreadable":true}')


def next_page(api: Api, offset: str | None, portal: int, since: datetime) -> Told[JournalPage | Edge]:
    """The next file of one account, without what happened before `since`."""
    pointer = journal.next_file(api, offset, portal)
    if not isinstance(pointer, Done):
        return _otherwise(pointer)
    if isinstance(pointer.answer, journal.Edge):
        gone = pointer.answer is journal.Edge.OFFSET_GONE
        return Known(Edge.OFFSET_GONE if gone else Edge.NOTHING_NEWER)
    file = journal.fetch(api.http, pointer.answer)
    if isinstance(file, Refused):
        # It will be no other when it is asked for again: what is in it is missed, and the page says so.
        return Known(JournalPage(pointer.answer.current_offset, (), missed=True))
    if not isinstance(file, Done):
        return _otherwise(file)
    since_ms = int(since.astimezone(UTC).timestamp() * 1000)
    told = [each for each in file.answer.changes if isinstance(each, Unusable) or each.occurredAt >= since_ms]
    return Known(JournalPage(pointer.answer.current_offset, [*bodies(told)]))


def listen_for(api: Api, declared: Connection) -> NotNow | No | Closed | None:
    """Have the journal hold what the connection cares for, as far as it does not yet; why that cannot be."""
    there = journal.subscriptions(api)
    if not isinstance(there, Done):
        return _otherwise(there)
    ours = [each for each in there.answer if each.portal_id == declared.portal]
    for type_id, actions, properties in _wanted(declared):
        held = {
            action
            for each in ours
            if each.object_type_id == type_id
            # One without properties holds them all.
            and (not each.properties or properties <= set(each.properties))
            for action in each.actions
        }
        if set(actions) <= held:
            continue
        made = journal.subscribe(api, declared.portal, type_id, actions, sorted(properties))
        if not isinstance(made, Done):
            return _otherwise(made)
    return None


def _wanted(declared: Connection) -> Iterator[tuple[str, tuple[journal.Action, ...], frozenset[str]]]:
    """Kind of object, what happens to it, and changes of which properties: only what means something."""
    told: frozenset[str] = frozenset()
    yield CONTACTS, FORGOTTEN, told
    yield CONTACTS, ("CREATE", *GONE) if declared.contacts is not None else GONE, told
    of_contacts = {each.property for each in declared.mappings}
    of_contacts |= set(declared.contacts.properties) if declared.contacts is not None else set()
    if of_contacts:
        yield CONTACTS, CHANGED, frozenset(of_contacts)
    if declared.deals:
        yield DEALS, ("CREATE", *GONE), told
        yield DEALS, CHANGED, frozenset(each.property for each in declared.deals)


def bodies(told: Sequence[Change | Unusable]) -> Iterator[Heard]:
    """Changes as bodies like webhooks', with what a door keeps of each."""
    for start in range(0, len(told), CHANGES_MAX):
        some = told[start : start + CHANGES_MAX]
        # Each has its place in the body, so that it is read again from there.
        written: list[Change | msgspec.Raw] = [
            _NOT_READ if isinstance(each, Unusable) else each for each in some
        ]
        body = msgspec.json.encode(written)
        read = read_arrivals(body)
        assert not isinstance(read, Unusable), "what was just written can be read"
        elements = [
            msgspec.structs.replace(said, position=place) if isinstance(said, Unusable) else element
            for place, (said, element) in enumerate(zip(some, read, strict=True))
        ]
        yield Heard(body, elements)


def _otherwise(outcome: Outcome[Answered]) -> NotNow | No | Closed:
    match outcome:
        case Later(after_s, why):
            return NotNow(after_s, why)
        case Refused():
            return Closed("scopes") if outcome.status == 403 else No(outcome.category, outcome.message)
        case TokenGone():
            return NotNow(TROUBLE_S, "trouble")
        case Unsure() | Partial() | Done():
            return NotNow(TROUBLE_S, "unreachable")
