"""One reward of a member, and the form that lets it last longer.

The form says what end it was shown with, and counts once for that: sent twice it is done once, and what
somebody else did in between is never passed over.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.access.grants import Target
from guerdon.engine.wallet.extending import Extension, extend, last_day_possible
from guerdon.ledger.effects import Refuse
from guerdon.ledger.expiry import UNTIL_TOLD
from guerdon.queries.rewards import RewardHere, load_reward
from guerdon.rules.wallet import objection_to_lasting
from guerdon.text.catalogs import words
from guerdon.text.refusals import refusal_text
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer
from guerdon.web.refusals import ACCESS, note_refusal
from guerdon.web.rooms import room

REASON_LETTERS_MAX = 1_000
TEXT_LETTERS_MAX = 40


@staff_page
def reward(desk: Desk, member: str, reward: str) -> HttpResponse:
    """Show a reward that may be let last longer, or let it."""
    member_id, reward_id = read("mem", member), read("rwd", reward)
    if member_id is None or reward_id is None:
        raise Http404
    # Of somewhere else is as unknown as none.
    with desk.transaction() as tx:
        found = load_reward(tx, member_id, reward_id)
    if found is None:
        raise Http404
    return _extend(desk, found) if desk.request.method == "POST" else _shown(desk, found)


def _extend(desk: Desk, found: RewardHere) -> HttpResponse:
    given = desk.request.POST
    was, last_day = _moment(given.get("was", "")), _day(given.get("last_day", ""))
    reason = given.get("reason", "").strip()
    if was is None:
        raise Http404
    if not _may(desk, found):
        _note_refused(desk)
        raise PermissionDenied
    if last_day is None:
        return _shown(desk, found, "day")
    if not 0 < len(reason) <= REASON_LETTERS_MAX or "\0" in reason:
        return _shown(desk, found, "reason")
    asked = Extension(
        desk.program_id,
        found.member_id,
        found.id,
        f"{show('rwd', found.id)}:{was.isoformat()}",
        last_day,
        reason,
        desk.actor,
        desk.person.memberships.get(desk.program_id),
        was,
    )
    with room().reading(desk.program_id) as tx:
        done = extend(tx, desk.program, asked, desk.now)
    if isinstance(done, Refuse):
        if done.reason == "reward:own":
            _note_refused(desk)
        # The one key of what was shown is somebody else's: they were quicker.
        return _shown(desk, found, "reward:changed" if done.reason == "key:reused" else done.reason)
    return HttpResponse(
        status=303, headers={"Location": desk.address(f"members/{show('mem', found.member_id)}")}
    )


def _shown(desk: Desk, found: RewardHere, problem: str = "") -> HttpResponse:
    said = words(desk.locale, "reasons")
    # Whether any day would do.
    objection = objection_to_lasting(found.state, found.expires_at, UNTIL_TOLD, desk.now)
    answer = desk.show(
        "console/reward.html",
        "members",
        names=Namer(desk.program, desk.locale),
        now=desk.now,
        reward=found,
        objection=refusal_text(said, objection) if objection else "",
        within=_may(desk, found),
        was=found.expires_at.astimezone(UTC).isoformat() if found.expires_at else "",
        furthest=last_day_possible(desk.now, ZoneInfo(desk.program.time_zone)),
        problem=problem,
        problem_said=(refusal_text(said, problem) or "") if problem else "",
        typed={name: desk.request.POST.get(name, "") for name in ("last_day", "reason")},
    )
    answer.status_code = 422 if problem else 200
    return answer


def _may(desk: Desk, found: RewardHere) -> bool:
    """Whether the reader's grants reach this reward, also by what is left of it."""
    target = Target(desk.program_id, found.market, found.location, found.remaining, found.unit)
    return desk.rights.allows("ledger", "write", target)


def _note_refused(desk: Desk) -> None:
    match = desk.request.resolver_match
    route = match.route if match else ""
    note_refusal(desk.program_id, desk.actor, ACCESS, "ledger", power="write", address=route, method="POST")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-05-04") else None
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text[:TEXT_LETTERS_MAX])
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
