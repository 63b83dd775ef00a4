"""One visit: whose code was taken, what is due, one tap that confirms, and what came of it.

Its address can be gone back to, sent again or opened by a colleague: what was confirmed stays one event.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse

from guerdon.engine.cards.confirming import Confirmed, belongs, confirm, confirmable, key_of
from guerdon.engine.why.accounts import Account, account_of
from guerdon.engine.why.telling import Teller
from guerdon.engine.why.trying import Trial, try_event
from guerdon.queries.why.events import find_standing, load_why
from guerdon.store.cards.confirmed import find_stage, is_forgotten_since
from guerdon.store.database import Transaction
from guerdon.store.persons import load_person
from guerdon.store.wallet.purses import MemberHere
from guerdon.text.catalogs import words
from guerdon.values.app.visits import KEY_PURPOSE, Visit, read_visit
from guerdon.values.ids import show
from guerdon.web.console.masks import masked
from guerdon.web.console.words import Namer
from guerdon.web.location.place import Here, at_location
from guerdon.web.rooms import room

CONFLICT = 409
LETTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Due:
    """Something that may be confirmed, and what would come of it; `earns` where that is a reward."""

    type: str
    name: str
    said: str
    earns: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """How a visit stands: nothing confirmed yet, being decided, decided, or set apart; or nobody is there."""

    state: str
    due: tuple[Due, ...] = ()
    name: str = ""
    said: str = ""
    earned: bool = False


@at_location
def visit(here: Here, visit: str) -> HttpResponse:
    """Show a visit, or confirm something of it."""
    program_id = here.desk.program_id
    found = read_visit(room().vault.key(KEY_PURPOSE), visit, program_id, here.place.key)
    if found is None:
        raise Http404
    if here.desk.request.method != "POST":
        return _page(here, found)
    kind = here.desk.request.POST.get("type", "")[:LETTERS_MAX]
    with room().reading(program_id) as tx:
        came = confirm(tx, room().vault, here.counter, found, kind, here.desk.now)
    if came in {"confirmed", "known"}:
        return HttpResponse(status=303, headers={"Location": here.desk.request.path})
    return _page(here, found, came)


def _page(here: Here, visit: Visit, came: Confirmed | None = None) -> HttpResponse:
    say = words(here.desk.locale, "location").gettext
    with room().reading(here.desk.program_id) as tx:
        person = load_person(tx, room().vault, here.desk.program_id, visit.member_id)
        seen = _seen(tx, here, visit)
    problem = {
        "unfit": say("A location does not confirm this any more. Choose again."),
    }.get(came or "", "")
    return here.show(
        "visit",
        200 if came is None else CONFLICT,
        visit=visit,
        seen=seen,
        problem=problem,
        member=masked(person.name) if person is not None and person.name else "",
        number=show("mem", visit.member_id),
    )


def _seen(tx: Transaction, here: Here, visit: Visit) -> Seen:
    came = find_stage(tx, visit.program_id, key_of(visit))
    if came is not None:
        return _outcome(tx, here, *came)
    standing = find_standing(tx, visit.member_id)
    if standing is None or is_forgotten_since(tx, visit.program_id, visit.member_id, visit.taken_at):
        return Seen("gone")
    if not belongs(here.place, MemberHere(visit.member_id, standing.market, standing.location)):
        return Seen("gone")
    if not visit.is_open(here.desk.now):
        return Seen("over")
    return Seen("open", due_now(tx, here, visit.member_id, visit.taken_at))


def _outcome(tx: Transaction, here: Here, event_id: int, stage: str) -> Seen:
    row = load_why(tx, event_id) if stage == "decided" else None
    if row is None:
        return Seen("apart" if stage == "apart" else "waits")
    account = account_of(row, here.book(tx, row.receipt.version))
    return Seen("decided", (), _name(here, row.receipt.type), _said(here, account), _earns(account))


def due_now(tx: Transaction, here: Here, member_id: int, at: datetime) -> tuple[Due, ...]:
    """What would come of each kind of event that may be confirmed: as the rules decide it, and no promise."""
    book = here.book(tx)
    say = words(here.desk.locale, "location").gettext
    found = []
    for event in confirmable(here.desk.program):
        trial = Trial(event.key, {}, member_id, at)
        tried = try_event(tx, book, trial, here.desk.now) if book is not None else []
        name = _name(here, event.key)
        if isinstance(tried, list):
            found.append(Due(event.key, name, say("What it earns is not known yet."), earns=False))
        else:
            found.append(Due(event.key, name, _said(here, tried), _earns(tried)))
    return tuple(found)


def _name(here: Here, kind: str) -> str:
    return Namer(here.desk.program, here.desk.locale).event(kind)


def _said(here: Here, account: Account) -> str:
    return Teller(account.program or here.desk.program, here.desk.locale).member_line(account)


def _earns(account: Account) -> bool:
    return any(story.outcome == "given" for story in account.stories)
