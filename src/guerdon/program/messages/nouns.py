"""The nouns of messages: what they are about, over which channels they go, and what holds for all of them.

A topic is what a member chooses about, a channel is the way it goes. `Contact` holds the law and the manners
of each market, as data of the program; who is told what is decided in `rules/conscience` by these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Literal, get_args

from guerdon.values.texts import Text, text_in

ChannelKind = Literal["email", "sms", "push", "inapp", "whatsapp"]
CHANNELS: tuple[ChannelKind, ...] = get_args(ChannelKind)
# Consents for it are kept already; a message cannot go over it yet.
LATER: tuple[ChannelKind, ...] = ("whatsapp",)
# What makes itself heard. A notice in the app waits until its reader comes.
RINGING: tuple[ChannelKind, ...] = ("email", "sms", "push", "whatsapp")
# Over these an address can be asked to confirm; a device or a page in the app is its owner's already.
CONFIRMING: tuple[ChannelKind, ...] = ("email", "sms", "whatsapp")
TopicKind = Literal["service", "marketing"]
TOPIC_KINDS: tuple[TopicKind, ...] = get_args(TopicKind)
# At which moment in the life of a reward a message about it goes.
On = Literal["earned", "ready", "reversed"]
ONS: tuple[On, ...] = get_args(On)
ConsentRule = Literal["opt_in", "soft"]
CONSENT_RULES: tuple[ConsentRule, ...] = get_args(ConsentRule)
Permission = Literal["forbidden", "allowed"]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOLIDAY = "holiday"
# Stands in the text by which a member agrees, where the channel is named.
CHANNEL_NAMED = "{{channel}}"
ExtraKind = Literal["text", "offer", "survey", "referral"]
EXTRA_KINDS: tuple[ExtraKind, ...] = get_args(ExtraKind)


@dataclass(frozen=True, slots=True)
class Topic:
    """What members choose about. Marketing needs their consent, service may be opted out of.

    `agreement` is what a member agrees to, with the channel in it. Urgent is what cannot wait: no quiet hours
    and no caps. `similar_goods`: it offers goods of the program's own, like those that were bought. Members
    choose among `channels`; empty: among those of the topic's messages.
    """

    key: str
    name: Text
    kind: TopicKind
    urgent: bool = False
    agreement: Text | None = None
    similar_goods: bool = False
    channels: tuple[ChannelKind, ...] = ()

    def asked(self, channel: str, language: str) -> str | None:
        """The words that a member agrees to, in a language, with a channel by its name; None: none are."""
        return (
            None
            if self.agreement is None
            else text_in(self.agreement, language).replace(CHANNEL_NAMED, channel)
        )


# Two topics need no declaration. What Guerdon itself tells of orders, places and codes is of the first.
SERVICE = Topic(
    "service",
    {
        "en": "Your rewards",
        "es": "Sus recompensas",
        "de": "Ihre Prämien",
        "fr": "Vos récompenses",
        "ar": "مكافآتك",
        "id": "Hadiah Anda",
    },
    "service",
)
MARKETING = Topic(
    "marketing",
    {
        "en": "Offers",
        "es": "Ofertas",
        "de": "Angebote",
        "fr": "Offres",
        "ar": "العروض",
        "id": "Penawaran",
    },
    "marketing",
)
BUILT_IN_TOPICS: Mapping[str, Topic] = {each.key: each for each in (SERVICE, MARKETING)}


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours in which nobody is disturbed, by the clock on the member's wall.

    From `begins` until just before `ends`, over midnight where it begins later than it ends. The same: never.
    """

    begins: time
    ends: time
    channels: tuple[ChannelKind, ...] = RINGING

    def is_at(self, shown: time) -> bool:
        """Whether it is quiet when a wall clock shows this."""
        if self.begins <= self.ends:
            return self.begins <= shown < self.ends
        return shown >= self.begins or shown < self.ends


NEVER_QUIET = Quiet(time(0), time(0), ())


@dataclass(frozen=True, slots=True)
class SilentDays:
    """Whole days of the member without marketing: weekdays by name, and `holiday` for those of the market."""

    days: tuple[str, ...] = ()
    channels: tuple[ChannelKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Caps:
    """The most messages in one calendar day, week (from Monday) and month of the member; None: any number."""

    day: int | None = None
    week: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """What holds in a market. `said` are the fields in which a market differs from all others.

    `caps` count marketing over all channels together, `caps_service` the rest. `holidays` are days
    (`2026-12-26`) or days of every year (`12-25`). `double_opt_in`: over these channels a consent holds once
    its address confirmed it. `service_with_marketing`: whether a service message may carry an offer.
    """

    quiet: Quiet = NEVER_QUIET
    silent_days: SilentDays = SilentDays()
    caps: Caps = Caps()
    caps_service: Caps = Caps()
    consent: ConsentRule = "opt_in"
    double_opt_in: tuple[ChannelKind, ...] = ()
    service_with_marketing: Permission = "forbidden"
    holidays: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    def is_holiday(self, day: date) -> bool:
        """Whether a day is one of the market's holidays."""
        written = day.isoformat()
        return written in self.holidays or written[len("2026-") :] in self.holidays


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom a program may reach, and when: what holds in all markets, and in those that differ.

    `zone_attribute` is the attribute with a member's time zone; without it, or where it names none, the
    market's holds. `sales` are the events that are a sale, after which `soft` lets similar goods be offered.
    """

    zone_attribute: str | None = None
    sales: tuple[str, ...] = ()
    everywhere: Manners = Manners()
    markets: Mapping[str, Manners] = field(default_factory=dict)

    def in_market(self, market: str) -> Manners:
        """What holds in a market: what it says itself, and for the rest what holds everywhere."""
        own = self.markets.get(market)
        if own is None:
            return self.everywhere
        return replace(self.everywhere, **{name: getattr(own, name) for name in own.said}, said=())


@dataclass(frozen=True, slots=True)
class Remind:
    """On which days a reminder goes: so many after the reward became ready, so many before it ends."""

    after_days: tuple[int, ...] = ()
    before_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Extra:
    """A block below a message's own text; all kinds but `text` are marketing, whoever sends them."""

    kind: ExtraKind
    words: Text


@dataclass(frozen=True, slots=True)
class Push:
    """What a phone or browser shows where the headline and the body are too long for it."""

    title: Text
    body: Text


@dataclass(frozen=True, slots=True)
class OwnText:
    """The text of a message that the program wrote itself: the slots of our layouts, templates by language.

    `link` is where its button leads: `claim`, `catalog`, `inbox`, `preferences`, or an address of `links`.
    """

    headline: Text
    subject_line: Text | None = None
    preheader: Text | None = None
    body: Text | None = None
    button: Text | None = None
    link: str | None = None
    sms: Text | None = None
    push: Push | None = None
    extra: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """Something written to a member: when a rule says so, as a reminder, or to a segment.

    `channels` in order of preference: the next one is tried when one fails, or nothing was delivered in
    `fall_back_after`. `beside` are those it goes over as well. Without an `own` text Guerdon brings one
    along. `facts` are what its templates may name. A reminder has no `on`.
    """

    key: str
    channels: tuple[ChannelKind, ...]
    topic: str
    on: On | None = "ready"
    beside: tuple[ChannelKind, ...] = ()
    fall_back_after: timedelta | None = None
    remind: Remind | None = None
    facts: tuple[str, ...] = ()
    own: OwnText | None = None

    @property
    def channel(self) -> ChannelKind:
        """The channel that is tried first."""
        return self.channels[0]
