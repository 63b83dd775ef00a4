"""What each change means: a connection's declaration as a form or as its text, beside the last requests.

Both say the same text: what a form changes is written where it differs and nowhere else. An edited
declaration is looked at before anybody keeps it, while somebody types; kept, it is a draft of the program's
own text.
"""

from dataclasses import dataclass, field, replace

from django.http import Http404, HttpResponse, JsonResponse

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import (
    Conflict,
    Written,
    begin_draft,
    check_draft,
    save_draft,
    written_text,
)
from guerdon.program.editing.connection_forms import (
    ROWS_MAX,
    ConnectionForm,
    read_connection,
    write_connection,
)
from guerdon.program.editing.names import names_of
from guerdon.program.editing.rewriting import lines_at, rewritten
from guerdon.program.editing.spans import Plain, plain, spans_of
from guerdon.program.editing.splicing import spliced
from guerdon.program.editing.wording import in_flow
from guerdon.program.model import Connection, Program
from guerdon.store.programs import load_live
from guerdon.store.versions.drafts import DraftRow
from guerdon.text import formats
from guerdon.values.ids import show
from guerdon.values.problems import Problem
from guerdon.web.console.connections.mapping_fields import SPARE, Choices, Told, by_field, form_of
from guerdon.web.console.connections.pages import PATH, declared_of
from guerdon.web.console.connections.previews import Meant, previewed
from guerdon.web.console.connections.sayings import refusal_said
from guerdon.web.console.decisions.sayings import acting_at
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.rules.working import Working, keep, open_work

LETTERS_MAX = 60_000
LISTED = 50
ACTS = ("look", "draft", "as_text", "as_form", "more", "add.map", "add.deals")
REMOVES = ("remove.map.", "remove.deals.")


@dataclass(frozen=True)
class Sheet:
    """A declaration that is worked on: as it is typed, within which text, and what that comes to."""

    desk: Desk
    declared: Connection
    # The draft that it is changed in; none where it begins with the live version.
    work: Working | None
    # The program's text as it is kept, and the declaration in it as it is now.
    program_text: str
    text: str
    # What the page began with: the draft's edition, or the live version's hash.
    upon: str
    form: ConnectionForm = field(default_factory=ConnectionForm)
    as_text: bool = False
    typed: bool = False

    @property
    def key(self) -> str:
        """The connection's key."""
        return self.declared.key

    @property
    def said(self) -> Plain | None:
        """What the declaration says; None where it cannot be read as one."""
        root = spans_of(self.text) if len(self.text) <= LETTERS_MAX else None
        said = plain(root) if root is not None else None
        return said[self.key] if isinstance(said, dict) and list(said) == [self.key] else None

    @property
    def edited(self) -> str | None:
        """The program's text with this declaration in it, as it is typed, with its comments."""
        path, said = ("connections", self.key), self.said
        made = None if said is None else rewritten(self.program_text, path, said)
        if made is None or self.text == lines_at(self.program_text, path):
            return made
        return spliced(self.program_text, path, self.text) or made


@staff_page
def mapping(desk: Desk, connection: str) -> HttpResponse:
    """Show it, look at an edited one, or make that a draft."""
    declared = declared_of(desk, connection)
    sheet = _sheet(desk, declared)
    if desk.request.method != "POST":
        as_text = desk.request.GET.get("view") == "text"
        made = desk.program if sheet.work is None else check_draft(desk.program, sheet.program_text)
        return _shown(_with(sheet, sheet.text, as_text=as_text), made)
    act = desk.request.POST.get("act", "")
    if act not in ACTS and not act.startswith(REMOVES):
        raise Http404
    sheet = _typed(sheet)
    edited = sheet.edited
    made = check_draft(desk.program, edited) if edited is not None else [_unreadable(sheet)]
    if "application/json" in desk.request.headers.get("Accept", ""):
        return _told(sheet, made)
    if act == "draft" and edited is not None:
        return _kept(sheet, edited, made)
    if act in {"as_text", "as_form"} and (edited is not None or act == "as_text"):
        return _shown(_with(sheet, sheet.text, as_text=act == "as_text"), made)
    return _shown(sheet, made, refused="" if edited is not None else "text")


def _sheet(desk: Desk, declared: Connection) -> Sheet:
    """The declaration as it is kept: of a draft, or of the live version."""
    given = desk.request.POST if desk.request.method == "POST" else desk.request.GET
    if given.get("draft"):
        work = open_work(desk, given["draft"])
        text, upon = work.text, str(work.draft.edition)
    else:
        work = None
        with desk.transaction() as tx:
            stored = load_live(tx, desk.program_id, desk.now)
            if stored is None:
                raise Http404
            text, upon = written_text(tx, desk.program_id, stored), stored.sha
    if desk.request.method == "POST":
        # Whoever looks at it again still began with what they did.
        upon = given.get("live" if work is None else "edition", "")
    lines = lines_at(text, ("connections", declared.key))
    if not lines:
        raise Http404
    return Sheet(desk, declared, work, text, lines, upon)


def _with(sheet: Sheet, text: str, *, as_text: bool = False) -> Sheet:
    made = replace(sheet, text=text)
    # What cannot be read has no form.
    return replace(
        made,
        form=read_connection(made.said) if made.said is not None else ConnectionForm(),
        as_text=as_text or made.said is None,
    )


def _typed(sheet: Sheet) -> Sheet:
    """What somebody typed: a text, or a form over the text that it began with."""
    given = sheet.desk.request.POST
    name = "base" if "base" in given else "text"
    text = given.get(name, "").replace("\r\n", "\n").replace("\0", "")
    began = replace(_with(sheet, text, as_text=name == "text"), typed=True)
    if began.as_text or began.said is None:
        return began
    names = names_of(_root(sheet.program_text))
    form = form_of(given, began.form, names)
    said = write_connection(form, began.said)
    changed = rewritten(text, (sheet.key,), said)
    # Where its letters cannot be kept it is written anew.
    if changed is None:
        changed = f"{sheet.key}: {in_flow(said)}\n"
    return replace(began, text=changed, form=form.written())


def _root(text: str) -> Plain | None:
    spans = spans_of(text)
    return plain(spans) if spans is not None else None


def _unreadable(sheet: Sheet) -> Problem:
    if len(sheet.text) > LETTERS_MAX:
        what = f"this is longer than {LETTERS_MAX} characters"
        return Problem("connections", None, what, "change it in the text of a draft")
    return Problem("connections", None, "this is not the declaration of the connection", "begin with its key")


def _kept(sheet: Sheet, edited: str, made: Program | list[Problem]) -> HttpResponse:
    """Keep it in its draft, or in one that begins with it."""
    desk, given = sheet.desk, sheet.desk.request.POST
    if sheet.work is not None:
        done = keep(sheet.work, given, edited)
        if isinstance(done, Conflict | Refused):
            answer = _shown(sheet, made, told=sheet.work.refusal(done))
            answer.status_code = 409 if isinstance(done, Conflict) else 422
            return answer
        there = desk.address(f"{PATH}/{sheet.key}/mapping", draft=sheet.work.drf)
        return HttpResponse(status=303, headers={"Location": there})
    if not isinstance(made, Program):
        return _shown(sheet, made, refused="text")
    with desk.transaction() as tx:
        stored = load_live(tx, desk.program_id, desk.now)
        assert stored is not None, "it was there a moment ago"
        if sheet.upon != stored.sha or made.sha == stored.sha:
            return _shown(sheet, made, refused="newer" if sheet.upon != stored.sha else "unchanged")
        acting = acting_at(desk)
        number = begin_draft(tx, acting, sheet.key, stored)
        if not isinstance(number, int):
            return _shown(sheet, made, refused="role")
        saved = save_draft(tx, acting, number, Written(1, sheet.key, edited))
        assert isinstance(saved, DraftRow), saved
    return HttpResponse(
        status=303, headers={"Location": desk.address(f"program/drafts/{show('drf', number)}")}
    )


def _told_of(sheet: Sheet, made: Program | list[Problem]) -> tuple[Told, int]:
    """Mistakes at their fields, and how many stand elsewhere."""
    problems = made if isinstance(made, list) else []
    where = f"connections.{sheet.key}"
    ours = [
        each for each in problems if each.where == where or each.where.startswith((f"{where}.", f"{where}["))
    ]
    return by_field(ours, where, sheet.form), len(problems) - len(ours)


def _told(sheet: Sheet, made: Program | list[Problem]) -> HttpResponse:
    """What somebody reads while they type: mistakes at their fields, and what would come of what came."""
    desk = sheet.desk
    problems = made if isinstance(made, list) else []
    told, _ = _told_of(sheet, made)
    lines = previewed(desk, sheet.declared, made if isinstance(made, Program) else None)
    answer = JsonResponse(
        {
            "told": {
                name: [{"what": each.what, "hint": each.hint} for each in found]
                for name, found in told.items()
            },
            "count": formats.number(len(problems), desk.locale) if problems else "",
            "problems": [
                {"where": each.where, "what": each.what, "hint": each.hint} for each in problems[:LISTED]
            ],
            "rows": {line.id: _row_told(line.then, line.now) for line in lines},
        }
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _row_told(then: Meant | None, now: Meant) -> dict[str, object] | None:
    if then is None:
        return None
    return {"word": then.word, "kind": then.kind, "fields": then.fields, "changed": then != now}


def _shown(sheet: Sheet, made: Program | list[Problem], *, refused: str = "", told: str = "") -> HttpResponse:
    desk, declared = sheet.desk, sheet.declared
    names = names_of(_root(sheet.program_text))
    mistakes, others = _told_of(sheet, made)
    answer = desk.show(
        "console/connections/mapping.html",
        "connections",
        declared=declared,
        sheet=sheet,
        form=sheet.form,
        here_path=f"{PATH}/{declared.key}/mapping",
        rows=previewed(desk, declared, made if isinstance(made, Program) else None),
        looked=isinstance(made, Program),
        told=mistakes,
        problems=made if isinstance(made, list) else [],
        others=others,
        choices=Choices(names, desk.locale),
        spare=SPARE,
        rows_max=ROWS_MAX,
        written=_written(sheet),
        opens_connection=desk.may("setup"),
        writes=desk.may("rules", "write") if sheet.work is None else sheet.work.writes,
        drafts=desk.may("rules", "write"),
        refused=told or (refusal_said(refused, desk.locale) if refused else ""),
    )
    answer.status_code = {"": 200, "newer": 409}.get(refused, 422)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _written(sheet: Sheet) -> list[tuple[str, str]]:
    """What is written at the vendor: (what of, into which of its properties or events)."""
    said = sheet.said
    write = said.get("write") if isinstance(said, dict) else None
    if not isinstance(write, dict):
        return []
    found = []
    for group in write.values():
        for noun, name in group.items() if isinstance(group, dict) else ():
            each = name.items() if isinstance(name, dict) else [("", name)]
            found += [
                (f"{noun} {unit}".strip(), to if isinstance(to, str) else in_flow(to)) for unit, to in each
            ]
    return found
