"""Operations on versions of the program: what was live when, what one says otherwise, and the ways back.

A program is one text for all its places, so all of this is for keys of the whole program.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, cast

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Query, Router

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import check_draft, written_text
from guerdon.engine.versions.ways_back import call_off, roll_back
from guerdon.program.diff import summary
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.versions import VersionLine, list_versions
from guerdon.store.database import Transaction
from guerdon.store.programs import StoredVersion, load_versions
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.problems import Problem
from guerdon.web.api.answers import asks, changes, reading, reads, told
from guerdon.web.api.callers import Caller, caller_of
from guerdon.web.api.ids import cursor_of, page_of, place_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, WrongField, missing, wrong
from guerdon.web.api.shapes.versions import (
    Check,
    Checked,
    Mistake,
    Recall,
    Version,
    VersionAsked,
    VersionChanges,
    Versions,
    VersionState,
    VersionText,
    WhichChanges,
    WhichVersions,
)
from guerdon.web.refusals import OF_RIGHTS, REQUEST, note_refusal

router = Router(tags=["versions"])
VersionPath = Annotated[VersionAsked, Path(...)]
# What a refusal of ours says outside, and how.
_SAID = {
    "role": "This key may not do this with versions",
    "live": "It is live already: only what is ahead is called off, and only another text brought back",
    "closed": "It waits for signatures or was closed, so its text stands still",
    "author": "Somebody else wrote in it, so it is not this key's to save or to submit",
    "edited": "The request was changed meanwhile",
    "expired": "The time of the request is over",
    "replay_never": "Nobody has replayed exactly this text yet",
    "replay_old": "Exactly this text was replayed too long ago",
    "replay_short": "The replay of exactly this text covers too little",
    "replay_empty": "The replay of exactly this text decided nothing",
}
_FIELDS = {
    "reason": WrongField(detail="say why, in words", pointer="/reason"),
    "title": WrongField(detail="a draft has a name, in at most 200 letters", pointer="/title"),
    "text": WrongField(detail="it is too long, or holds what cannot be stored", pointer="/text"),
}


@router.get("/versions", response=reads(Versions, 404), operation_id="list_versions")
def list_all(request: HttpRequest, which: Annotated[WhichVersions, Query(...)]) -> HttpResponse:
    """List the versions, those that are live last first."""
    whole(caller_of(request))
    after = place_of(which.after)
    with reading(request) as tx:
        lines = list_versions(tx, caller_of(request).program_id)
    rest = [line for line in lines if after is None or (line.live_from, line.version) < after]
    rows, last = page_of(rest, which.limit)
    return told(
        Versions(
            versions=[_line(line) for line in rows],
            next=None if last is None else cursor_of(last.live_from, last.version),
        )
    )


@router.get("/versions/{version}", response=reads(VersionText, 404), operation_id="get_version")
def get_version(request: HttpRequest, version: VersionPath) -> HttpResponse:
    """Get a version with its text."""
    caller = whole(caller_of(request))
    with reading(request) as tx:
        line = _found(list_versions(tx, caller.program_id), version)
        text = written_text(tx, caller.program_id, _stored(tx, caller, version))
    return told(VersionText(**_line(line).model_dump(), text=text))


@router.get(
    "/versions/{version}/changes",
    response=reads(VersionChanges, 404, 409),
    operation_id="list_version_changes",
)
def list_changes(
    request: HttpRequest, version: VersionPath, which: Annotated[WhichChanges, Query(...)]
) -> HttpResponse:
    """Say in words what a version says otherwise than another."""
    caller = whole(caller_of(request))
    with reading(request) as tx:
        lines = list_versions(tx, caller.program_id)
        found = _found(lines, version)
        since = which.since or _before(lines, found)
        new = _read(_stored(tx, caller, version))
        old = new if since is None else _read(_stored(tx, caller, since))
    return told(
        VersionChanges(
            version=version, since=since, language=which.language, changes=summary(old, new, which.language)
        )
    )


@router.post("/versions/check", response=asks(Checked, 404), operation_id="check_text")
def check_text(request: HttpRequest, wanted: Annotated[Check, Body(...)]) -> HttpResponse:
    """Check a text: every mistake at once, or what it says otherwise than the live version."""
    program = whole(caller_of(request)).program
    made = check_draft(program, wanted.text)
    right = made if isinstance(made, Program) else None
    return told(
        Checked(
            valid=right is not None,
            sha256=right.sha if right is not None else None,
            mistakes=mistakes_of(made),
            changes=summary(program, right, wanted.language) if right is not None else [],
        )
    )


@router.post("/versions/{version}/call-off", response=changes(Version, 404), operation_id="call_off_version")
def call_off_version(
    request: HttpRequest, version: VersionPath, why: Annotated[Recall, Body(...)]
) -> HttpResponse:
    """Let a scheduled version not become live."""

    def work(doing: Doing) -> Version:
        whole(doing.caller)
        accepted(doing, call_off(doing.tx, doing.acting, version, why.reason))
        return _line(_found(list_versions(doing.tx, doing.program_id), version))

    return once(request, work)


@router.post(
    "/versions/{version}/roll-back",
    response=changes(Version, 404, status=201),
    operation_id="roll_back_to_version",
)
def roll_back_to(
    request: HttpRequest, version: VersionPath, why: Annotated[Recall, Body(...)]
) -> HttpResponse:
    """Make the text of a version that was live the next version, live at once."""

    def work(doing: Doing) -> Version:
        whole(doing.caller)
        done = roll_back(doing.tx, doing.acting, version, why.reason)
        accepted(doing, done)
        assert not isinstance(done, Refused)
        return _line(_found(list_versions(doing.tx, doing.program_id), done.version))

    return once(request, work, 201)


def whole(caller: Caller) -> Caller:
    """The caller, if its key is one of the whole program: a program's text names every place."""
    if not caller.place.whole:
        raise missing()
    return caller


def accepted(doing: Doing, done: object) -> None:
    """Answer what the engine refused."""
    if not isinstance(done, Refused):
        return
    if done.reason in OF_RIGHTS:
        note_refusal(doing.program_id, doing.caller.name, REQUEST, "program", because=done.reason)
    if done.reason == "unknown":
        raise missing()
    if done.reason in _FIELDS:
        raise wrong([_FIELDS[done.reason]])
    if done.problems:
        raise wrong(
            WrongField(detail=str(each), pointer="/live_from" if each.where == "live_from" else "/text")
            for each in done.problems
        )
    status, kind = (403, "place") if done.reason == "role" else (409, "refused")
    raise Trouble(status, kind, _SAID[done.reason], reason=done.reason)


def mistakes_of(made: Program | Sequence[Problem]) -> list[Mistake]:
    """Everything that is wrong with a text, each with its line."""
    if isinstance(made, Program):
        return []
    return [
        Mistake(
            line=each.line,
            where=" ".join(part for part in (each.file, each.where) if part),
            what=each.what,
            hint=each.hint,
        )
        for each in made
    ]


def _found(lines: Sequence[VersionLine], version: int) -> VersionLine:
    line = next((each for each in lines if each.version == version), None)
    if line is None:
        raise missing()
    return line


def _before(lines: Sequence[VersionLine], found: VersionLine) -> int | None:
    """The version that was live before it; for one that was called off, that would have been."""
    standing = [line for line in lines if line.called_by is None or line is found]
    return next((earlier.version for later, earlier in pairwise(standing) if later is found), None)


def _stored(tx: Transaction, caller: Caller, version: int) -> StoredVersion:
    found = load_versions(tx, caller.program_id, [version])
    if not found:
        raise missing()
    return found[0]


def _read(stored: StoredVersion) -> Program:
    made = read_program(stored.bundle, None, stored.key)
    if not isinstance(made, Program):
        detail = f"Version {stored.version} cannot be read by this release"
        raise Trouble(409, "refused", detail, reason="version")
    return made


def _line(line: VersionLine) -> Version:
    return Version(
        version=line.version,
        state=cast("VersionState", line.state(utc_now())),
        sha256=line.sha,
        live_from=line.live_from,
        live_to=line.live_to,
        published_at=line.published_at,
        made_by=line.published_by,
        signed_by=list(line.signed_by),
        request=None if line.request_id is None else show("apr", line.request_id),
        of_version=line.of_version,
        reason=line.reason,
        called_off_by=line.called_by,
        called_off_because=line.called_reason,
    )
