"""Deciding: address, suppression, consent or exception, quiet hours and silent days, caps; in this order.

The law is ePrivacy (2002/58/EC) art. 13: marketing by electronic mail needs prior consent (1), or comes after
a sale, about similar goods of one's own, to an address that was given then, until the member objects (2). By
art. 2 point (h) electronic mail is every message that is kept until it is collected, so SMS, push and in-app
are too (Court of Justice, C-102/20, of adverts in an inbox). What a program says of each market is `Contact`.
"""

from dataclasses import dataclass
from datetime import UTC, tzinfo

from guerdon.program.messages.nouns import ChannelKind, Contact, Manners
from guerdon.rules.conscience.caps import reached
from guerdon.rules.conscience.nouns import Answer, Ask, Go, Held, Known, No, NotNow
from guerdon.rules.conscience.quiet import disturbance, undisturbed_from
from guerdon.rules.conscience.zones import beginning_of, zone_named

# Art. 13(2) is about addresses that a customer gave with a sale. A device or an app is none.
SOFT_CHANNELS: tuple[ChannelKind, ...] = ("email", "sms")
# Its owner asks for a consent that names it, whatever the message is about.
NAMED_CHANNELS: tuple[ChannelKind, ...] = ("whatsapp",)
# Whoever comes to look is told what they have, whatever they chose for the ways that ring.
ALWAYS: tuple[ChannelKind, ...] = ("inapp",)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a message goes on: a consent, or an exception."""

    consent_id: int | None = None
    exception: str = ""


def decide_reach(contact: Contact, ask: Ask, known: Known) -> Answer:
    """Decide whether a message may go to a member over a channel now.

    `contact` is the program's. Answers `Go`, `NotNow` with the instant from which it may go, or `No`; all
    have a reason that is stored. A marketing message over a cap is never put off but refused. Raises
    `ValueError` for a zone that is none, and for a `now` without a zone.
    """
    if ask.now.tzinfo is None:
        raise ValueError("the moment of asking has no time zone")
    zone = zone_named(ask.zone)
    manners = contact.in_market(ask.market)
    if known.address != "usable":
        return No(f"address:{known.address}")
    if known.suppressed:
        return No(f"suppressed:{known.suppressed}")
    ground = _ground(manners, ask, known, zone)
    if isinstance(ground, No):
        return ground
    if _cannot_wait(ask):
        day = ask.now.astimezone(zone).date()
        return Go(ground.consent_id, ground.exception, day, counts=False)
    return _in_time(manners, ask, known, zone, ground)


def _cannot_wait(ask: Ask) -> bool:
    return ask.topic.kind == "service" and (ask.urgent or ask.requested or ask.topic.urgent)


def _ground(manners: Manners, ask: Ask, known: Known, zone: tzinfo) -> _Ground | No:
    """The consent or the exception on which it may go, or why there is none."""
    if ask.topic.kind == "marketing" or ask.channel in NAMED_CHANNELS:
        if known.consent is not None:
            return _by_consent(manners, ask.channel, known.consent, zone)
        return _by_sale(manners, ask, known, zone)
    if ask.requested:
        return _Ground(exception="requested")
    held = known.consent
    if held is not None and held.state == "withdrawn" and ask.channel not in ALWAYS:
        return _withdrawn(held, zone)
    return _Ground(exception="service")


def _by_consent(manners: Manners, channel: ChannelKind, held: Held, zone: tzinfo) -> _Ground | No:
    match held.state:
        case "confirmed":
            return _Ground(held.consent_id)
        case "given" if channel not in manners.double_opt_in:
            return _Ground(held.consent_id)
        case "given":
            return No("consent:unconfirmed")
        case "asked":
            return No("consent:asked")
        case "withdrawn":
            return _withdrawn(held, zone)


def _by_sale(manners: Manners, ask: Ask, known: Known, zone: tzinfo) -> _Ground | No:
    """Art. 13(2), where the market has it: only for whoever was never asked, and so never said no."""
    bought = known.bought_at
    if (
        manners.consent == "soft"
        and ask.topic.similar_goods
        and ask.channel in SOFT_CHANNELS
        and bought is not None
        and bought <= ask.now
    ):
        return _Ground(exception=f"soft@{bought.astimezone(zone).date().isoformat()}")
    return No("consent:none")


def _withdrawn(held: Held, zone: tzinfo) -> No:
    return No(f"consent:withdrawn@{held.since.astimezone(zone).date().isoformat()}")


def _in_time(manners: Manners, ask: Ask, known: Known, zone: tzinfo, ground: _Ground) -> Answer:
    """Whether it may go now or when: the moment that is named is one at which nothing else is in the way."""
    marketing = ask.topic.kind == "marketing"
    caps = manners.caps if marketing else manners.caps_service
    told = [each for each in known.told if each.marketing == marketing and each.message_id != ask.message_id]
    at, reason = ask.now, ""
    found = disturbance(manners, ask.topic, ask.channel, at, zone)
    if found is not None:
        reason, at = found[0], undisturbed_from(manners, ask.topic, ask.channel, at, zone)
    while (cap := reached(caps, told, at.astimezone(zone).date(), zone)) is not None:
        if marketing:
            return No(cap.reason, everywhere=True)
        reason = reason or cap.reason
        again = beginning_of(cap.again_on, at, zone)
        at = undisturbed_from(manners, ask.topic, ask.channel, again, zone)
    if reason:
        return NotNow(at.astimezone(UTC), reason)
    return Go(ground.consent_id, ground.exception, at.astimezone(zone).date(), counts=True)
