"""The pages of broadcasts: all of them with a form for another, and one with what may be done to it.

Whoever writes rules makes, checks and halts them; one is started by who may approve rules, not by its maker.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.access.grants import WHOLE_PROGRAM
from guerdon.engine.messages.broadcasting.commands import (
    ACTS,
    Act,
    Doing,
    Wrong,
    acts_of,
    do,
    make_broadcast,
)
from guerdon.engine.messages.broadcasting.meant import broadcastable
from guerdon.store.messages.broadcasts.standing import Broadcast, NewBroadcast, list_broadcasts
from guerdon.values.ids import read, show
from guerdon.values.texts import text_in
from guerdon.web.console.broadcasts.progress import Progress, find_progress, progress_context
from guerdon.web.console.broadcasts.sayings import act_said, refusal_said, state_said
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.console.words import Namer

PATH = "broadcasts"
ROWS_SHOWN = 100
HOUR_S = 3600
# Of what is refused because it stands otherwise, or who asks.
STATUS = {"state": 409, "own": 403}
DIGITS_MAX = 4
# What is done next to one that stands so.
NEXT: Mapping[str, Act] = {"draft": "check", "ready": "start", "paused": "resume"}
# The fields of a new one, as they stand before anything is typed.
TYPED = {"message": "", "segment": "", "starts_at": "", "hours": "0"}


@staff_page
def broadcasts(desk: Desk) -> HttpResponse:
    """Show all broadcasts, or make another."""
    if desk.request.method != "POST":
        return _listed(desk)
    if not _writes(desk):
        return _listed(desk, Wrong("part"))
    new = _new(desk)
    with desk.transaction() as tx:
        made = make_broadcast(tx, desk.program_id, desk.program, new, desk.now)
    if isinstance(made, Wrong):
        return _listed(desk, made)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{show('brc', made)}")})


@staff_page
def broadcast(desk: Desk, broadcast: str) -> HttpResponse:
    """Show one broadcast, or do something to it."""
    number = read("brc", broadcast)
    with desk.transaction() as tx:
        found = find_progress(tx, (desk.program_id, number)) if number is not None else None
    if found is None:
        raise Http404
    if desk.request.method != "POST":
        return _shown(desk, found)
    act = next((each for each in ACTS if each == desk.request.POST.get("act")), None)
    if act is None:
        raise Http404
    if not _writes(desk) or (act == "start" and not _approves(desk)):
        raise PermissionDenied
    with desk.transaction() as tx:
        done = do(tx, Doing(desk.program_id, found.broadcast.id, desk.actor, desk.now), act)
    if isinstance(done, Wrong):
        return _shown(desk, found, done)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{broadcast}")})


def _writes(desk: Desk) -> bool:
    """Whether somebody may tell everybody something: with a part of the program they may not."""
    return desk.rights.scope("rules", "write") == WHOLE_PROGRAM


def _approves(desk: Desk) -> bool:
    """Whether somebody may let go what others made: to everybody, so for the whole program."""
    return desk.rights.scope("rules", "approve") == WHOLE_PROGRAM


def _waits_for_another(desk: Desk, broadcast: Broadcast) -> bool:
    """Whether somebody made it who now waits for another to start it."""
    return broadcast.state == "ready" and broadcast.made_by == desk.actor and _writes(desk)


def _new(desk: Desk) -> NewBroadcast:
    given = desk.request.POST
    hours = given.get("hours", "")
    plain = hours.isascii() and hours.isdecimal() and len(hours) <= DIGITS_MAX
    return NewBroadcast(
        given.get("message", ""),
        given.get("segment", ""),
        tuple(given.getlist("markets")),
        int(hours) * HOUR_S if plain else -1,
        _moment(given.get("starts_at", ""), desk),
        desk.actor,
    )


def _moment(typed: str, desk: Desk) -> datetime:
    """The moment that was typed, by the program's clock: at once without one, never for what is none."""
    if not typed:
        return desk.now
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(desk.program.time_zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC)


def _listed(desk: Desk, wrong: Wrong | None = None) -> HttpResponse:
    with desk.transaction() as tx:
        found = list_broadcasts(tx, desk.program_id, ROWS_SHOWN)
        names = names_of(tx, [each.made_by for each in found])
    program, namer = desk.program, Namer(desk.program, desk.locale)
    answer = desk.show(
        "console/broadcasts/list.html",
        PATH,
        broadcasts=found,
        messages=[(key, namer.message(key)) for key in broadcastable(program)],
        segments=[(key, text_in(each.name, desk.locale) or key) for key, each in program.segments.items()],
        markets=[(key, namer.market(key)) for key in program.markets],
        typed={name: desk.request.POST.get(name, first) for name, first in TYPED.items()},
        chosen=desk.request.POST.getlist("markets") if wrong else [],
        refused=refusal_said(wrong.why, desk.locale) if wrong else "",
        writes=_writes(desk),
        who=lambda actor: names.get(actor, actor),
        names=namer,
        shown=show,
        segment_said=partial(_segment_said, desk),
        state_said=lambda each: state_said(each.state, desk.locale, resumes=each.resumes_at is not None),
    )
    answer.status_code = STATUS.get(wrong.why, 422) if wrong else 200
    return answer


def _shown(desk: Desk, found: Progress, wrong: Wrong | None = None) -> HttpResponse:
    each = found.broadcast
    with desk.transaction() as tx:
        names = names_of(tx, [actor for actor in (each.made_by, each.started_by) if actor])
    acts: list[Act] = []
    if _writes(desk):
        acts = list(acts_of(each, desk.actor, approves=_approves(desk)))
    brc = show("brc", each.id)
    answer = desk.show(
        "console/broadcasts/one.html",
        PATH,
        progress=found,
        brc=brc,
        acts=acts,
        act_said=partial(act_said, locale=desk.locale),
        next_act=NEXT.get(each.state),
        # Whoever made it looks for a button that is not for them.
        unstarted=refusal_said("own", desk.locale) if _waits_for_another(desk, each) else "",
        refused=refusal_said(wrong.why, desk.locale) if wrong else "",
        who=lambda actor: names.get(actor, actor),
        names=Namer(desk.program, desk.locale),
        segment_said=partial(_segment_said, desk),
        stream=desk.address("stream", view="broadcast", about=brc, after=0) if found.is_under_way else "",
        **progress_context(found, desk.locale, is_page=True),
    )
    answer.status_code = STATUS.get(wrong.why, 422) if wrong else 200
    return answer


def _segment_said(desk: Desk, key: str) -> str:
    """What a segment is called; by its key when the program has it no more."""
    found = desk.program.segments.get(key)
    return text_in(found.name, desk.locale) or key if found else key
