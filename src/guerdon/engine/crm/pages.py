"""A page of reading over: contacts, or deals for their events alone, and what they were if that is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from guerdon.engine.arrivals import Arrival, ErrandKind
from guerdon.engine.crm.past import Judged, Span, changed_after, judge, mapped_of
from guerdon.engine.crm.port import PAST_MAX, Closed, Contact, Crm, Heard, Histories, No, NotNow, Past
from guerdon.engine.intake import Delivery, keep_sealed, seal_deliveries
from guerdon.program.model import Connection
from guerdon.store.crm.backfills import Backfill, Part
from guerdon.store.crm.tellings import compare_until, count_keys
from guerdon.store.database import Transaction
from guerdon.store.privacy.forgetting import find_forgotten
from guerdon.store.sealing import Vault

# How late a webhook or a journal may still tell what was brought: a journal is kept for three days.
COMPARED = timedelta(days=3)


@dataclass(slots=True)
class Begun:
    """A page that was listed, of which the past is being read: what is there need not be asked again.

    `left` are those whose past is still to be read; `goes_on` is where the next page is, None: there is none.
    """

    place: tuple[int, Part, str | None]
    asked_at: datetime
    contacts: Mapping[str, Contact]
    goes_on: tuple[Part, str | None] | None
    whole: bool = True
    left: list[str] = field(default_factory=list)
    changes: list[Past] = field(default_factory=list)
    full: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Page:
    """What was read of a page; `hear` makes of changes what a journal would have told."""

    kind: ErrandKind
    judged: Judged
    hear: Callable[[Sequence[Past]], Sequence[Heard]]


@dataclass(frozen=True, slots=True)
class Came:
    """What became of a page's changes: they are events from now on, or were here already."""

    events: int = 0
    known: int = 0


def place_of(taken: Backfill) -> tuple[int, Part, str | None]:
    """The page at which one is."""
    return taken.number, taken.part, taken.after


def begin_page(
    crm: Crm, declared: Connection, taken: Backfill, span: Span | None, now: datetime
) -> Begun | NotNow | No | Closed:
    """List the page at which one is; asked with no transaction open."""
    if taken.part == "deals":
        assert span is not None, "deals are read over for their events alone"
        return _of_deals(crm, taken, span, now)
    assert declared.contacts is not None, "asked for contacts of a connection that declares none"
    told = crm.page_contacts(taken.after, declared.contacts.properties, taken.since)
    if isinstance(told, NotNow | No | Closed):
        return told
    page = told.answer
    contacts = {each.id: each for each in page.contacts}
    goes_on: tuple[Part, str | None] | None = ("contacts", page.after) if page.after is not None else None
    begun = Begun(place_of(taken), now, contacts, goes_on, page.whole)
    if span is not None:
        begun.left = [each.id for each in page.contacts if changed_after(each.updated_at, span.since)]
        if goes_on is None and mapped_of(declared, "deal"):
            begun.goes_on = ("deals", None)
    return begun


def _of_deals(crm: Crm, taken: Backfill, span: Span, now: datetime) -> Begun | NotNow | No | Closed:
    told = crm.page_deals(taken.after)
    if isinstance(told, NotNow | No | Closed):
        return told
    page = told.answer
    goes_on: tuple[Part, str | None] | None = ("deals", page.after) if page.after is not None else None
    left = [each for each, updated_at in page.deals.items() if changed_after(updated_at, span.since)]
    return Begun(place_of(taken), now, {}, goes_on, left=left)


def finish_page(
    crm: Crm, declared: Connection, begun: Begun, span: Span | None
) -> Page | NotNow | No | Closed:
    """Read what is left of a page's past; where that is not possible now, it is gone on with another time."""
    kind: ErrandKind = "deal" if begun.place[1] == "deals" else "contact"
    properties = sorted(mapped_of(declared, kind))
    hear = partial(crm.past_heard, kind)
    if span is None or not properties:
        return Page(kind, Judged(), hear)
    while begun.left:
        told = crm.read_past(kind, begun.left[:PAST_MAX], properties)
        if isinstance(told, NotNow | No | Closed):
            return told
        begun.changes += told.answer.changes
        begun.full |= told.answer.full
        del begun.left[:PAST_MAX]
    judged = judge(declared, kind, span, Histories(begun.changes, frozenset(begun.full)))
    return Page(kind, judged, hear)


def heard_of(tx: Transaction, program_id: int, source: str, page: Page) -> Sequence[Heard]:
    """What a page tells, but nothing of contacts that are to be forgotten."""
    changes = page.judged.changes
    if page.kind == "deal" or not changes:
        return page.hear(changes)
    gone = find_forgotten(tx, program_id, [(source, each) for each in sorted({c.object for c in changes})])
    return page.hear([each for each in changes if (source, each.object) not in gone])


def bring(tx: Transaction, vault: Vault, of: tuple[int, str], heard: Sequence[Heard], now: datetime) -> Came:
    """Let changes arrive as a journal's do, in the commit that keeps their page."""
    program_id, connection = of
    if not heard:
        return Came()
    deliveries = [Delivery(connection, each.body, each.elements) for each in heard]
    sealed = seal_deliveries(vault, program_id, deliveries)
    # First, as whoever tries again what was set apart does: so nobody waits for each other.
    compare_until(tx, program_id, connection, now + COMPARED)
    kept = keep_sealed(tx, program_id, deliveries, sealed, now)
    return Came(sum(each.accepted for each in kept), sum(each.duplicates for each in kept))


def count(tx: Transaction, program_id: int, heard: Sequence[Heard]) -> Came:
    """How many changes would be brought; none of them is."""
    keys = [each.key for one in heard for each in one.elements if isinstance(each, Arrival)]
    known = count_keys(tx, program_id, keys) if keys else 0
    return Came(len(keys) - known, known)
