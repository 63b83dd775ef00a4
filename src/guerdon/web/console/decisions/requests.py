"""Decisions: what waits for the reader, most urgent first, what exactly would happen, and their word on it.

Nothing is decided here: a form says what somebody wants, the engine whether they may, under the request's
lock. What waits for their signature they see wherever it stands; else their own part of the program.
"""

import difflib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.http import Http404, HttpResponse

from guerdon.access.grants import Scope, Target
from guerdon.access.policy import KIND_AREAS
from guerdon.engine.approvals.acting import Refused, Stood, ladder_of, person_id_of
from guerdon.engine.approvals.asking import edit, withdraw
from guerdon.engine.approvals.contents import adjustments_of
from guerdon.engine.approvals.papers import Paper, Voice, load_papers, load_signers_of, open_voices, voice_of
from guerdon.engine.approvals.signatures import count_signatures
from guerdon.engine.approvals.signing import Verdict, Word, sign
from guerdon.engine.approvals.wishes import with_amount
from guerdon.engine.versions.drafts import resend
from guerdon.ledger.contents import ChangeGrant, Content, PublishVersion
from guerdon.program.diff import summary
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.program.plain_yaml import as_yaml
from guerdon.queries.alarms import list_alarms
from guerdon.queries.decisions import (
    find_request,
    list_decided,
    list_happenings,
    list_open,
    list_signatures,
    load_last_decision,
    load_last_words,
)
from guerdon.queries.people import list_names
from guerdon.store.approvals.requests import RequestRow
from guerdon.store.database import Transaction
from guerdon.store.programs import load_live
from guerdon.values.ids import read, show
from guerdon.values.problems import Problem
from guerdon.web.console.decisions.sayings import ALARMS, Sayings, acting_at, alarm_said, note_refused
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.places import read_place, timed_mark, written_place
from guerdon.web.console.words import Namer
from guerdon.web.rights import Rights
from guerdon.web.rooms import room

OPEN_MAX = 500
PAGE_ROWS = 50
ROWS_SHOWN = 20
HISTORY_MAX = 200
DIFF_LINES_MAX = 200
AT_ONCE_MAX = 200
# So long an alarm stands above the list; the page of the controls keeps it.
ALARMS_SHOWN, ALARM_TIME = 5, timedelta(days=7)
VIEWS = ("mine", "open", "decided")
# Refused because somebody else was there in between.
OVERTAKEN = frozenset({"closed", "edited", "signed", "role"})
VERDICTS: dict[str, Verdict] = {"approve": "approve", "reject": "reject", "ask": "ask"}


@staff_page
def decisions(desk: Desk) -> HttpResponse:
    """List what waits, or sign many of it at once."""
    if desk.request.method != "POST":
        return _listed(desk)
    words = [word for text in desk.request.POST.getlist("request")[:AT_ONCE_MAX] if (word := _word(text))]
    with room().reading(desk.program_id) as tx:
        told = sign(tx, acting_at(desk), words)
    refused = {number: answer for number, answer in told.items() if isinstance(answer, Refused)}
    for number, answer in refused.items():
        note_refused(desk, show("apr", number), answer)
    if refused:
        return _listed(desk, refused, len(told) - len(refused))
    return HttpResponse(status=303, headers={"Location": desk.address("decisions", signed=len(told))})


@staff_page
def decision(desk: Desk, apr: str) -> HttpResponse:
    """Show one request with everything that a signature needs, or take somebody's word on it."""
    number = read("apr", apr)
    if number is None:
        raise Http404
    if desk.request.method != "POST":
        return _shown(desk, number)
    if not _is_seen(desk, number):
        raise Http404
    with room().reading(desk.program_id) as tx:
        answer = _act(desk, tx, number)
    if isinstance(answer, Refused):
        note_refused(desk, apr, answer)
        return _shown(desk, number, answer, 409 if answer.reason in {"closed", "edited", "expired"} else 422)
    return HttpResponse(status=303, headers={"Location": desk.address(f"decisions/{apr}")})


def _act(desk: Desk, tx: Transaction, number: int) -> Stood | Refused:
    given = desk.request.POST
    act, reason = given.get("act", ""), given.get("reason", "").strip()
    revision = _counted(given.get("revision", ""))
    if act in VERDICTS:
        return sign(tx, acting_at(desk), [Word(number, revision, VERDICTS[act], reason)])[number]
    if act == "withdraw":
        return withdraw(tx, acting_at(desk), number, reason)
    if act == "edit":
        paper = _paper(desk.program_id, desk.program, tx, number)
        content = with_amount(desk.program, paper.content, given.get("amount", "")) if paper else None
        if content is None:
            return Refused("wrong", [Problem("amount", None, "it cannot be read", "write it like 25.00")])
        if isinstance(content, PublishVersion):
            return resend(tx, acting_at(desk), (number, revision), content, reason)
        return edit(tx, acting_at(desk), (number, revision), content, reason)
    raise Http404


def _word(text: str) -> Word | None:
    name, _, revision = text.partition(".")
    number = read("apr", name)
    return None if number is None else Word(number, _counted(revision), "approve")


def _listed(desk: Desk, refused: dict[int, Refused] | None = None, signed: int = 0) -> HttpResponse:
    view = _view(desk)
    before = read_place(desk.request.GET.get("after", ""))
    with room().reading(desk.program_id) as tx:
        everything = list_open(tx, desk.program_id, OPEN_MAX)
        papers = load_papers(tx, desk.program_id, desk.program, everything, light=True)
        signers = load_signers_of(tx, desk.program_id, papers.values(), [desk.person.person_id])
        mine = open_voices(papers, signers, desk.person.person_id, desk.now)
        last = load_last_decision(tx, desk.program_id)
        words = load_last_words(tx, desk.program_id, [show("apr", number) for number in refused or ()])
    with desk.transaction() as tx:
        waiting = [row for row in list_open(tx, desk.program_id, OPEN_MAX) if _reads(desk.rights, row)]
        decided = list_decided(tx, desk.program_id, PAGE_ROWS + 1, before) if view == "decided" else []
        alarms = list_alarms(tx, ALARMS_SHOWN, kinds=ALARMS, only_open=True)
    # What I asked for and have to answer is mine to do, too.
    answers = {row.id for row in everything if _is_asked_back(desk, row)}
    rows = {
        "mine": [row for row in everything if row.id in mine or row.id in answers],
        "open": waiting,
        "decided": [row for row in decided[:PAGE_ROWS] if _reads(desk.rights, row)],
    }[view]
    arrived = [timed_mark(row.closed_at or row.created_at, row.id) for row in rows]
    onward = None
    last_shown = decided[PAGE_ROWS - 1] if len(decided) > PAGE_ROWS else None
    if last_shown is not None and last_shown.closed_at is not None:
        onward = written_place(last_shown.closed_at, last_shown.id)
    answer = desk.show(
        "console/decisions.html",
        "decisions",
        names=Namer(desk.program, desk.locale),
        say=_sayings(desk, rows, [word.actor for word in words.values()]),
        words=words,
        rows=rows,
        view=view,
        mine=mine,
        count=len(mine) + len(answers),
        waiting=len(waiting),
        stream=None if before else desk.arriving("decisions", max(arrived, default=())),
        last=last,
        now=desk.now,
        onward=onward,
        refused=refused or {},
        signed=signed or _counted(desk.request.GET.get("signed", "")),
        may_ask=_may_ask(desk),
        alarms=[each for each in alarms if each.raised_at > desk.now - ALARM_TIME],
        alarm_said=partial(alarm_said, locale=desk.locale),
    )
    answer.status_code = 409 if refused else 200
    return answer


def list_arrived(desk: Desk) -> list[tuple[datetime, int]]:
    """When each request of the list that is looked at came to it, and its id; newest first."""
    view = _view(desk)
    if view == "decided":
        with desk.transaction() as tx:
            decided = list_decided(tx, desk.program_id, PAGE_ROWS, None)
        rows = [row for row in decided if _reads(desk.rights, row)]
    elif view == "open":
        with desk.transaction() as tx:
            rows = [row for row in list_open(tx, desk.program_id, OPEN_MAX) if _reads(desk.rights, row)]
    else:
        with room().reading(desk.program_id) as tx:
            everything = list_open(tx, desk.program_id, OPEN_MAX)
            papers = load_papers(tx, desk.program_id, desk.program, everything, light=True)
            signers = load_signers_of(tx, desk.program_id, papers.values(), [desk.person.person_id])
        mine = open_voices(papers, signers, desk.person.person_id, desk.now)
        rows = [row for row in everything if row.id in mine or _is_asked_back(desk, row)]
    return sorted(((row.closed_at or row.created_at, row.id) for row in rows), reverse=True)


def _view(desk: Desk) -> str:
    asked = desk.request.GET.get("view", "")
    return asked if asked in VIEWS else VIEWS[0]


def _is_asked_back(desk: Desk, row: RequestRow) -> bool:
    """Whether the reader asked for it and has to answer."""
    return row.state == "returned" and row.maker == desk.actor


def _shown(desk: Desk, number: int, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    if not _is_seen(desk, number):
        raise Http404
    with room().reading(desk.program_id) as tx:
        paper = _paper(desk.program_id, desk.program, tx, number)
        if paper is None:
            raise Http404
        signers = load_signers_of(tx, desk.program_id, [paper], [desk.person.person_id])
        signatures = list_signatures(tx, desk.program_id, number)
        history = list_happenings(tx, desk.program_id, show("apr", number), HISTORY_MAX)
        word = load_last_words(tx, desk.program_id, [show("apr", number)]).get(show("apr", number))
        live = load_live(tx, desk.program_id, desk.now) if isinstance(paper.content, PublishVersion) else None
        people = [each.actor for each in history]
        people += [name for each in signatures for name in (each.person, each.instead_of or "")]
        if isinstance(paper.content, ChangeGrant):
            people.append(paper.content.person)
        say = _sayings(desk, [paper.request], people, tx)
    voice = voice_of(paper, signers, desk.person.person_id, desk.now)
    adjustments = adjustments_of(paper.content)
    answer = desk.show(
        "console/decision.html",
        "decisions",
        names=Namer(desk.program, desk.locale),
        say=say,
        asked=paper.request,
        content=paper.content,
        sha=paper.revision.sha.hex(),
        totals=_totals(paper.content),
        adjustments=adjustments[:ROWS_SHOWN],
        more=max(len(adjustments) - ROWS_SHOWN, 0),
        difference=_difference(live.bundle if live else "", paper.content),
        changes=_changes(desk, paper.content),
        ladder=ladder_of(desk.program, paper.request.kind),
        count=count_signatures(paper.asked, paper.signatures, signers, desk.now),
        signatures=signatures,
        history=history,
        voice=voice if isinstance(voice, Voice) else None,
        objection="" if isinstance(voice, Voice) else voice,
        own=paper.request.maker == desk.actor,
        answers=_answers(desk, paper.request),
        now=desk.now,
        refused=refused,
        word=word if refused is not None and refused.reason in OVERTAKEN else None,
        stream=_stream(desk, paper.request, history[-1].id if history else 0),
    )
    answer.status_code = status
    return answer


def _stream(desk: Desk, request: RequestRow, after: int) -> str:
    """Where news of a request come from, as long as there may be some."""
    if request.state not in {"open", "returned"}:
        return ""
    return desk.address("stream", view="decision", about=show("apr", request.id), after=after)


def is_seen(rights: Rights, program: Program, scope: Scope, number: int) -> bool:
    """Whether a reader sees a request: in their part of the program, or because it waits for them."""
    program_id, reader = rights.program_id, rights.person.person_id
    with room().reading(program_id, scope=scope) as tx:
        found = find_request(tx, program_id, number)
    if found is not None and _reads(rights, found):
        return True
    with room().reading(program_id) as tx:
        paper = _paper(program_id, program, tx, number)
        if paper is None:
            return False
        signers = load_signers_of(tx, program_id, [paper], [reader])
    voice = voice_of(paper, signers, reader, rights.now)
    return isinstance(voice, Voice) or voice == "signed" or paper.request.maker == show("per", reader)


def _is_seen(desk: Desk, number: int) -> bool:
    return is_seen(desk.rights, desk.program, desk.scope, number)


def _reads(rights: Rights, request: RequestRow) -> bool:
    """Whether a request is of a kind, and at a place, that the reader may read of."""
    at = Target(rights.program_id, request.market, request.location)
    return rights.allows(KIND_AREAS[request.kind], "read", at)


def _paper(program_id: int, program: Program, tx: Transaction, number: int) -> Paper | None:
    found = find_request(tx, program_id, number)
    return None if found is None else load_papers(tx, program_id, program, [found])[number]


def _answers(desk: Desk, request: RequestRow) -> bool:
    """Whether the reader may ask for something else instead: who asked, or anybody for a rule."""
    by_rule = person_id_of(request.maker) is None
    mine = request.maker == desk.actor or (by_rule and _may_ask(desk))
    return mine and request.state in {"open", "returned"}


def _may_ask(desk: Desk) -> bool:
    return desk.may("rewards", "write") or desk.may("ledger", "write")


def _sayings(
    desk: Desk, rows: Sequence[RequestRow], also: Iterable[str] = (), tx: Transaction | None = None
) -> Sayings:
    numbers = {person_id_of(name) for name in (*(row.maker for row in rows), *also)}
    numbers |= {person_id_of(row.why.partition(":")[2]) for row in rows}
    known = {number for number in numbers if number is not None}
    if tx is None:
        with room().reading(desk.program_id) as own:
            return Sayings(desk.program, desk.locale, list_names(own, known))
    return Sayings(desk.program, desk.locale, list_names(tx, known))


def _totals(content: Content) -> list[tuple[str, int, int, int]]:
    """Of adjustments: unit, how many, what is given, what is taken."""
    found: dict[str, list[int]] = {}
    for row in adjustments_of(content):
        sums = found.setdefault(row.unit, [0, 0, 0])
        sums[0] += 1
        sums[1 if row.amount > 0 else 2] += abs(row.amount)
    return [(unit, n, given, taken) for unit, (n, given, taken) in found.items()]


def _difference(before: str, content: Content) -> list[str]:
    """How a new version differs from the live one, line by line."""
    if not isinstance(content, PublishVersion):
        return []
    earlier, later = (as_yaml(text).splitlines() for text in (before, content.bundle))
    lines = difflib.unified_diff(earlier, later, lineterm="", n=1)
    return list(lines)[2 : DIFF_LINES_MAX + 2]


def _changes(desk: Desk, content: Content) -> list[str]:
    """The same in words."""
    made = read_program(content.bundle, None) if isinstance(content, PublishVersion) else None
    return summary(desk.program, made, desk.locale)[:DIFF_LINES_MAX] if isinstance(made, Program) else []


def _counted(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
