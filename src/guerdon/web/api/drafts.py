"""Operations on drafts: a program by its key writes the next version's text, and asks people to sign it.

What holds in the console holds here: who saves names the edition it stands on, nothing is submitted whose
very text was not replayed, and a key signs nothing. It submits what it saved itself.
"""

import difflib
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Router

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import (
    Conflict,
    Written,
    begin_draft,
    check_draft,
    save_draft,
    submit_draft,
)
from guerdon.program.diff import summary
from guerdon.program.model import Program
from guerdon.queries.replay.needed import missing_rehearsal
from guerdon.store.database import Transaction
from guerdon.store.programs import load_live, load_versions
from guerdon.store.versions.drafts import DraftRow, find_draft, list_drafts
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import caller_of, demand
from guerdon.web.api.ids import number_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, WrongField, missing, wrong
from guerdon.web.api.shapes.plain import DraftId
from guerdon.web.api.shapes.versions import (
    Begin,
    Draft,
    Drafts,
    DraftState,
    DraftText,
    Save,
    Submit,
    Submitted,
)
from guerdon.web.api.versions import accepted, mistakes_of, whole

router = Router(tags=["versions"])
DraftPath = Annotated[DraftId, Path(...)]
LANGUAGE = "en"
LINES_TOLD = 100


@router.get("/drafts", response=reads(Drafts, 404), operation_id="list_drafts")
def list_all(request: HttpRequest) -> HttpResponse:
    """List the drafts that were neither published nor put away, the latest first."""
    caller = whole(caller_of(request))
    with reading(request) as tx:
        rows = list_drafts(tx, caller.program_id)
    return told(Drafts(drafts=[_draft(row) for row in rows]))


@router.get("/drafts/{draft}", response=reads(DraftText, 404), operation_id="get_draft")
def get_draft(request: HttpRequest, draft: DraftPath) -> HttpResponse:
    """Get a draft with its text, and everything that is wrong with it."""
    caller, number = whole(caller_of(request)), number_of("drf", draft)
    with reading(request) as tx:
        return told(_text(tx, caller.program_id, caller.program, _row(tx, caller.program_id, number)))


@router.post("/drafts/begin", response=changes(DraftText, 404, status=201), operation_id="begin_draft")
def begin(request: HttpRequest, wanted: Annotated[Begin, Body(...)]) -> HttpResponse:
    """Begin a draft from a version."""

    def work(doing: Doing) -> DraftText:
        # It is answered with the text.
        demand(request, whole(doing.caller), "read:versions")
        if wanted.based_on is None:
            stored = load_live(doing.tx, doing.program_id, doing.now)
        else:
            stored = next(iter(load_versions(doing.tx, doing.program_id, [wanted.based_on])), None)
        if stored is None:
            raise wrong([WrongField(detail="there is no such version", pointer="/based_on")])
        number = begin_draft(doing.tx, doing.acting, wanted.title, stored)
        accepted(doing, number)
        assert isinstance(number, int)
        if wanted.text is not None:
            _saved(doing, number, Written(1, wanted.title, wanted.text))
        return _text(doing.tx, doing.program_id, doing.program, _row(doing.tx, doing.program_id, number))

    return once(request, work, 201)


@router.post("/drafts/{draft}/save", response=changes(DraftText, 404), operation_id="save_draft")
def save(request: HttpRequest, draft: DraftPath, wanted: Annotated[Save, Body(...)]) -> HttpResponse:
    """Save the next edition of a draft, right or wrong; if somebody saved since, be told what."""

    def work(doing: Doing) -> DraftText:
        # It is answered with the text.
        demand(request, whole(doing.caller), "read:versions")
        number = number_of("drf", draft)
        _saved(doing, number, Written(wanted.edition, wanted.title, wanted.text))
        return _text(doing.tx, doing.program_id, doing.program, _row(doing.tx, doing.program_id, number))

    return once(request, work)


@router.post(
    "/drafts/{draft}/submit", response=changes(Submitted, 404, status=201), operation_id="submit_draft"
)
def submit(request: HttpRequest, draft: DraftPath, wanted: Annotated[Submit, Body(...)]) -> HttpResponse:
    """Ask people to sign a draft that this key saved, and whose very text was replayed."""

    def work(doing: Doing) -> Submitted:
        whole(doing.caller)
        number = number_of("drf", draft)
        shown = (number, wanted.edition)
        done = submit_draft(doing.tx, doing.acting, shown, wanted.reason, wanted.live_from)
        if isinstance(done, Conflict):
            raise _overtaken(doing.program, done.now, None)
        accepted(doing, done)
        assert not isinstance(done, Refused)
        made = check_draft(doing.program, _row(doing.tx, doing.program_id, number).text)
        assert isinstance(made, Program), "it was submitted"
        return Submitted(
            draft=draft,
            edition=wanted.edition,
            sha256=made.sha,
            request=show("apr", done.request_id),
            revision=done.revision,
            state=done.state,
        )

    return once(request, work, 201)


def _saved(doing: Doing, number: int, said: Written) -> None:
    done = save_draft(doing.tx, doing.acting, number, said)
    if isinstance(done, Conflict):
        raise _overtaken(doing.program, done.now, said.text)
    accepted(doing, done)


def _overtaken(program: Program, now: DraftRow, text: str | None) -> Trouble:
    """That somebody saved since: who and when, and what they have otherwise than what was sent."""
    detail = f"{now.saved_by} saved edition {now.edition} at {now.saved_at.isoformat()}; nothing was done"
    errors = [WrongField(detail=f"it is {now.edition} by now", pointer="/edition")]
    if text is not None:
        errors += [WrongField(detail=each, pointer="/text") for each in _theirs(program, text, now.text)]
    return Trouble(409, "edited", detail, errors=errors, reason="edition")


def _theirs(program: Program, sent: str, kept: str) -> list[str]:
    """What is kept, otherwise than what was sent: in words; where one of the two is wrong, in lines."""
    ours, theirs = check_draft(program, sent), check_draft(program, kept)
    if isinstance(ours, Program) and isinstance(theirs, Program):
        found = summary(ours, theirs, LANGUAGE)
    else:
        found = list(difflib.unified_diff(sent.splitlines(), kept.splitlines(), lineterm="", n=0))[2:]
    return found[:LINES_TOLD]


def _row(tx: Transaction, program_id: int, number: int) -> DraftRow:
    row = find_draft(tx, program_id, number)
    if row is None:
        raise missing()
    return row


def _text(tx: Transaction, program_id: int, program: Program, row: DraftRow) -> DraftText:
    made = check_draft(program, row.text)
    right = made if isinstance(made, Program) else None
    return DraftText(
        **_draft(row).model_dump(),
        text=row.text,
        sha256=right.sha if right is not None else None,
        mistakes=mistakes_of(made),
        replay=(missing_rehearsal(tx, program_id, right.sha, utc_now()) or "done") if right else None,
    )


def _draft(row: DraftRow) -> Draft:
    return Draft(
        id=show("drf", row.id),
        title=row.title,
        state=_state(row),
        edition=row.edition,
        based_on=row.based_on,
        created_by=row.created_by,
        created_at=row.created_at,
        saved_by=row.saved_by,
        saved_at=row.saved_at,
        request=None if row.request_id is None else show("apr", row.request_id),
    )


def _state(row: DraftRow) -> DraftState:
    if row.closed_at is not None:
        return "closed"
    if row.asked == "done":
        return "published"
    return "review" if row.waits else "draft"
