"""An invitation as it was typed: checked, and turned into a person, requests for their roles and a row.

Whoever invites asks for roles by the way they are always asked for: a second person signs for them, and only
then the mail is written. So an invitation is no way around anybody.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.access.grants import Grant
from guerdon.access.personas import PERSONAS, Persona, check_persona, may_invite
from guerdon.engine.approvals.acting import Refused
from guerdon.engine.approvals.asking import ask
from guerdon.ledger.contents import ChangeGrant
from guerdon.program.model import Program
from guerdon.store.access.grants import load_grants
from guerdon.store.access.invitations import NewInvitation, find_by_login, record_invitation
from guerdon.store.access.people import find_login, record_person, record_persona
from guerdon.store.database import Transaction
from guerdon.values.ids import show
from guerdon.values.mail import usable_address
from guerdon.values.money import Money, parse_money
from guerdon.values.texts import LANGUAGES
from guerdon.web.accounts.attempts import folded
from guerdon.web.console.decisions.sayings import acting_at
from guerdon.web.console.desk import Desk
from guerdon.web.rooms import room

REASON_LETTERS_MAX = 500
Wrong = Literal[
    "address", "persona", "place", "narrower", "amount", "reason", "self", "more", "known", "open", "asked"
]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed, as far as it makes sense."""

    login: str
    persona: Persona
    market: str | None
    location: str | None
    limit: Money | None
    language: str
    reason: str


def read_wish(desk: Desk) -> Wish | Wrong:
    """Read the form; what is wrong with it first, if something is."""
    given = {name: desk.request.POST.get(name, "").strip() for name in desk.request.POST}
    address = usable_address(given.get("email", ""))
    persona = PERSONAS.get(given.get("persona", ""))
    if address is None or persona is None:
        return "address" if address is None else "persona"
    place = _place(desk.program, given.get("market", ""), given.get("location", ""))
    if place is None or check_persona(persona, *place) is not None:
        return "place" if place is None else "narrower"
    limit = _limit(desk.program, given.get("amount", ""), given.get("unit", ""))
    reason = given.get("reason", "")[:REASON_LETTERS_MAX]
    if limit == "amount" or not reason:
        return "amount" if limit == "amount" else "reason"
    language = given.get("language", "")
    language = language if language in LANGUAGES else LANGUAGES[0]
    return Wish(folded(address), persona, *place, limit, language, reason)


def invite(desk: Desk, wish: Wish) -> Wrong | None:
    """Ask them to work here; what is against it, if something is: then nothing was done."""
    if wish.login == folded(desk.person.login):
        return "self"
    wanted = [_grant(desk.program_id, wish, role, desk.now) for role in wish.persona.roles]
    if not all(may_invite(desk.rights.grants, grant) for grant in wanted):
        return "more"
    try:
        # Seen whole: somebody may work elsewhere already.
        with room().reading(desk.program_id) as tx:
            _asked(desk, tx, wish, wanted)
    except _Against as against:
        return against.wrong
    return None


class _Against(Exception):  # noqa: N818  takes back what was begun
    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong)
        self.wrong: Wrong = wrong


def _asked(desk: Desk, tx: Transaction, wish: Wish, wanted: list[Grant]) -> None:
    program_id, now = desk.program_id, desk.now
    known = find_login(tx, wish.login)
    if known is None or known[1] is not None:
        # Their name is what they say when they accept.
        person_id = record_person(tx, program_id, (wish.login, wish.login), desk.actor, now)
    else:
        person_id = known[0]
    if any(grant.holds(now) for grant in load_grants(tx, program_id, [person_id]).get(person_id, [])):
        raise _Against("known")
    if find_by_login(tx, program_id, wish.login) is not None:
        raise _Against("open")
    requests = []
    for grant in wanted:
        stood = ask(tx, acting_at(desk), _content(person_id, grant), wish.reason)
        if isinstance(stood, Refused):
            raise _Against("more" if stood.reason == "role" else "asked")
        requests.append(stood.request_id)
    record_persona(tx, program_id, person_id, wish.persona.key, desk.actor, now)
    new = NewInvitation(person_id, wish.market, wish.location, wish.persona.key, wish.language, requests)
    record_invitation(tx, program_id, new, desk.actor, now)


def _grant(program_id: int, wish: Wish, role: str, now: datetime) -> Grant:
    limit = wish.limit
    return Grant(
        program_id,
        next(each for each in wish.persona.roles if each == role),
        now,
        market=wish.market,
        location=wish.location,
        unit=limit.unit if limit else None,
        amount_max=limit.amount_minor if limit else None,
    )


def _content(person_id: int, grant: Grant) -> ChangeGrant:
    return ChangeGrant(
        show("per", person_id),
        grant.role,
        grant.valid_from,
        grant.market,
        grant.location,
        grant.unit,
        grant.amount_max,
    )


def _place(program: Program, market: str, location: str) -> tuple[str | None, str | None] | None:
    """The place that was named; None for one there is not."""
    if location:
        place = program.locations.get(location)
        return None if place is None or market not in {"", place.market} else (place.market, location)
    return (market or None, None) if not market or market in program.markets else None


def _limit(program: Program, amount: str, unit: str) -> Money | Literal["amount"] | None:
    if not amount:
        return None
    limit = parse_money(f"{amount} {unit}", program.units)
    return limit if isinstance(limit, Money) and limit.amount_minor > 0 else "amount"
