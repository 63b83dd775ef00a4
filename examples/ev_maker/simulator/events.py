"""What happens to a customer, as the CRM tells it: one contact property changed, and nothing else said.

The program maps such a change to an event and decides who qualifies. This file knows both by itself, so
that a slip in the program's mapping or conditions shows up as a difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .contacts import Contact, is_late
from .expect import Expectation, month_of
from .terms import Terms

APP_ID = 1160452
SUBSCRIPTIONS: Mapping[str, int] = {
    "test_drive_status": 2450101,
    "booking_status": 2450102,
    "vehicle_delivered_on": 2450103,
    "referral_converted": 2450104,
    "lifecyclestage": 2450105,
    "newsletter_topic": 2450106,
    "friend_code": 2450107,
}
# The property that tells of each event, and its value; None stands for a value that differs each time.
MOMENTS: Mapping[str, tuple[str, str | None]] = {
    "test_drive.completed": ("test_drive_status", "completed"),
    "test_drive.no_show": ("test_drive_status", "no_show"),
    "booking.confirmed": ("booking_status", "confirmed"),
    "booking.canceled": ("booking_status", "canceled"),
    "vehicle.purchased": ("vehicle_delivered_on", None),
    "referral.succeeded": ("referral_converted", None),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One contact property that changed in the CRM."""

    number: int
    contact_id: int
    occurred_at: int
    property: str
    value: str
    source: tuple[str, str] = ("CRM_UI", "userId:4711")

    def key(self, portal: int) -> str:
        """Spell the event id as the rewards software forms it."""
        subscription = SUBSCRIPTIONS[self.property]
        return f"{portal}-{subscription}-{self.number}-{self.contact_id}-{self.occurred_at}"

    def shape(self, portal: int, attempt: int = 0) -> dict[str, Any]:
        """Give the change HubSpot's own shape."""
        return {
            "eventId": self.number,
            "subscriptionId": SUBSCRIPTIONS[self.property],
            "portalId": portal,
            "appId": APP_ID,
            "occurredAt": self.occurred_at,
            "subscriptionType": "contact.propertyChange",
            "attemptNumber": attempt,
            "objectId": self.contact_id,
            "changeSource": self.source[0],
            "propertyName": self.property,
            "propertyValue": self.value,
            "sourceId": self.source[1],
        }


@dataclass(frozen=True, slots=True)
class Item:
    """A change on its way: why it is sent, and what it must earn if this is the first time."""

    change: Change
    kind: str
    expectation: Expectation | None = None
    attempt: int = 0


def qualifies(event_type: str, contact: Contact, change: Change) -> bool:
    """Tell who may be rewarded: no employee, and nobody for referring themselves."""
    refers_itself = event_type == "referral.succeeded" and change.value == contact.external_id
    return not contact.employee and not refers_itself


def expected(terms: Terms, contact: Contact, event_type: str, change: Change) -> Expectation:
    """Say what a change must earn as long as nothing runs out."""
    rule, taking = terms.rules.get(event_type), terms.reversals.get(event_type)
    if taking is not None:
        # Whoever canceled loses what the booking gave, also an employee, who had nothing of it.
        return Expectation(
            event_id=change.key(terms.portal),
            contact=contact.external_id,
            type=event_type,
            market=contact.market,
            month=month_of(change.occurred_at, terms.time_zone),
            must="take_back",
            rule=taking.key,
            claims=True,
            late_contact=is_late(contact),
            takes_back=taking.rule,
            happened_at=change.occurred_at,
        )
    claims = rule is not None and qualifies(event_type, contact, change)
    return Expectation(
        event_id=change.key(terms.portal),
        contact=contact.external_id,
        type=event_type,
        market=contact.market,
        month=month_of(change.occurred_at, terms.time_zone),
        must="earn" if claims else "nothing",
        rule=rule.key if rule else "",
        value_minor=rule.value_minor if rule else 0,
        claims=claims,
        reason="" if claims else "condition" if rule else "no_rule",
        pays_from=f"{rule.budget}:{contact.market}" if rule else "",
        late_contact=is_late(contact),
        happened_at=change.occurred_at,
    )
