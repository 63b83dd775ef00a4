"""What the conscience is asked, what it has to know, and what it answers. Instants are aware, in any zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from guerdon.program.messages.nouns import ChannelKind, Topic

# asked: waits for its confirmation. given: agreed to. confirmed: and its address said so, too.
Standing = Literal["asked", "given", "confirmed", "withdrawn"]
AddressState = Literal["usable", "missing", "unusable", "retired"]
Suppression = Literal["", "bounce", "complaint", "stop"]
# So far back `Known.told` has to reach: a month of 31 days, and two zones at the ends of the world.
LOOK_BACK = timedelta(days=33)


@dataclass(frozen=True, slots=True)
class Held:
    """The standing consent of a member for a topic and a channel, by the row that proves it."""

    consent_id: int
    state: Standing
    since: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was handed over to a member and counts: when, and on which day of theirs.

    `day` is the one that was stored then, in the zone of then. Several attempts at one message are one.
    """

    message_id: int
    at: datetime
    day: date
    marketing: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """Whether this message may go to this member over this channel now.

    `zone` is the member's, as `member_zone` gives it. `urgent`: this message cannot wait, whatever its topic
    says. `requested`: the member asked for this very message just now: a code, a link to confirm by. Neither
    means anything in a marketing topic.
    """

    message_id: int
    topic: Topic
    channel: ChannelKind
    market: str
    zone: str
    now: datetime
    urgent: bool = False
    requested: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the member and the address.

    `told`: what was handed over and counts, over all channels and topics, of the last `LOOK_BACK`; its order
    does not matter. `bought_at`: the last sale to the member, by the events that `contact.sales` lists.
    """

    consent: Held | None = None
    suppressed: Suppression = ""
    address: AddressState = "usable"
    told: Sequence[Told] = ()
    bought_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """It may go. Either a consent allows it, or an exception: `service`, `requested`, `soft@2026-05-04`.

    `day` is the member's day, and `counts` whether caps count it from now on: both are stored with the
    attempt.
    """

    consent_id: int | None
    exception: str
    day: date
    counts: bool


@dataclass(frozen=True, slots=True)
class NotNow:
    """Not before `until`, in UTC, when the same question is answered by `Go`.

    `reason` is one of `quiet:08:00` (when it ends), `silent:sunday`, `silent:holiday`, `cap:day:6:6` (how
    many there were, how many there may be).
    """

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class No:
    """It may not go. `everywhere`: over no other channel either, so there is nothing to fall back to.

    `reason` is one of `address:missing|unusable|retired`, `suppressed:bounce|complaint|stop`, `consent:none`,
    `consent:asked`, `consent:unconfirmed`, `consent:withdrawn@2026-05-04` (the member's day), `cap:week:5:5`.
    """

    reason: str
    everywhere: bool = False


Answer = Go | NotNow | No
