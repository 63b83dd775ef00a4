"""Messages: what is written to members, over which channels, when, and about what they may choose.

A message has a text of Guerdon's by its key (`reward_ready`), or one of the program's own in its slots.
`{ channel: email, topic: service }` is the shortest there is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from guerdon.program.catalog.promises import read_length
from guerdon.program.declared import Market
from guerdon.program.messages.nouns import (
    BUILT_IN_TOPICS,
    CHANNELS,
    LATER,
    ONS,
    ChannelKind,
    Contact,
    Message,
    On,
    OwnText,
    Remind,
    Topic,
)
from guerdon.program.messages.slots import Sheet, read_own_text
from guerdon.program.messages.topics import read_channel, read_channels
from guerdon.program.places import Place
from guerdon.text.letters import WayOut
from guerdon.text.templating import NAMES, Links, SampleMarket, Terms, sample, unused_names
from guerdon.values.destinations import read_destination
from guerdon.values.money import Unit
from guerdon.values.problems import did_you_mean
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

# Texts that Guerdon brings along, each with the moment that it tells of, or with the days it reminds by.
MOMENTS: Mapping[str, On] = {
    "reward_ready": "ready",
    "reward_earned": "earned",
    "reward_taken_back": "reversed",
}
REMINDERS = {"reward_waiting": "after_days", "reward_expiring": "before_days"}
WRITTEN = (*MOMENTS, *REMINDERS)
OPTIONAL = ("channel", "channels", "beside", "on", "fall_back_after", "remind", "data", "text")
REMIND_FIELDS = ("after_days", "before_days")
FALL_BACK_LONGEST = timedelta(days=3)
REMIND_DAYS_MAX = 365
REMINDERS_MAX = 10
MARKETING_EXTRAS = frozenset({"offer", "survey", "referral"})
OFFERED: tuple[ChannelKind, ...] = tuple(each for each in CHANNELS if each not in LATER)
# What a message of a program can be about: a member and a reward. Orders and places are told of by Guerdon.
SAMPLE_OUT = str(sample(FALLBACK_LANGUAGE, SampleMarket(""))["preferences.link"])
SPOKEN_OF = tuple(
    key
    for key, name in NAMES.items()
    if name.noun in {"member", "program", "reward", "balance", "link", "preferences"}
)

_HOST = re.compile(r"[a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Known:
    """What messages may name."""

    topics: Mapping[str, Topic] = field(default_factory=dict)
    contact: Contact = field(default_factory=Contact)
    markets: Mapping[str, Market] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    name: Text = field(default_factory=lambda: {FALLBACK_LANGUAGE: ""})
    units: Mapping[str, Unit] = field(default_factory=dict)
    # Whether senders of text messages take answers, as far as there are any.
    sms_answers: frozenset[bool] = frozenset()


def read_links(place: Place | None) -> tuple[str, ...]:
    """Read `links`: the hosts to which messages may lead."""
    if place is None:
        return ()
    found = place.words("no host is listed", "write it like [www.nordlys.example]")
    for host in found:
        read = read_destination(f"https://{host}/")
        if read is None or read.named_host != host or not _HOST.fullmatch(host):
            place.wrong(f"{host[:64]} is not the name of a host", "write it like www.nordlys.example")
    return tuple(found)


def read_messages(place: Place | None, known: Known) -> dict[str, Message]:
    """Read `messages`."""
    if place is None:
        return {}
    return {key: _read_message(key, each, known) for key, each in place.keyed(example="reward_ready").items()}


def _read_message(key: str, place: Place, known: Known) -> Message:
    fields = place.fields(required=["topic"], optional=OPTIONAL)
    if "text" not in fields and key not in WRITTEN:
        place.wrong(f"there is no text for a message {key}", did_you_mean(key, WRITTEN))
    if "text" in fields and key in WRITTEN:
        fields["text"].wrong(
            f"Guerdon has a text for {key}", "remove this one, or give the message another key"
        )
    topics = {**BUILT_IN_TOPICS, **known.topics}
    topic = fields["topic"].one_of(topics, "topic") if "topic" in fields else None
    channels = _read_channels(place, fields)
    beside = _read_beside(fields["beside"], channels) if "beside" in fields else ()
    _check_choice(place, fields, topics.get(topic or ""), (*channels, *beside))
    remind = _read_remind(fields["remind"], key) if "remind" in fields else None
    facts = _read_facts(fields["data"]) if "data" in fields else ()
    if facts and "text" not in fields:
        fields["data"].wrong("this text of Guerdon's needs nothing declared", "remove it, or write a `text`")
    own = None
    if "text" in fields and key not in WRITTEN:
        answers = known.sms_answers or {False}
        sells = topic is not None and topics[topic].kind == "marketing"
        outs = tuple(WayOut(each, SAMPLE_OUT) for each in sorted(answers)) if sells else ()
        sheet = Sheet(_terms(facts, known), (*channels, *beside), outs)
        before = len(place.problems)
        own = read_own_text(fields["text"], sheet)
        if len(place.problems) == before:
            _check_facts(fields, facts, sheet)
    message = Message(
        key,
        channels,
        topic or "service",
        on=_read_on(place, fields, key),
        beside=beside,
        fall_back_after=_read_fall_back(fields["fall_back_after"], channels)
        if "fall_back_after" in fields
        else None,
        remind=remind,
        facts=facts,
        own=own,
    )
    if topic is not None:
        _check_content(fields, message, topics[topic], known)
    return message


def _read_channels(place: Place, fields: Mapping[str, Place]) -> tuple[ChannelKind, ...]:
    """Read over which channels a message goes: one, or several in order of preference."""
    if "channel" in fields and "channels" in fields:
        fields["channel"].wrong("channel and channels say the same", "write `channels` alone")
        return ()
    if "channels" in fields:
        return read_channels(fields["channels"], OFFERED, LATER)
    if "channel" not in fields:
        place.wrong("channel is missing", "add `channel:` here, or `channels:` with several")
        return ()
    channel = read_channel(fields["channel"], OFFERED, LATER)
    return () if channel is None else (channel,)


def _read_beside(place: Place, channels: tuple[ChannelKind, ...]) -> tuple[ChannelKind, ...]:
    """Read where it goes as well: twice the same on a screen that rings is once too often."""
    found = read_channels(place, OFFERED, LATER)
    for channel in found:
        if channel != "inapp":
            place.wrong(
                f"a message that goes by {channel} as well would ring twice", "only inapp goes beside"
            )
        elif channel in channels:
            place.wrong(f"it goes by {channel} already", "remove one of the two")
    return found


def _read_fall_back(place: Place, channels: tuple[ChannelKind, ...]) -> timedelta | None:
    if len(channels) < 2:
        place.wrong(
            "there is no next channel to fall back to", "name a second one in `channels`, or remove it"
        )
    return read_length(place, FALL_BACK_LONGEST)


def _read_on(place: Place, fields: Mapping[str, Place], key: str) -> On | None:
    """Read at which moment it goes: by the rule that sends it, when its reward comes to that."""
    on = fields["on"].one_of(ONS, "moment") if "on" in fields else None
    if "remind" in fields or key in REMINDERS:
        if "on" in fields:
            fields["on"].wrong("a reminder goes on its days", "remove it")
        if "remind" not in fields:
            days = f"{REMINDERS[key]}: [30, 7]"
            place.wrong(f"{key} is a reminder, and does not say when", f"add `remind: {{ {days} }}`")
        return None
    if on is not None and key in MOMENTS and on != MOMENTS[key]:
        fields["on"].wrong(
            f"the text of {key} is for `{MOMENTS[key]}`", "remove the line, or take another key"
        )
    return on or MOMENTS.get(key, "ready")


def _read_remind(place: Place, key: str) -> Remind:
    if key in MOMENTS:
        place.wrong(f"{key} is no reminder", f"remove it, or take {' or '.join(REMINDERS)}")
    fields = place.fields(optional=REMIND_FIELDS)
    if place.is_empty() or (key in REMINDERS and fields and REMINDERS[key] not in fields):
        what = REMINDERS.get(key, "after_days")
        place.wrong("it does not say on which days", f"write `{what}: [30, 7]`")
    days = {name: _read_days(fields[name]) if name in fields else () for name in REMIND_FIELDS}
    return Remind(days["after_days"], days["before_days"])


def _read_days(place: Place) -> tuple[int, ...]:
    items = place.listing("no day is listed", "write it like [60, 30, 7]")
    if len(items) > REMINDERS_MAX:
        place.wrong(f"more than {REMINDERS_MAX} reminders", "leave some out")
    found: list[int] = []
    for item in items:
        days = item.whole(1, REMIND_DAYS_MAX)
        if days is not None and days in found:
            item.wrong(f"{days} stands here twice", "remove one of the two")
        elif days is not None:
            found.append(days)
    return tuple(found)


def _read_facts(place: Place) -> tuple[str, ...]:
    """Read `data`: what the templates of a message may name."""
    found: list[str] = []
    for each in place.listing("nothing is named", "list what the text names, like [member.name]"):
        name = each.one_of(SPOKEN_OF, "name")
        if name is not None and name in found:
            each.wrong(f"{name} stands here twice", "remove one of the two")
        elif name is not None:
            found.append(name)
    return tuple(found)


def _terms(facts: tuple[str, ...], known: Known) -> Terms:
    """By what the texts of a message are checked: as members of each market would read them."""
    money = next((unit for unit in known.units.values() if unit.kind == "money"), None)
    markets = tuple(
        SampleMarket(market.key, market.language, market.time_zone, market.name)
        if money is None
        else SampleMarket(market.key, market.language, market.time_zone, market.name, money.key, money.digits)
        for market in known.markets.values()
    )
    return Terms(frozenset(facts), Links(frozenset(known.hosts)), markets, known.name)


def _check_facts(fields: Mapping[str, Place], facts: tuple[str, ...], sheet: Sheet) -> None:
    """A message is handed what its texts use, and no more of anybody's data."""
    if not facts:
        return
    for name in unused_names(facts, sheet.templates):
        fields["data"].wrong(f"no text of this message uses {name}", "remove it")


def _check_choice(
    place: Place, fields: Mapping[str, Place], topic: Topic | None, channels: tuple[ChannelKind, ...]
) -> None:
    """Members can choose about every channel that a message takes."""
    if topic is None or not topic.channels:
        return
    for channel in channels:
        if channel not in topic.channels:
            where = fields.get("channels", fields.get("channel", place))
            where.wrong(
                f"members cannot choose {channel} for the topic {topic.key}",
                f"add it to the topic's channels, or use {', '.join(topic.channels)}",
            )


def _check_content(fields: Mapping[str, Place], message: Message, topic: Topic, known: Known) -> None:
    """What a message says makes it marketing, not what it is called."""
    if topic.kind == "marketing":
        if message.remind is not None and topic.agreement is None:
            fields["topic"].wrong(
                "a reminder that is marketing needs a consent, and this topic has no text to agree to",
                "declare a topic with a `text`, or remind about service",
            )
        return
    strict = [
        market
        for market in known.markets
        if known.contact.in_market(market).service_with_marketing == "forbidden"
    ]
    if not strict:
        return
    markets = ", ".join(strict[:6]) + (", ..." if len(strict) > 6 else "")
    for what in _marketing_in(message.own):
        fields["text"].wrong(
            f"{what} is marketing, and in {markets} no service message may carry it",
            "move it to a message of a marketing topic",
        )
    for name in message.facts:
        if NAMES[name].offers:
            fields["data"].wrong(
                f"a text with {name} is marketing, and in {markets} no service message may carry it",
                "move it to a message of a marketing topic",
            )


def _marketing_in(text: OwnText | None) -> list[str]:
    kinds = [extra.kind for extra in text.extra] if text is not None else []
    return [f"a block of kind {kind}" for kind in dict.fromkeys(kinds) if kind in MARKETING_EXTRAS]
