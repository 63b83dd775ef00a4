"""Topics: what members choose about, and the words by which they agree to marketing."""

import re
from collections.abc import Iterable, Mapping

from guerdon.program.declared import Market
from guerdon.program.messages.nouns import (
    BUILT_IN_TOPICS,
    CHANNEL_NAMED,
    CHANNELS,
    SERVICE,
    TOPIC_KINDS,
    ChannelKind,
    Topic,
    TopicKind,
)
from guerdon.program.places import Place
from guerdon.program.texts import read_text
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

REQUIRED = ("name", "class")
OPTIONAL = ("urgent", "text", "similar_goods", "channels")

_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def read_topics(place: Place | None, markets: Mapping[str, Market]) -> dict[str, Topic]:
    """Read `topics`; one about service is always there."""
    found: dict[str, Topic] = {}
    for key, topic in (place.keyed(example="offers") if place is not None else {}).items():
        found[key] = _read_topic(key, topic, markets)
    return {**found, SERVICE.key: found.get(SERVICE.key, SERVICE)}


def _read_topic(key: str, place: Place, markets: Mapping[str, Market]) -> Topic:
    fields = place.fields(required=REQUIRED, optional=OPTIONAL)
    kind = fields["class"].one_of(TOPIC_KINDS, "class") if "class" in fields else None
    own = BUILT_IN_TOPICS.get(key)
    if kind is not None and own is not None and kind != own.kind:
        fields["class"].wrong(f"the topic {key} is of class {key}", "choose another key")
    _check_class(place, fields, kind)
    text = read_text(fields["text"]) if "text" in fields else None
    if text is not None and kind == "marketing":
        _check_text(fields["text"], text, markets)
    return Topic(
        key,
        read_text(fields.get("name")),
        kind or "service",
        urgent=bool(fields["urgent"].truth()) if "urgent" in fields else False,
        agreement=text,
        similar_goods=bool(fields["similar_goods"].truth()) if "similar_goods" in fields else False,
        channels=read_channels(fields["channels"], CHANNELS) if "channels" in fields else (),
    )


def _check_class(place: Place, fields: Mapping[str, Place], kind: TopicKind | None) -> None:
    """Marketing has words to agree to and may wait; service needs no agreement."""
    if kind == "marketing":
        if "text" not in fields:
            place.wrong(
                "members cannot agree to this: it has no text",
                f"add `text: I want offers of ours by {CHANNEL_NAMED}.`, in the languages of your markets",
            )
        if "urgent" in fields:
            fields["urgent"].wrong("no marketing is urgent", "remove it")
    elif kind == "service":
        if "text" in fields:
            fields["text"].wrong(
                "nobody is asked to agree to service", "remove it, or write class: marketing"
            )
        if "similar_goods" in fields:
            fields["similar_goods"].wrong("a service topic offers no goods", "remove it")


def _check_text(place: Place, text: Text, markets: Mapping[str, Market]) -> None:
    """What is agreed to names its channel, and is in the language of those who agree."""
    for language, said in text.items():
        if not said:
            continue
        tags = set(_TAG.findall(said))
        if CHANNEL_NAMED not in tags:
            place.wrong(
                f"this text does not say by which channel ({language})",
                f"write {CHANNEL_NAMED} where the channel is named: a consent is for one channel",
            )
        for tag in sorted(tags - {CHANNEL_NAMED}):
            place.wrong(f"nothing is filled in for {tag[:64]} here", f"only {CHANNEL_NAMED} is")
    check_languages(place, text, markets.values())


def check_languages(place: Place, text: Text, markets: Iterable[Market]) -> None:
    """Say which markets would read this in a language that is not theirs."""
    if FALLBACK_LANGUAGE not in text:
        # It has no English: that is a mistake already.
        return
    missing: dict[str, list[str]] = {}
    for market in markets:
        if market.language not in text:
            missing.setdefault(market.language, []).append(market.key)
    for language, keys in missing.items():
        place.wrong(
            f"this text has no {language}, the language of {', '.join(keys[:6])}",
            f"write it as `{{ {FALLBACK_LANGUAGE}: ..., {language}: ... }}`",
        )


def read_channels(
    place: Place, known: tuple[ChannelKind, ...], later: tuple[ChannelKind, ...] = ()
) -> tuple[ChannelKind, ...]:
    """Read a list of channels, one at least; those for later are refused by name."""
    found: list[ChannelKind] = []
    for each in place.listing("no channel is listed", f"write it like [{', '.join(known[:3])}]"):
        channel = read_channel(each, known, later)
        if channel is not None and channel in found:
            each.wrong(f"{channel} stands here twice", "remove one of the two")
        elif channel is not None:
            found.append(channel)
    return tuple(found)


def read_channel(
    place: Place, known: tuple[ChannelKind, ...], later: tuple[ChannelKind, ...] = ()
) -> ChannelKind | None:
    """Read one channel."""
    channel: ChannelKind | None = place.one_of((*known, *later), "channel")
    if channel in later:
        place.wrong(f"messages over {channel} are not yet supported", "remove it from here")
        return None
    return channel
