"""The people page: who may what, since when and by whose word; what can be taken back; who stands in.

Taking back needs one person and works on the next request; giving needs two, so it is asked for and decided
among the decisions. What one would not guess: nobody can make themselves a stand-in.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse

from guerdon.access.personas import PERSONAS
from guerdon.access.policy import POLICY
from guerdon.access.roles import ROLES
from guerdon.queries.people import GrantRow, list_grants, list_names, list_stand_ins
from guerdon.store.access.grants import (
    StandIn,
    lock_lasting,
    record_stand_in,
    revoke_all_grants,
    revoke_grant,
    revoke_stand_in,
)
from guerdon.store.access.people import record_persona
from guerdon.store.database import Transaction
from guerdon.values.ids import read
from guerdon.web.accounts.people import end_sessions
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer, persona_name, role_name

REASON_LETTERS_MAX = 500
STAND_IN_DAYS_MAX = 366


@staff_page
def people(desk: Desk) -> HttpResponse:
    """Show who may what, or take something back."""
    if desk.request.method != "POST":
        return _shown(desk)
    act = _ACTS.get(desk.request.POST.get("act", ""))
    if act is None:
        raise SuspiciousOperation
    with desk.transaction() as tx:
        problem = act(desk, tx)
    if problem:
        return _shown(desk, problem, 422)
    return HttpResponse(status=303, headers={"Location": desk.address("people")})


def _revoke(desk: Desk, tx: Transaction) -> str:
    reason = desk.request.POST.get("reason", "").strip()[:REASON_LETTERS_MAX]
    number = _number(desk, "grant")
    if not reason:
        return "reason"
    row = next((each for each in list_grants(tx, desk.program_id, desk.now) if each.id == number), None)
    if row is None:
        raise Http404
    if row.person_id == desk.person.person_id:
        return "self"
    if not _others_give_roles(desk, tx, {number}):
        return "last"
    if not revoke_grant(tx, desk.program_id, number, desk.actor, reason, desk.now):
        raise Http404
    return ""


def _suspend(desk: Desk, tx: Transaction) -> str:
    """Take all of somebody's roles back, and end their sessions."""
    reason = desk.request.POST.get("reason", "").strip()[:REASON_LETTERS_MAX]
    held = _held_by(desk, tx)
    person_id = held[0].person_id
    if not reason:
        return "reason"
    if person_id == desk.person.person_id:
        return "self"
    # What lies where the reader gives no roles is not theirs to take.
    if not desk.rights.governs(person_id):
        raise Http404
    if not _others_give_roles(desk, tx, {row.id for row in held}):
        return "last"
    revoke_all_grants(tx, desk.program_id, person_id, desk.actor, reason, desk.now)
    end_sessions(held[0].login)
    return ""


def _tell_persona(desk: Desk, tx: Transaction) -> str:
    """Say who somebody is at work: where their day begins, and nothing of what they may."""
    held, persona = _held_by(desk, tx), PERSONAS.get(desk.request.POST.get("persona", ""))
    person_id = held[0].person_id
    if persona is None:
        raise Http404
    if person_id == desk.person.person_id:
        return "self"
    if not desk.rights.governs(person_id):
        raise Http404
    if not set(persona.roles) <= {row.role for row in held}:
        return "persona"
    record_persona(tx, desk.program_id, person_id, persona.key, desk.actor, desk.now)
    return ""


def _held_by(desk: Desk, tx: Transaction) -> list[GrantRow]:
    """What the person of a form has here, as far as it is seen."""
    asked = read("per", desk.request.POST.get("person", ""))
    held = [row for row in list_grants(tx, desk.program_id, desk.now) if row.person_id == asked]
    if not held:
        raise Http404
    return held


def _others_give_roles(desk: Desk, tx: Transaction, without: set[int]) -> bool:
    """Whether, without these grants, somebody still gives roles in the whole program, and for good.

    Else nobody could ever give one again, but by the command line.
    """
    giving = lock_lasting(tx, desk.program_id, [role for role in ROLES if "write" in POLICY["people", role]])
    return not giving & without or bool(giving - without)


def _name_stand_in(desk: Desk, tx: Transaction) -> str:
    seen = {row.person_id for row in list_grants(tx, desk.program_id, desk.now)}
    away, instead = (read("per", desk.request.POST.get(name, "")) for name in ("person", "stand_in"))
    if away not in seen or instead not in seen or away is None or instead is None:
        raise Http404
    # Who stands in has all that the other may, so nobody lends what is not theirs to give.
    if not desk.rights.governs(away):
        raise Http404
    if instead in {away, desk.person.person_id}:
        return "stand_in"
    first, last = _day(desk, "from"), _day(desk, "to")
    if first is None or last is None or not first <= last <= first + timedelta(days=STAND_IN_DAYS_MAX):
        return "days"
    # Until the end of the last day, and never in the past.
    until = last + timedelta(days=1)
    named = StandIn(desk.program_id, away, instead, max(first, desk.now), until, named_at=desk.now)
    if named.valid_to <= named.valid_from:
        return "days"
    record_stand_in(tx, named, desk.actor)
    return ""


def _end_stand_in(desk: Desk, tx: Transaction) -> str:
    number = _number(desk, "number")
    reason = desk.request.POST.get("reason", "").strip()[:REASON_LETTERS_MAX]
    if not revoke_stand_in(tx, desk.program_id, number, desk.actor, reason, desk.now):
        raise Http404
    return ""


_ACTS: dict[str, Callable[[Desk, Transaction], str]] = {
    "revoke": _revoke,
    "suspend": _suspend,
    "persona": _tell_persona,
    "name_stand_in": _name_stand_in,
    "end_stand_in": _end_stand_in,
}


def _shown(desk: Desk, problem: str = "", status: int = 200) -> HttpResponse:
    with desk.transaction() as tx:
        grants = list_grants(tx, desk.program_id, desk.now)
        stand_ins = list_stand_ins(tx, desk.program_id, desk.now)
        givers = {number for row in grants if (number := read("per", row.granted_by)) is not None}
        names = list_names(tx, givers)
    answer = desk.show(
        "console/people.html",
        "people",
        names=Namer(desk.program, desk.locale),
        now=desk.now,
        people=_by_person(grants),
        stand_ins=stand_ins,
        role_name=lambda role: role_name(role, desk.locale),
        persona_name=lambda key: persona_name(key, desk.locale),
        personas=lambda held: [
            each.key for each in PERSONAS.values() if set(each.roles) <= {row.role for row in held}
        ],
        giver=lambda row: names.get(read("per", row.granted_by) or 0, row.granted_by),
        writes=desk.may("people", "write"),
        problem=problem,
    )
    answer.status_code = status
    return answer


def _by_person(grants: list[GrantRow]) -> list[list[GrantRow]]:
    found: dict[int, list[GrantRow]] = {}
    for row in grants:
        found.setdefault(row.person_id, []).append(row)
    return list(found.values())


def _number(desk: Desk, name: str) -> int:
    said = desk.request.POST.get(name, "")
    if not (said.isascii() and said.isdecimal() and len(said) < 19):
        raise Http404
    return int(said)


def _day(desk: Desk, name: str) -> datetime | None:
    """The beginning of a day in the program's time zone."""
    try:
        day = datetime.strptime(desk.request.POST.get(name, ""), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    if abs(day.year - desk.now.year) > 1:
        return None
    return datetime.combine(day, time(), ZoneInfo(desk.program.time_zone))
