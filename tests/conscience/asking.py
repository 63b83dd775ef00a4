"""A program that offers and serves, a member of it, and the one question."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from guerdon.program.messages.nouns import Caps, ChannelKind, Contact, Manners, Quiet, SilentDays, Topic
from guerdon.rules.conscience import Answer, Ask, Held, Known, Told, decide_reach

NAME = {"en": "Offers"}
OFFERS = Topic("offers", NAME, "marketing", agreement={"en": "Offers by {{channel}}."}, similar_goods=True)
ACCOUNT = Topic("account", NAME, "service")
CODES = replace(ACCOUNT, key="codes", urgent=True)
NIGHT = Quiet(time(20), time(8))
RINGING: tuple[ChannelKind, ...] = ("sms", "push", "whatsapp")
# A Wednesday at noon, far from every change of clocks.
NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
GIVEN = Held(7, "given", datetime(2026, 1, 2, 9, tzinfo=UTC))
GAVE = Known(consent=GIVEN)


def everywhere(
    quiet: Quiet | None = None, caps: Caps | None = None, silent: SilentDays | None = None
) -> Contact:
    """What holds in all markets alike."""
    plain = Manners()
    return Contact(everywhere=Manners(quiet or plain.quiet, silent or plain.silent_days, caps or plain.caps))


def asked(
    at: datetime = NOON, zone: str = "UTC", topic: Topic = OFFERS, channel: ChannelKind = "email"
) -> Ask:
    return Ask(1, topic, channel, "DE", zone, at)


def answer(contact: Contact, ask: Ask, known: Known = GAVE) -> Answer:
    return decide_reach(contact, ask, known)


def at_wall(text: str, zone_offset: str) -> datetime:
    """An instant by what a wall clock shows and how far it is from UTC."""
    return datetime.fromisoformat(f"{text}{zone_offset}")


def told(number: int, at: datetime, day: date | None = None, *, marketing: bool = True) -> Told:
    return Told(100 + number, at, day or at.date(), marketing)
