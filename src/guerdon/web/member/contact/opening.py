"""Who opens a link about messages: by its seal, its generation, and who is left of two that became one.

A link that was never made, was mistyped, belongs to another program or is of an old generation gets one and
the same answer. Links that we never made are counted, as other guesses are.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from guerdon.program.model import Program
from guerdon.queries.messages.choices import who_is_left
from guerdon.queries.referrals.own import locale_of_member
from guerdon.store.database import Transaction
from guerdon.store.messages.reach import load_generation
from guerdon.values.clock import utc_now
from guerdon.values.links import KEY_PURPOSE, PATHS, LinkPurpose, MemberLink, member_token, read_member_token
from guerdon.web.guesses import network_of
from guerdon.web.member.inviting import is_of_world
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room


@dataclass(frozen=True, slots=True)
class Sealed:
    """A link that we made: of which program, for whom, about what. It may be of an old generation."""

    program_id: int
    program: Program
    link: MemberLink


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and when: the member, in their language and market, by the clock of that market.

    `sealed_for` is whom the link names, and `generation` that of their links: they may have become another.
    """

    program_id: int
    program: Program
    member_id: int
    sealed_for: int
    generation: int
    locale: str
    market: str
    time_zone: str
    now: datetime

    def day_of(self, instant: datetime) -> date:
        """The calendar day of an instant where the member is."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def choices(self) -> str:
        """The address of what the member chose, for whoever came by another link of theirs."""
        return choices_of(self.program_id, self.sealed_for, self.generation)


def choices_of(program_id: int, member_id: int, generation: int) -> str:
    """The address at which a member chooses what they are written, as a page of ours leads to it."""
    key = room().vault.key(KEY_PURPOSE)
    return PATHS["preferences"] + member_token(key, "preferences", program_id, member_id, generation)


def sealed_link(purpose: LinkPurpose, token: str) -> Sealed | None:
    """Read a link; None for one that we never made for this."""
    here = room()
    key = here.vault.key(KEY_PURPOSE)
    for program_id, program in here.programs().items():
        link = read_member_token(key, purpose, program_id, token)
        if link is not None:
            return Sealed(program_id, program, link)
    return None


def reader_of(tx: Transaction, sealed: Sealed) -> Reader | None:
    """Who a link's member is now; None when the link was revoked, or nobody of that number is left.

    `tx` sees the whole program: who became whom is no one member's to know.
    """
    if load_generation(tx, sealed.program_id, sealed.link.member_id) != sealed.link.generation:
        return None
    return reader_for(tx, sealed.program_id, sealed.program, sealed.link.member_id)


def reader_for(tx: Transaction, program_id: int, program: Program, named: int) -> Reader | None:
    """The member of this number as a reader of theirs; None when there is none. `tx` as above."""
    member_id = who_is_left(tx, program_id, named)
    found = locale_of_member(tx, program_id, member_id)
    if found is None:
        return None
    language, market = found
    own = program.markets.get(market)
    return Reader(
        program_id,
        program,
        member_id,
        named,
        load_generation(tx, program_id, named),
        f"{language}-{market}",
        market,
        own.time_zone if own is not None else program.time_zone,
        utc_now(),
    )


def shut_out(request: HttpRequest) -> HttpResponse | None:
    """What a network is answered that tried too many links which we never made; None for all others."""
    network = _network(request)
    wait = room().wrong_links.wait(network) if network else 0
    if not wait:
        return None
    answer = missing_page(request, "later", 429)
    answer.headers["Retry-After"] = str(wait)
    return answer


def guessed(request: HttpRequest) -> HttpResponse:
    """Count a link that we never made, and answer it."""
    network = _network(request)
    if network:
        room().wrong_links.wrong(network)
    return missing_page(request)


def _network(request: HttpRequest) -> str:
    """Where somebody asks from; nothing where it is a proxy's address, and so everybody's."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return network_of(address) if is_of_world(address) else ""
