"""What each change means: a connection's declaration beside the last requests, and an edited one's.

An edited declaration is looked at before anybody keeps it; kept, it is a draft of the program's own text.
Values that may be somebody's are not shown here: what kind of thing came is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from django.http import Http404, HttpResponse

from guerdon.engine.arrivals import Element, Errand, Ignored, Meaning, Unusable
from guerdon.engine.bodies import open_body
from guerdon.engine.process import POISON
from guerdon.engine.versions.drafts import Written, begin_draft, check_draft, save_draft, written_text
from guerdon.program.editing.rewriting import lines_at, rewritten
from guerdon.program.editing.spans import plain, spans_of
from guerdon.program.model import Connection, Program
from guerdon.queries.crm.standing import Kept, list_last
from guerdon.store.programs import load_live
from guerdon.store.sealing import Unreadable
from guerdon.store.versions.drafts import DraftRow
from guerdon.values.ids import show
from guerdon.values.problems import Problem
from guerdon.web.console.connections.pages import PATH, declared_of
from guerdon.web.console.connections.sayings import meaning_said, refusal_said
from guerdon.web.console.decisions.sayings import acting_at
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer
from guerdon.web.readers import MAPPERS
from guerdon.web.rooms import room

LAST = 50
ROWS_SHOWN = 100
LETTERS_MAX = 60_000
# Of an element, what says what kind of thing it is and nothing of whom.
TOLD = ("subscriptionType", "objectTypeId", "propertyName")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that came: what kind it is, what it means by the live version, and by the edited one."""

    told: str
    kept: Kept
    now: tuple[str, str]
    then: tuple[str, str] | None


@staff_page
def mapping(desk: Desk, connection: str) -> HttpResponse:
    """Show it, look at an edited one, or make that a draft."""
    declared = declared_of(desk, connection)
    text = _text(desk)
    path = ("connections", declared.key)
    if desk.request.method != "POST":
        return _shown(desk, declared, lines_at(text, path))
    act = desk.request.POST.get("act", "")
    if act not in {"look", "draft"}:
        raise Http404
    typed = desk.request.POST.get("text", "")[:LETTERS_MAX].replace("\r\n", "\n").replace("\0", "")
    edited = _edited(text, declared.key, typed)
    made = check_draft(desk.program, edited) if edited is not None else [_unreadable()]
    if not isinstance(made, Program):
        return _shown(desk, declared, typed, problems=made, refused="text")
    if act == "look":
        return _shown(desk, declared, typed, made)
    assert edited is not None
    return _drafted(desk, declared, typed, edited, made)


def _text(desk: Desk) -> str:
    with desk.transaction() as tx:
        stored = load_live(tx, desk.program_id, desk.now)
        if stored is None:
            raise Http404
        return written_text(tx, desk.program_id, stored)


def _edited(text: str, key: str, typed: str) -> str | None:
    """The program's text with another declaration of the connection; None where it cannot be read."""
    root = spans_of(typed)
    said = plain(root) if root is not None else {}
    if not isinstance(said, dict) or list(said) != [key]:
        return None
    return rewritten(text, ("connections", key), said[key])


def _unreadable() -> Problem:
    return Problem("connections", None, "this is not the declaration of the connection", "begin with its key")


def _drafted(desk: Desk, declared: Connection, typed: str, edited: str, made: Program) -> HttpResponse:
    acting = acting_at(desk)
    with desk.transaction() as tx:
        stored = load_live(tx, desk.program_id, desk.now)
        assert stored is not None, "it was there a moment ago"
        if made.sha == stored.sha:
            return _shown(desk, declared, typed, made, refused="unchanged")
        number = begin_draft(tx, acting, declared.key, stored)
        if not isinstance(number, int):
            return _shown(desk, declared, typed, made, refused="role")
        saved = save_draft(tx, acting, number, Written(1, declared.key, edited))
        assert isinstance(saved, DraftRow), saved
    return HttpResponse(
        status=303, headers={"Location": desk.address(f"program/drafts/{show('drf', number)}")}
    )


def _shown(
    desk: Desk,
    declared: Connection,
    text: str,
    made: Program | None = None,
    *,
    problems: Sequence[Problem] = (),
    refused: str = "",
) -> HttpResponse:
    with desk.transaction() as tx:
        last = list_last(tx, declared.key, LAST)
    lines = [line for kept in last for line in _lines(desk, declared, kept, made)]
    answer = desk.show(
        "console/connections/mapping.html",
        "connections",
        declared=declared,
        here_path=f"{PATH}/{declared.key}/mapping",
        text=text,
        rows=lines[:ROWS_SHOWN],
        looked=made is not None,
        problems=problems,
        opens_connection=desk.may("setup"),
        writes=desk.may("rules", "write"),
        refused=refusal_said(refused, desk.locale) if refused else "",
    )
    answer.status_code = 422 if refused else 200
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _lines(desk: Desk, declared: Connection, kept: Kept, made: Program | None) -> list[Line]:
    try:
        body = open_body(room().vault, desk.program_id, declared.key, kept.sealed)
    except Unreadable:
        return []
    now = _mapped(desk.program, declared, body)
    then = _mapped(made, declared, body) if made is not None else None
    told = _told(body)
    return [
        Line(
            told[place] if place < len(told) else "",
            kept,
            _meant(desk, element),
            None if then is None else _meant(desk, then[place] if place < len(then) else None),
        )
        for place, element in enumerate(now)
    ]


def _mapped(program: Program, declared: Connection, body: bytes) -> Sequence[Element]:
    if declared.key not in program.connections:
        return ()
    try:
        return MAPPERS[declared.vendor](program, declared.key, body)
    except POISON:
        return ()


def _told(body: bytes) -> list[str]:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return []
    elements = said if isinstance(said, list) else [said]
    return [
        " ".join(str(each[name])[:100] for name in TOLD if each.get(name)) if isinstance(each, dict) else ""
        for each in elements
    ]


def _meant(desk: Desk, element: Element | None) -> tuple[str, str]:
    """What it is, and of what kind: of its values nothing."""
    names = Namer(desk.program, desk.locale)
    match element:
        case Meaning():
            return meaning_said("event", desk.locale), element.type
        case Errand():
            return meaning_said("errand", desk.locale), element.kind
        case Ignored():
            return meaning_said("ignored", desk.locale), ""
        case Unusable():
            return names.parked(element.reason).name, ""
    return meaning_said("nothing", desk.locale), ""
