"""What the engine needs of a channel: handed a parcel with no transaction open, it answers from a closed set.

`Accepted`: the provider has it. `Rejected`: it will never take this one. `Retry`: nothing was handed over, so
it may be tried again. `Unsure`: the hand-over began and nobody learned how it ended. `Shut`: the account is
turned away, and asking again is of no use until a person has looked. `Untried`: its turn never came.
A channel keeps no state of the trade: whether something may be sent, and what follows, is decided elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

ChannelKind = Literal["email", "sms", "push", "inapp", "whatsapp"]
# What a member wrote back, as far as it means something to us.
Keyword = Literal["stop", "start", "help", "other"]
# How far a message got. It never goes back: what comes late or twice changes nothing.
Reached = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a channel can do: what may be done after a lost answer, and what is waited for, follow from it.

    `keyed`: the provider knows a repetition by the parcel's `ref`, or a repetition replaces the first.
    `finds`: it can be asked after a lost answer. `receipts`, `reads`: it tells later that a message was
    delivered, or read. `links`: an address in it can be opened. `template_only`: free text goes only within
    `window` of what the member wrote last. `text_max`: the longest text, in characters; None: no such bound.
    `per_second`: hand-overs that the provider takes; None: not stated. `connections`: hand-overs at once.
    """

    keyed: bool
    finds: bool = False
    receipts: bool = False
    reads: bool = False
    links: bool = True
    template_only: bool = False
    window: timedelta | None = None
    text_max: int | None = None
    per_second: float | None = None
    connections: int = 4


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An e-mail address, and the name that stands before it."""

    address: str = field(repr=False)
    name: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as E.164 has it (`+4915112345678`), and its country, which says who sends (`DE`)."""

    number: str = field(repr=False)
    country: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser that lets us push: where to, for whose eyes (RFC 8291: a key of 65 bytes, a secret of 16)."""

    endpoint: str = field(repr=False)
    key: bytes = field(repr=False)
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """An installed app, by the token that its push service gave it."""

    token: str = field(repr=False)


Address = Mailbox | Phone | Subscription | Device


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, written out; both addresses to unsubscribe at are empty where nobody can."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    sender_name: str = ""
    unsubscribe_url: str = field(repr=False, default="")
    unsubscribe_mail: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Sms:
    """A text message; its parts are counted by `guerdon.values.sms`."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Push:
    """What a notification shows, and the address it opens. The same `tag` again replaces what is shown."""

    title: str = field(repr=False)
    body: str = field(repr=False)
    url: str = field(repr=False, default="")
    tag: str = ""


Content = Mail | Sms | Push


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that a channel needs: nothing is looked up or written out after this.

    `ref` is the attempt's, stored before anybody is asked, and the key wherever a provider takes one.
    `content` is None where the channel is our own (in-app). `urgent`: it may wake a phone. `ttl`: for so
    long a provider may keep trying. `callback_url`: where its provider tells how it went; empty: nowhere.
    """

    ref: UUID
    message_id: int
    program_id: int
    member_id: int
    kind: ChannelKind
    address: Address
    language: str
    content: Content | None
    written_at: datetime
    ttl: timedelta
    urgent: bool = False
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it, and calls it this."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will never take it. `reason` is a code, for logs and `reasons.po`.

    `retires`: nothing reaches this address any more. `stopped`: its owner told the provider to stop.
    """

    reason: str
    retires: bool = False
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """Nothing was handed over; `after`: for so long the provider asks to be left alone.

    `alone`: whoever answered speaks for this one address, and not for all that the channel sends to.
    """

    reason: str
    after: timedelta | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """The hand-over began and its answer never came, or cannot be read. `alone`: as in `Retry`."""

    reason: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Shut:
    """The account is turned away; nothing was handed over, and nothing will be until a person has looked."""

    reason: str


@dataclass(frozen=True, slots=True)
class Untried:
    """The round was over before its turn came."""


Outcome = Accepted | Rejected | Retry | Unsure | Shut | Untried


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider has no such message, and would have it by now."""


@dataclass(frozen=True, slots=True)
class Later:
    """Whether the provider has it cannot be said yet."""

    reason: str
    after: timedelta | None = None


Found = Accepted | Absent | Later


class Channel(Protocol):
    """One connection to a provider, used by one thread at a time; what goes wrong outside is an outcome."""

    @property
    def abilities(self) -> Abilities:
        """What it can do."""

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a parcel over."""

    def find(self, parcel: Parcel, now: datetime) -> Found:
        """What became of a parcel whose answer was lost; asked only where `abilities.finds`."""

    def close(self) -> None:
        """End the connection in good order."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a message got, as its provider tells; `retires` and `stopped` as in `Rejected`.

    `digest`: the same receipt told twice has the same one. `address`: to which it went, where that is told.
    """

    provider_id: str
    state: Reached
    at: datetime
    digest: bytes
    reason: str = ""
    retires: bool = False
    stopped: bool = False
    address: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Inbound:
    """A member wrote back, from this address to that sender of ours. The words themselves are not kept."""

    address: str = field(repr=False)
    sender: str
    keyword: Keyword
    at: datetime
    digest: bytes


class Listener(Protocol):
    """Reads what a provider calls us with. It asks nobody, and never raises."""

    def read(
        self, url: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Sequence[Receipt | Inbound] | None:
        """What a request says; None when it is not signed by the provider, empty when it is of no use to us.

        `url` is the public address that the provider was given, never one put together from the request;
        names of headers are in small letters.
        """
