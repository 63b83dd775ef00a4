"""Contact: the law and the manners of each market, by which members are reached.

Consent to marketing is asked first unless a market says otherwise: `opt_in` is art. 13(1) of ePrivacy
(2002/58/EC), `soft` is art. 13(2): after a sale, for similar goods of one's own, until the member objects.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from itertools import pairwise
from typing import Any

from guerdon.program.declared import Event, Field, Market
from guerdon.program.document import Scalar
from guerdon.program.messages.nouns import (
    CHANNELS,
    CONFIRMING,
    CONSENT_RULES,
    HOLIDAY,
    NEVER_QUIET,
    PERMISSIONS,
    RINGING,
    WEEKDAYS,
    Caps,
    ChannelKind,
    Contact,
    Manners,
    Quiet,
    SilentDays,
)
from guerdon.program.messages.topics import read_channels
from guerdon.program.places import Place
from guerdon.values.money import Unit

MANNERS = (
    "quiet",
    "silent_days",
    "caps",
    "caps_service",
    "consent",
    "double_opt_in",
    "service_with_marketing",
    "holidays",
)
OPTIONAL = ("time_zone", "sales", *MANNERS, "markets")
PERIODS = ("day", "week", "month")
NONE = "none"
CAP_MAX = 1000
HOLIDAYS_MAX = 100

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DAY = re.compile(r"([0-9]{4}-)?[0-9]{2}-[0-9]{2}", re.ASCII)
# Has a 29 February, so that every day of any year is one of it.
_LEAP_YEAR = "2024-"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the sections about messages may name."""

    events: Mapping[str, Event] = field(default_factory=dict)
    attributes: Mapping[str, Field] = field(default_factory=dict)
    markets: Mapping[str, Market] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)


def read_contact(place: Place | None, ground: Ground) -> Contact:
    """Read `contact`; without it everything is allowed but marketing without consent."""
    if place is None:
        return Contact()
    fields = place.fields(optional=OPTIONAL)
    everywhere = _read_manners(fields)
    own: dict[str, Manners] = {}
    for key, each in (fields["markets"].table() if "markets" in fields else {}).items():
        if key not in ground.markets:
            each.unknown("market", key, ground.markets)
            continue
        said = each.fields(optional=MANNERS)
        if each.is_empty():
            each.wrong("this market differs in nothing", "remove it, or say what differs, like `caps`")
        own[key] = replace(_read_manners(said), said=tuple(name for name in MANNERS if name in said))
    sales = _chosen(fields["sales"], ground.events, "event") if "sales" in fields else ()
    zone = _read_zone(fields["time_zone"], ground.attributes) if "time_zone" in fields else None
    contact = Contact(zone, sales, everywhere, own)
    _check_together(fields, contact, ground)
    return contact


def _read_zone(place: Place, attributes: Mapping[str, Field]) -> str | None:
    """Read which attribute has a member's time zone."""
    fields = place.fields(required=["attribute"])
    name = fields["attribute"].one_of(attributes, "attribute") if "attribute" in fields else None
    if name is not None and attributes[name].type != "string":
        fields["attribute"].wrong(
            f"{name} is a {attributes[name].type}",
            "name an attribute of type string, with zones like Europe/Berlin",
        )
    return name


def _read_manners(fields: Mapping[str, Place]) -> Manners:
    given: dict[str, Any] = {
        name: reader(fields[name]) for name, reader in _READERS.items() if name in fields
    }
    return Manners(**{name: value for name, value in given.items() if value is not None})


def _chosen(place: Place, known: Collection[str], noun: str) -> tuple[str, ...]:
    """Read a list of known words, one at least, each once."""
    for each in place.listing(f"no {noun} is listed", "name one at least, or leave the line out"):
        each.one_of(known, noun)
    words = place.words("", "") if not place.is_empty() else []
    return tuple(word for word in words if word in known)


def _says_none(place: Place) -> bool:
    """Whether it is switched off here, as in `quiet: none`."""
    return isinstance(place.node, Scalar) and place.node.text == NONE


def _read_quiet(place: Place) -> Quiet | None:
    if _says_none(place):
        return NEVER_QUIET
    fields = place.fields(required=["from", "to"], optional=["channels"])
    begins, ends = (_read_clock(fields[name]) if name in fields else None for name in ("from", "to"))
    channels = read_channels(fields["channels"], CHANNELS) if "channels" in fields else RINGING
    if begins is None or ends is None:
        return None
    if begins == ends:
        place.wrong("quiet hours end when they begin", f"write two times, or `{NONE}` for none at all")
    return Quiet(begins, ends, channels)


def _read_clock(place: Place) -> time | None:
    word = place.word()
    if word is None:
        return None
    found = _CLOCK.fullmatch(word)
    if found is None:
        place.wrong(f"{word[:40]} is no time of day", 'write it like "20:00", with hours from 00 to 23')
        return None
    return time(int(found.group(1)), int(found.group(2)))


def _read_silent_days(place: Place) -> SilentDays | None:
    if _says_none(place):
        return SilentDays()
    fields = place.fields(required=["on", "channels"])
    days = _chosen(fields["on"], (*WEEKDAYS, HOLIDAY), "day") if "on" in fields else ()
    if set(WEEKDAYS) <= set(days):
        fields["on"].wrong("no day of the week is left", "leave one out")
    channels = read_channels(fields["channels"], CHANNELS) if "channels" in fields else ()
    return SilentDays(days, channels)


def _read_caps(place: Place) -> Caps | None:
    if _says_none(place):
        return Caps()
    fields = place.fields(optional=PERIODS)
    if place.is_empty():
        place.wrong("no cap is written", f"write it like {{ day: 3, week: 5 }}, or `{NONE}`")
    caps = Caps(**{period: fields[period].whole(1, CAP_MAX) for period in PERIODS if period in fields})
    written = [(period, most) for period in PERIODS if (most := getattr(caps, period)) is not None]
    for (short, less), (long, most) in pairwise(written):
        if most < less:
            fields[long].wrong(
                f"the cap of a {long} ({most}) is below that of a {short} ({less})",
                f"write {less} or more, or lower the cap of a {short}",
            )
    return caps


def _read_double_opt_in(place: Place) -> tuple[ChannelKind, ...] | None:
    if _says_none(place):
        return ()
    found = read_channels(place, CHANNELS)
    for channel in found:
        if channel not in CONFIRMING:
            place.wrong(
                f"a consent for {channel} cannot be confirmed by a link in a message",
                f"leave it out: only {', '.join(CONFIRMING)} go to an address that may be somebody else's",
            )
    return found


def _read_holidays(place: Place) -> tuple[str, ...] | None:
    if _says_none(place):
        return ()
    found = place.words("no day is listed", "write them like [12-25, 2026-04-06]")
    if len(found) > HOLIDAYS_MAX:
        place.wrong(f"more than {HOLIDAYS_MAX} holidays", "leave out those that are over")
    for word in found:
        if not _is_day(word):
            place.wrong(
                f"{word[:40]} is no day", "write 12-25 for a day of every year, 2026-04-06 for one of a year"
            )
    return tuple(found)


def _is_day(word: str) -> bool:
    if _DAY.fullmatch(word) is None:
        return False
    try:
        date.fromisoformat(word if len(word) > len("12-25") else f"{_LEAP_YEAR}{word}")
    except ValueError:
        return False
    return True


_READERS: Mapping[str, Callable[[Place], object]] = {
    "quiet": _read_quiet,
    "silent_days": _read_silent_days,
    "caps": _read_caps,
    "caps_service": _read_caps,
    "consent": lambda place: place.one_of(CONSENT_RULES, "consent"),
    "double_opt_in": _read_double_opt_in,
    "service_with_marketing": lambda place: place.one_of(PERMISSIONS, "answer"),
    "holidays": _read_holidays,
}


def _check_together(fields: Mapping[str, Place], contact: Contact, ground: Ground) -> None:
    """Look at what only shows between the lines: soft consent needs sales, silent holidays need holidays."""
    every = [contact.in_market(market) for market in ground.markets] or [contact.everywhere]
    if "sales" not in fields and any(_is_soft(each) for each in every):
        _where(fields, contact, "consent", _is_soft).wrong(
            "`soft` needs to know which events are a sale",
            "add `sales: [order.paid]` to `contact`, or write opt_in",
        )
    silent = [each for each in every if _rests_on_holidays(each)]
    if silent and not any(each.holidays for each in silent):
        _where(fields, contact, "silent_days", _rests_on_holidays).wrong(
            "no holidays are listed for this", "add `holidays: [12-25, 2026-04-06]`, or remove holiday"
        )


def _is_soft(manners: Manners) -> bool:
    return manners.consent == "soft"


def _rests_on_holidays(manners: Manners) -> bool:
    return HOLIDAY in manners.silent_days.days


def _where(
    fields: Mapping[str, Place], contact: Contact, name: str, says: Callable[[Manners], bool]
) -> Place:
    """The line that says it: for all markets, or for the first that says it itself."""
    if says(contact.everywhere):
        return fields[name]
    market = next(key for key, own in contact.markets.items() if name in own.said and says(own))
    return fields["markets"].table()[market].table()[name]
