"""What a member chooses among, and what holds now: each topic of the program, each of its channels.

A box is ticked where something is sent, and the form says what its page showed: what differs from that is
what the member changed. What changed meanwhile in another way, or reads otherwise now, is not agreed to.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from guerdon.engine.messages.consents.consenting import topic_named, words_sha
from guerdon.program.messages.nouns import CHANNELS, ChannelKind, Manners, Topic
from guerdon.program.model import Program
from guerdon.queries.messages.choices import last_sale
from guerdon.rules.conscience.deciding import ALWAYS, NAMED_CHANNELS, SOFT_CHANNELS
from guerdon.rules.conscience.nouns import Held
from guerdon.store.database import Transaction
from guerdon.store.messages.consents import load_standing
from guerdon.text.catalogs import words
from guerdon.values.texts import FALLBACK_LANGUAGE, Text
from guerdon.web.member.contact.opening import Reader
from guerdon.web.member.pages import spelled

# on: agreed, or service that was not switched off. waits: for its address to confirm. sale: goods like those
# that were bought, until the member says no. always: in the app, for whoever comes to look.
State = Literal["on", "waits", "sale", "always", "off", "withdrawn"]
ON: frozenset[State] = frozenset({"on", "waits", "sale", "always"})
_PART = "|"
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A topic over a channel: what holds, since which day, by which proof, and the words to agree to.

    `language`: in which these are written.
    """

    topic: Topic
    channel: ChannelKind
    name: str
    state: State
    day: date | None
    proof: int
    agreement: str
    language: str

    @property
    def key(self) -> str:
        """The line in a form, and in a link."""
        return f"{self.topic.key}{_PART}{self.channel}"

    @property
    def ticked(self) -> bool:
        """Whether something is sent, or will be once it is confirmed."""
        return self.state in ON

    @property
    def text_sha(self) -> bytes | None:
        """The hash of the words that are agreed to."""
        return words_sha(self.agreement) if self.agreement else None

    @property
    def shown(self) -> str:
        """What a page shows of the line, as its form says it."""
        said = self.text_sha
        return _PART.join((self.key, str(self.proof), "1" if self.ticked else "", said.hex() if said else ""))


@dataclass(frozen=True, slots=True)
class TopicShown:
    """A topic with its channels."""

    key: str
    name: Text
    marketing: bool
    lines: Sequence[Line]


class Changes(NamedTuple):
    """What a form asks for; `stale` are lines to look at again, as they are not what the form showed."""

    given: Sequence[Line]
    withdrawn: Sequence[Line]
    stale: Sequence[Line]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the lines of one member are made of."""

    reader: Reader
    manners: Manners
    standing: Mapping[tuple[str, str], Held] = field(repr=False)
    bought_on: date | None


def load_topics(tx: Transaction, reader: Reader) -> list[TopicShown]:
    """Read all that a member chooses among, service first."""
    manners = reader.program.contact.in_market(reader.market)
    found = load_standing(tx, reader.program_id, [reader.member_id])
    standing = {(topic, channel): held for (_, topic, channel), held in found.items()}
    topics = sorted(reader.program.topics.values(), key=lambda topic: topic.kind == "marketing")
    bought = None
    if manners.consent == "soft" and any(topic.similar_goods for topic in topics):
        bought = last_sale(tx, reader.program_id, reader.member_id, reader.program.contact.sales)
    ground = _Ground(reader, manners, standing, reader.day_of(bought) if bought else None)
    shown = [_topic(ground, topic) for topic in topics]
    return [each for each in shown if each.lines]


def lines_of(topics: Sequence[TopicShown]) -> list[Line]:
    """All lines of a page."""
    return [line for topic in topics for line in topic.lines]


def line_for(tx: Transaction, reader: Reader, topic: Topic, channel: ChannelKind) -> Line:
    """One line, also of a topic or channel that no page shows any more."""
    found = load_standing(tx, reader.program_id, [reader.member_id])
    standing = {(about, over): held for (_, about, over), held in found.items()}
    manners = reader.program.contact.in_market(reader.market)
    return _line(_Ground(reader, manners, standing, None), topic, channel)


def channels_of(program: Program, topic: Topic) -> list[ChannelKind]:
    """Among which channels members choose for a topic: its own, or those of its messages."""
    over = set(topic.channels) or {
        channel
        for message in program.messages.values()
        if message.topic == topic.key
        for channel in (*message.channels, *message.beside)
    }
    return [each for each in CHANNELS if each in over]


def changes_in(lines: Sequence[Line], shown: Sequence[str], ticked: Collection[str]) -> Changes:
    """Compare a form with what holds: what its page showed, and which boxes are ticked in it now.

    To stop is always taken; to agree only to the words that were shown, and where nothing came in between.
    """
    was = {_PART.join(said.split(_PART)[:2]): said for said in shown}
    given, withdrawn, stale = [], [], []
    for line in lines:
        said = was.get(line.key)
        if said is None or line.state == "always":
            continue
        showed_ticked = said.split(_PART)[3:4] == ["1"]
        wants = line.key in ticked
        if wants in (showed_ticked, line.ticked):
            continue
        if not wants:
            withdrawn.append(line)
        elif said == line.shown:
            given.append(line)
        else:
            stale.append(line)
    return Changes(given, withdrawn, stale)


def topic_or_gone(program: Program, key: str) -> Topic:
    """A topic by its key; of one that the program has no more, only that is known."""
    gone = Topic(key, {FALLBACK_LANGUAGE: spelled(key)}, "marketing")
    return topic_named(program, key) or gone


def channel_named(said: str) -> ChannelKind | None:
    """A channel by its name in a link."""
    return next((each for each in CHANNELS if each == said), None)


def channel_name(channel: ChannelKind, locale: str) -> str:
    """A channel as the heading of a line."""
    say = words(locale, "contact").gettext
    return {
        "email": say("E-mail"),
        "sms": say("SMS"),
        "push": say("Push notification"),
        "inapp": say("In the app"),
        "whatsapp": say("WhatsApp"),
    }[channel]


def channel_in_sentence(channel: ChannelKind, locale: str) -> str:
    """A channel as it stands in what a member agrees to."""
    pgettext = words(locale, "contact").pgettext
    return {
        "email": pgettext("by", "e-mail"),
        "sms": pgettext("by", "SMS"),
        "push": pgettext("by", "push notification"),
        "inapp": pgettext("by", "notice in the app"),
        "whatsapp": pgettext("by", "WhatsApp"),
    }[channel]


def _topic(ground: _Ground, topic: Topic) -> TopicShown:
    lines = [_line(ground, topic, channel) for channel in channels_of(ground.reader.program, topic)]
    # What has no words to agree to can be stopped and nothing else.
    lines = [
        line for line in lines if line.ticked or line.agreement or not _needs_consent(topic, line.channel)
    ]
    return TopicShown(topic.key, topic.name, topic.kind == "marketing", lines)


def _line(ground: _Ground, topic: Topic, channel: ChannelKind) -> Line:
    held = ground.standing.get((topic.key, channel))
    locale = ground.reader.locale
    state = _state(ground, topic, channel, held)
    day = ground.reader.day_of(held.since) if held is not None else None
    language = _language(topic, locale)
    # Where a consent is needed, there are words for it.
    asked = (
        topic.asked(channel_in_sentence(channel, language), language)
        if _needs_consent(topic, channel)
        else ""
    )
    return Line(
        topic,
        channel,
        channel_name(channel, locale),
        state,
        ground.bought_on if state == "sale" else day,
        held.consent_id if held is not None else _NOBODY,
        asked or "",
        language,
    )


def _needs_consent(topic: Topic, channel: ChannelKind) -> bool:
    return topic.kind == "marketing" or channel in NAMED_CHANNELS


def _language(topic: Topic, locale: str) -> str:
    """In which language the words of a topic are there for a reader."""
    spoken = locale.partition("-")[0]
    return spoken if topic.agreement is None or topic.agreement.get(spoken) else FALLBACK_LANGUAGE


def _state(ground: _Ground, topic: Topic, channel: ChannelKind, held: Held | None) -> State:
    if topic.kind == "service" and channel in ALWAYS:
        return "always"
    if held is None and not _needs_consent(topic, channel):
        return "on"
    if held is None:
        soft = topic.similar_goods and channel in SOFT_CHANNELS and ground.bought_on is not None
        return "sale" if soft else "off"
    if held.state == "withdrawn":
        return "withdrawn"
    unconfirmed = held.state == "given" and channel in ground.manners.double_opt_in
    if _needs_consent(topic, channel) and (held.state == "asked" or unconfirmed):
        return "waits"
    return "on"
