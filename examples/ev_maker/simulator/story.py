"""The stream of changes that a CRM sends: who does what, when, and in which odd order it is told.

Everything is drawn from one seeded chance per start, so the same seed tells the same story. Whether an
item is late or out of order is about `occurred_at`: the order of telling is the order of sending.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from .contacts import Contact, is_late
from .events import MOMENTS, Change, Item, expected
from .expect import Expectation, month_of
from .terms import Terms

MOMENT_WEIGHTS: Mapping[str, int] = {
    "test_drive.completed": 52,
    "test_drive.no_show": 6,
    "booking.confirmed": 18,
    "booking.canceled": 4,
    "vehicle.purchased": 8,
    "referral.succeeded": 12,
}
SOURCES = (
    ("CRM_UI", "userId:4711"),
    ("FORMS", "form:test-drive"),
    ("AUTOMATION_PLATFORM", "enrollmentId:82"),
)
KEEN_SHARE, KEEN_EVENTS = 0.05, 0.15  # a few people do a lot, and meet the limits
SELF_REFERRALS = 0.05
MINUTE_MS, DAY_MS = 60_000, 86_400_000
NUMBERS_PER_START = 10_000_000
STRANGERS_FROM = 88_000_001


@dataclass(frozen=True, slots=True)
class World:
    """Everything the story of one start is made of; `numbers` are HubSpot's event ids."""

    terms: Terms
    contacts: Sequence[Contact]
    chance: Random
    numbers: Iterator[int]

    def someone(self) -> Contact:
        """Pick a contact; some are keener than others."""
        keen = max(1, int(len(self.contacts) * KEEN_SHARE))
        reach = keen if self.chance.random() < KEEN_EVENTS else len(self.contacts)
        return self.contacts[self.chance.randrange(reach)]

    def item(self, kind: str, contact: Contact, occurred_at: int) -> Item:
        """Let something of the brand's journey happen to a contact."""
        event_type = self.chance.choices(list(MOMENT_WEIGHTS), list(MOMENT_WEIGHTS.values()))[0]
        name, value = MOMENTS[event_type]
        change = Change(
            number=next(self.numbers),
            contact_id=int(contact.external_id),
            occurred_at=occurred_at,
            property=name,
            value=value or self._value(event_type, contact, occurred_at),
            source=self.chance.choice(SOURCES),
        )
        return Item(change, kind, expected(self.terms, contact, event_type, change))

    def recently(self, now: int) -> int:
        """Give an instant of the last minute: even good news comes slightly shuffled."""
        return now - self.chance.randrange(MINUTE_MS)

    def _value(self, event_type: str, contact: Contact, occurred_at: int) -> str:
        if event_type == "vehicle.purchased":
            return f"{month_of(occurred_at, 'UTC')}-{self.chance.randint(1, 28):02}"
        return contact.external_id if self.chance.random() < SELF_REFERRALS else self.someone().external_id


def prepare_world(terms: Terms, contacts: Sequence[Contact], seed: int, start: int) -> World:
    """Make a world; each start has chance and event numbers of its own."""
    return World(terms, contacts, Random(f"events:{seed}:{start}"), count(start * NUMBERS_PER_START + 1))


def tell(world: World, times: Iterable[int]) -> Iterator[Item]:
    """Tell one item per instant; the instants are the CRM's clock."""
    tellers, shares = list(TELLERS), list(TELLERS.values())
    told: deque[Item] = deque()
    for now in times:
        if not told:
            told.extend(world.chance.choices(tellers, shares)[0](world, now))
        yield told.popleft()


def _normal(world: World, now: int) -> list[Item]:
    contact = world.someone()
    return [world.item(_kind("normal", contact), contact, world.recently(now))]


def _late(world: World, now: int) -> list[Item]:
    """Tell days or weeks after it happened."""
    contact = world.someone()
    days_ago = world.chance.randint(1, 40)
    return [world.item(_kind("late", contact), contact, now - days_ago * DAY_MS)]


def _out_of_order(world: World, now: int) -> list[Item]:
    """Tell of one contact's newer event first and of the older one after it."""
    contact = world.someone()
    newer = world.item(_kind("normal", contact), contact, world.recently(now))
    minutes_before = world.chance.randint(1, 120)
    older_at = newer.change.occurred_at - minutes_before * MINUTE_MS
    return [newer, world.item(_kind("out_of_order", contact), contact, older_at)]


def _shared_number(world: World, now: int) -> list[Item]:
    """Tell of two contacts under one eventId: HubSpot does not promise that it is unique."""
    [first], [second] = _normal(world, now), _normal(world, now)
    if first.change.contact_id == second.change.contact_id or not second.expectation:
        return [first, second]
    change = replace(second.change, number=first.change.number)
    expectation = replace(second.expectation, event_id=change.key(world.terms.portal))
    return [first, Item(change, "shared_number", expectation)]


def _noise(world: World, now: int) -> list[Item]:
    """Tell of a property that the program says it ignores."""
    change = _aside(world, now, "lifecyclestage", ("lead", "opportunity", "customer"))
    return [Item(change, "noise", _unmapped(world, change, "nothing", "ignored"))]


def _unknown_property(world: World, now: int) -> list[Item]:
    """Tell of a property that nobody declared."""
    change = _aside(world, now, "newsletter_topic", ("charging", "design"))
    return [Item(change, "unknown_property", _unmapped(world, change, "quarantine", "unknown_property"))]


def _unknown_contact(world: World, now: int) -> list[Item]:
    """Tell of a contact that never arrives."""
    stranger_id = str(STRANGERS_FROM + world.chance.randrange(1_000_000))
    stranger = replace(world.someone(), external_id=stranger_id, market="")
    item = world.item("unknown_contact", stranger, world.recently(now))
    assert item.expectation
    waits = replace(
        item.expectation,
        must="wait",
        claims=False,
        reason="unknown_contact",
        pays_from="",
        late_contact=False,
        takes_back="",
    )
    return [replace(item, expectation=waits)]


def _aside(world: World, now: int, name: str, values: Sequence[str]) -> Change:
    contact_id = int(world.someone().external_id)
    return Change(next(world.numbers), contact_id, world.recently(now), name, world.chance.choice(values))


def _unmapped(world: World, change: Change, must: str, reason: str) -> Expectation:
    return Expectation(
        event_id=change.key(world.terms.portal),
        contact=str(change.contact_id),
        type="",
        market="",
        month=month_of(change.occurred_at, world.terms.time_zone),
        must="quarantine" if must == "quarantine" else "nothing",
        reason=reason,
    )


def _kind(kind: str, contact: Contact) -> str:
    """Call it waiting when its contact is not known yet."""
    return "waiting" if is_late(contact) else kind


TELLERS: Mapping[Callable[[World, int], list[Item]], float] = {
    _normal: 0.82,
    _late: 0.08,
    _out_of_order: 0.03,
    _shared_number: 0.005,
    _noise: 0.05,
    _unknown_property: 0.008,
    _unknown_contact: 0.007,
}
