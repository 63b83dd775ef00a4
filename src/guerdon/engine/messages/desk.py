"""The desk: what everything of a program is written with, and to whom a row of the outbox is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from guerdon.engine.messages.diverting import Diverted
from guerdon.program.model import Program
from guerdon.store.messages.balances import Balance
from guerdon.store.messages.confirming import Waits
from guerdon.store.messages.outbox import Due
from guerdon.store.orders.news import OrderTold
from guerdon.store.orders.waits import Kept
from guerdon.store.persons import Person
from guerdon.values.links import LinkPurpose


class ClaimUrl(Protocol):
    """The address of a link: of a program, a member, a reward, and the day of sending where it ends."""

    def __call__(
        self, program_id: int, member_id: int, reward_id: int, issued_on: date | None = None, /
    ) -> str:
        """Give it."""
        ...


class MemberUrl(Protocol):
    """The address of a page about what a member chose: of a program, a member, and a generation of links."""

    def __call__(
        self, purpose: LinkPurpose, program_id: int, member_id: int, generation: int, about: str = "", /
    ) -> str:
        """Give it."""
        ...


def nowhere(
    purpose: LinkPurpose, program_id: int, member_id: int, generation: int, about: str = "", /
) -> str:
    """Lead nowhere: nothing is offered then."""
    del purpose, program_id, member_id, generation, about
    return ""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A row and its recipient; `generation` is that of the links to what they chose."""

    row: Due
    person: Person
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """What every letter of a program is written with."""

    program_id: int
    program: Program
    claim_url: ClaimUrl
    # By which codes of second factors are made.
    code_key: bytes = field(repr=False, default=b"")
    # What mails about places tell of, by the mail.
    places: Mapping[int, Kept] = field(default_factory=dict)
    # And orders of which mails tell how they ended.
    orders: Mapping[int, OrderTold] = field(default_factory=dict)
    member_url: MemberUrl = nowhere
    # What consents wait to be confirmed, by the message that asks.
    confirming: Mapping[int, Waits] = field(default_factory=dict)
    # What members have, by member and unit, where a text tells of it.
    balances: Mapping[tuple[int, str], Balance] = field(default_factory=dict)
    # The installation's own address, to which texts may always lead.
    public_url: str = ""
    # Where the provider of a channel tells how messages went.
    callback_url: str = ""
    # Of broadcasts, by member and message: what is told no more, and why.
    called_off: Mapping[tuple[int, int], str] = field(default_factory=dict)

    # Where messages go that go elsewhere than to their member, by member and message.
    diverted: Diverted = field(default_factory=dict)

    def link(self, member_id: int, reward_id: int, now: datetime) -> str:
        """The link that a letter of now has: with its day where links of the program end."""
        whose = (self.program_id, member_id, reward_id)
        if self.program.catalog.claim_links.open_days is None:
            return self.claim_url(*whose)
        return self.claim_url(*whose, now.astimezone(UTC).date())

    def page(self, purpose: LinkPurpose, to: Addressed, about: str = "") -> str:
        """The address of a page about what a member chose; empty where there is none."""
        return self.member_url(purpose, self.program_id, to.row.member_id, to.generation, about)
