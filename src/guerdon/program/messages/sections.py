"""The sections about messages together: what may be told, to whom and how."""

from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.program.messages.accounts import ChannelAccounts, answering, read_channel_accounts
from guerdon.program.messages.contact import Ground, read_contact
from guerdon.program.messages.nouns import BUILT_IN_TOPICS, Contact, Message, Topic
from guerdon.program.messages.reading import Known, read_links, read_messages
from guerdon.program.messages.topics import read_topics
from guerdon.program.places import Place
from guerdon.program.texts import read_text


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a program says about messages; `topics` are with those that need no declaration and are used."""

    topics: Mapping[str, Topic]
    contact: Contact
    links: tuple[str, ...]
    messages: Mapping[str, Message]
    channels: ChannelAccounts


def read_spoken(places: Mapping[str, Place], ground: Ground) -> Spoken:
    """Read `topics`, `contact`, `links`, `channels` and `messages`."""
    topics = read_topics(places.get("topics"), ground.markets)
    contact = read_contact(places.get("contact"), ground)
    links = read_links(places.get("links"))
    channels = read_channel_accounts(places.get("channels"))
    known = Known(
        *(topics, contact, ground.markets, links, read_text(places.get("name")), ground.units),
        sms_answers=answering(channels.sms),
    )
    messages = read_messages(places.get("messages"), known)
    named = (message.topic for message in messages.values())
    built_in = {key: BUILT_IN_TOPICS[key] for key in named if key in BUILT_IN_TOPICS}
    return Spoken({**built_in, **topics}, contact, links, messages, channels)
