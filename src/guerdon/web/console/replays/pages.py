"""The pages of replays: all of them with a form for another, and one with its answer first.

A worker runs what is asked for here; until it is done its page says live how far it is.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse

from guerdon.engine.library import NoLiveVersion, read_version
from guerdon.engine.replay.asking import Wrong, ask_replay, call_off_replay
from guerdon.engine.versions.drafts import check_draft
from guerdon.program.model import Program
from guerdon.queries.replay.found import list_members, list_replays, load_result
from guerdon.queries.replay.needed import first_day_needed
from guerdon.queries.versions.lines import list_versions
from guerdon.store.database import Transaction
from guerdon.store.programs import load_versions
from guerdon.store.versions.drafts import find_draft, list_drafts
from guerdon.store.versions.replays import NewReplay, ReplayRow, find_replay
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.replays.progress import UNDER_WAY, progress_context
from guerdon.web.console.replays.sayings import refusal_said, state_said
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.console.words import Namer

PATH = "program/replays"
MEMBERS_SHOWN = 50
ROWS_SHOWN = 100
YEARS_BACK = 100
# Of what is refused because of other replays.
STATUS = {"running": 409, "full": 429}


@staff_page
def replays(desk: Desk) -> HttpResponse:
    """Show all replays, or ask for another."""
    if desk.request.method != "POST":
        return _listed(desk)
    with desk.transaction() as tx:
        done = _ask(desk, tx)
    if isinstance(done, str):
        return _listed(desk, done)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{show('rpl', done)}")})


@staff_page
def replay(desk: Desk, replay: str) -> HttpResponse:
    """Show one replay, or call it off."""
    number = read("rpl", replay)
    with desk.transaction() as tx:
        found = find_replay(tx, desk.program_id, number) if number is not None else None
        if found is None:
            raise Http404
        if desk.request.method == "POST":
            if desk.request.POST.get("act") != "call_off":
                raise Http404
            call_off_replay(tx, desk.program_id, found.id, desk.actor, desk.now)
            return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{replay}")})
        return _shown(desk, tx, found)


def _ask(desk: Desk, tx: Transaction) -> int | str:
    """The number of a replay that was asked for, or why none was."""
    given = desk.request.POST
    since = _day(given.get("since", ""))
    if since is None or since.year < desk.now.year - YEARS_BACK:
        return "day"
    text = _text(desk, tx, given.get("text", ""))
    if isinstance(text, str):
        return text
    title, program = text
    began = datetime.combine(since, time.min, ZoneInfo(desk.program.time_zone)).astimezone(UTC)
    new = NewReplay(title, program.text, program.sha, began, desk.now, desk.actor)
    done = ask_replay(tx, desk.program_id, new, desk.now)
    return done.reason if isinstance(done, Wrong) else done


def _text(desk: Desk, tx: Transaction, chosen: str) -> tuple[str, Program] | str:
    """The text that was chosen, by what people call it; or why there is none."""
    number = read("drf", chosen)
    if number is not None:
        draft = find_draft(tx, desk.program_id, number)
        made = check_draft(desk.program, draft.text) if draft is not None else None
        if draft is None:
            return "text"
        return (draft.title, made) if isinstance(made, Program) else "mistakes"
    versions = [line.version for line in list_versions(tx, desk.program_id) if f"v{line.version}" == chosen]
    if not versions:
        return "text"
    (stored,) = load_versions(tx, desk.program_id, versions)
    try:
        return chosen, read_version(stored)
    except NoLiveVersion:
        return "mistakes"


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _listed(desk: Desk, refused: str = "") -> HttpResponse:
    typed = desk.request.POST if refused else desk.request.GET
    with desk.transaction() as tx:
        needed = first_day_needed(tx, desk.program_id, desk.now)
        found = list_replays(tx, desk.program_id)
        drafts = list_drafts(tx, desk.program_id)
        versions = list_versions(tx, desk.program_id)
        names = names_of(tx, [each.asked_by for each in found])
    say = words(desk.locale, "console").gettext
    choices = [(show("drf", draft.id), draft.title) for draft in drafts]
    choices += [(f"v{line.version}", say("Version %(n)s") % {"n": line.version}) for line in versions]
    answer = desk.show(
        "console/replays.html",
        "program",
        replays=found,
        choices=choices,
        typed={
            "text": typed.get("text", ""),
            # With it, the replay is one that a draft can be sent for signatures upon.
            "since": typed.get(
                "since", needed.astimezone(ZoneInfo(desk.program.time_zone)).date().isoformat()
            ),
        },
        shown=show,
        who=lambda actor: names.get(actor, actor),
        state_said=lambda state: state_said(state, desk.locale),
        refused=refusal_said(refused, desk.locale) if refused else "",
        writes=desk.may("rules", "write"),
    )
    answer.status_code = STATUS.get(refused, 422) if refused else 200
    return answer


def _shown(desk: Desk, tx: Transaction, found: ReplayRow) -> HttpResponse:
    result = load_result(tx, desk.program_id, found.id)
    after = _after(desk.request.GET.get("after", ""))
    members = list_members(tx, desk.program_id, found.id, MEMBERS_SHOWN + 1, after) if result else []
    names = names_of(tx, [found.asked_by])
    shown, more = members[:MEMBERS_SHOWN], len(members) > MEMBERS_SHOWN
    rpl, under_way = show("rpl", found.id), found.state in UNDER_WAY
    return desk.show(
        "console/replay.html",
        "program",
        replay=found,
        rpl=rpl,
        result=result,
        moved={each["unit"]: each for each in result["members"]} if result else {},
        moved_in=_moved_in(result) if result else {},
        month_said=lambda told: formats.month(date.fromisoformat(f"{told}-01"), desk.locale),
        account_said=partial(_account_said, Namer(desk.program, desk.locale)),
        members=shown,
        after=_mark(shown[-1].draft - shown[-1].live, shown[-1].member_id, shown[-1].unit) if more else "",
        first_page=after is None,
        names=Namer(desk.program, desk.locale),
        digits=lambda unit: desk.program.units[unit].digits if unit in desk.program.units else 0,
        shown=show,
        rows_shown=ROWS_SHOWN,
        who=lambda actor: names.get(actor, actor),
        **progress_context(found, desk.locale),
        stream=desk.address("stream", view="replay", about=rpl, after=0) if under_way else "",
        writes=desk.may("rules", "write"),
    )


def _moved_in(result: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """Who gains and who loses, by what it is told beside: a market, a location or a rule."""
    return {
        (name, each["unit"], each[name]): each
        for name, moved in (("market", "markets"), ("location", "locations"), ("rule", "rules"))
        for each in result["moved"][moved]
    }


def _account_said(names: Namer, account: str) -> str:
    """A budget's account, as people call it."""
    budget, _, place = account.removeprefix("budget:").partition(":")
    where = names.market(place) if place in names.program.markets else names.location(place)
    return f"{names.budget(budget)}, {where}" if place else names.budget(budget)


def _mark(difference: int, member: int, unit: str) -> str:
    return f"{abs(difference)}.{show('mem', member)}.{unit}"


def _after(told: str) -> tuple[int, int, str] | None:
    size, _, rest = told.partition(".")
    member, _, unit = rest.partition(".")
    number = read("mem", member)
    plain = size.isascii() and size.isdecimal() and len(size) < 19
    return (int(size), number, unit) if plain and number is not None and "\0" not in unit else None
