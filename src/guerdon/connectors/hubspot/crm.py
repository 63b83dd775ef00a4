"""HubSpot as the engine's port has it: each question asked once, and its outcome in the port's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.connectors.hubspot import listening, past, writing
from guerdon.connectors.hubspot.api.associations import contacts_of_deals
from guerdon.connectors.hubspot.api.callbacks import complete
from guerdon.connectors.hubspot.api.calls import TROUBLE_S, Api
from guerdon.connectors.hubspot.api.objects import Kind, Page, Record, changed_since, histories, page, read
from guerdon.connectors.hubspot.api.outcomes import (
    Done,
    Later,
    Outcome,
    Partial,
    Refused,
    TokenGone,
    Unsure,
)
from guerdon.connectors.hubspot.following import CURRENCY
from guerdon.engine.arrivals import ErrandKind
from guerdon.engine.crm.port import (
    Answered,
    Closed,
    Contact,
    ContactPage,
    ContactWrite,
    CustomEvent,
    Deal,
    DealPage,
    Edge,
    Heard,
    Histories,
    JournalPage,
    Known,
    Link,
    No,
    NotNow,
    Past,
    Told,
)

KINDS: Mapping[ErrandKind, Kind] = {"contact": "contacts", "deal": "deals"}


@dataclass(frozen=True, slots=True)
class HubSpotCrm:
    """A connection that is open; `listening` gives who asks as the app itself, as journals want."""

    api: Api
    listening: Callable[[], Api | NotNow | Closed] = field(repr=False)
    portal: int

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> Told[Mapping[str, Contact | None]]:
        """The contact behind each id, under the id that it has now."""
        outcome = read(self.api, "contacts", ids, properties)
        if not isinstance(outcome, Done):
            return _otherwise(outcome)
        found = outcome.answer
        return Known(
            {each: _contact(found.records[each]) for each in found.records} | dict.fromkeys(found.gone)
        )

    def read_deals(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Mapping[str, Deal | None]]:
        """The deal behind each id, with its contacts."""
        outcome = read(self.api, "deals", ids, [*properties, CURRENCY])
        if not isinstance(outcome, Done):
            return _otherwise(outcome)
        records = outcome.answer.records
        gone: dict[str, Deal | None] = dict.fromkeys(outcome.answer.gone)
        if not records:
            return Known(gone)
        linked = contacts_of_deals(self.api, sorted({record.id for record in records.values()}))
        if not isinstance(linked, Done):
            return _otherwise(linked)
        deals = {
            each: Deal(
                record.id,
                record.properties,
                tuple(Link(contact, kinds) for contact, kinds in linked.answer.get(record.id, {}).items()),
            )
            for each, record in records.items()
        }
        return Known(gone | deals)

    def page_contacts(
        self, after: str | None, properties: Sequence[str], since: datetime | None
    ) -> Told[ContactPage]:
        """A page of all contacts, or of those changed since."""
        if since is None:
            outcome = page(self.api, "contacts", properties, after)
        else:
            since_ms = int(since.timestamp() * 1000)
            outcome = changed_since(self.api, "contacts", since_ms, properties, after)
        return Known(_page(outcome.answer)) if isinstance(outcome, Done) else _otherwise(outcome)

    def page_deals(self, after: str | None) -> Told[DealPage]:
        """A page of all deals."""
        outcome = page(self.api, "deals", (), after)
        if not isinstance(outcome, Done):
            return _otherwise(outcome)
        deals = {record.id: record.updated_at for record in outcome.answer.records}
        return Known(DealPage(deals, outcome.answer.after))

    def read_past(self, kind: ErrandKind, ids: Sequence[str], properties: Sequence[str]) -> Told[Histories]:
        """What properties of contacts or deals were."""
        outcome = histories(self.api, KINDS[kind], ids, properties)
        if not isinstance(outcome, Done):
            return _otherwise(outcome)
        return Known(past.histories_of(kind, outcome.answer))

    def past_heard(self, kind: ErrandKind, changes: Sequence[Past]) -> Sequence[Heard]:
        """Changes as the journal would have told them."""
        return past.past_heard(self.portal, kind, changes)

    def next_journal(self, offset: str | None, since: datetime) -> Told[JournalPage | Edge]:
        """What happened after an offset, of this account."""
        api = self.listening()
        if isinstance(api, NotNow | Closed):
            return api
        return listening.next_page(api, offset, self.portal, since)

    def write_contacts(
        self, id_property: str | None, writes: Sequence[ContactWrite]
    ) -> Told[Mapping[str, str]]:
        """Write contacts; by trace the id that each has now."""
        return writing.write_contacts(self.api, id_property, writes)

    def send_events(self, events: Sequence[CustomEvent]) -> Told[None]:
        """Put events on timelines: all or none."""
        return writing.send_events(self.api, self.portal, events)

    def complete_callback(self, callback_id: str, outputs: Mapping[str, str]) -> Told[None]:
        """Let a workflow go on that waits for us."""
        outcome = complete(self.api, callback_id, outputs)
        return Known(None) if isinstance(outcome, Done | Partial) else _otherwise(outcome)


def _contact(record: Record) -> Contact:
    return Contact(record.id, record.properties, record.was, record.updated_at)


def _page(found: Page) -> ContactPage:
    return ContactPage([_contact(record) for record in found.records], found.after, found.whole)


def _otherwise(outcome: Outcome[Answered]) -> NotNow | No | Closed:
    match outcome:
        case Later(after_s, why):
            return NotNow(after_s, why)
        case TokenGone():
            return Closed("revoked")
        case Refused():
            if outcome.status == 403:
                return Closed("scopes")
            return No(outcome.category, outcome.message, outcome.wrong.properties)
        case Unsure() | Partial() | Done():
            return NotNow(TROUBLE_S, "unreachable")
