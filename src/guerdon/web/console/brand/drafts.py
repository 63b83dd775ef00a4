"""The brand of a draft: how members would see it, and the files of it, which go into the draft's text.

What is brought is cleaned first, or refused with its reason; what is kept is a part of the text like any
other, so it is replayed, signed and published with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpResponse

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import Conflict, Written, check_draft, may_write, save_draft
from guerdon.program.brand.files import CHECKS, as_text, file_of
from guerdon.program.brand.nouns import Brand, File, Kind
from guerdon.program.brand.vectors import UnfitError
from guerdon.program.editing.rewriting import rewritten
from guerdon.program.editing.spans import Plain, find, plain, spans_of
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.versions.drafts import DraftRow, find_draft
from guerdon.values.ids import read, show
from guerdon.web.brands.serving import file_address, file_answer, sheet_answer
from guerdon.web.brands.sheets import files_of, sheets_of
from guerdon.web.console.brand.pages import Seen, shown
from guerdon.web.console.brand.sayings import file_said, hindrance_said
from guerdon.web.console.decisions.sayings import acting_at, note_refused
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.versions.sayings import refusal_said

PROBLEMS_SHOWN = 20
# What may be brought, by the key of its form.
KINDS: Mapping[str, Kind] = {"logo": "svg", "logo_dark": "svg", "icon": "png", "typeface": "woff2"}


@dataclass(frozen=True, slots=True)
class Slot:
    """A file that a brand may have: its key in the form, what it is called, where it lies, if it is there.

    `own`: whether this market has one of its own, which can be taken out.
    """

    key: str
    title: str
    hint: str
    accepts: str
    address: str
    own: bool


@staff_page
def draft_brand(desk: Desk, draft: str) -> HttpResponse:
    """Show the brand of a draft, or put a file into it or take one out."""
    found = _found(desk, draft)
    if desk.request.method != "POST":
        return _shown(desk, found)
    try:
        text = _changed(desk, found)
    except UnfitError as fault:
        return _shown(desk, found, fault)
    with desk.transaction() as tx:
        done = _saved(desk, tx, found, text)
    if isinstance(done, DraftRow):
        return HttpResponse(status=303, headers={"Location": desk.address(_path(found))})
    if isinstance(done, Refused):
        note_refused(desk, "program", done)
        return _shown(desk, found, UnfitError(refusal_said(done.reason, desk.locale), ""))
    return _shown(desk, done.now, UnfitError(hindrance_said("saved", desk.locale), ""), status=409)


@staff_page
def draft_sheet(desk: Desk, draft: str, mark: str) -> HttpResponse:
    """The style sheet of a draft's brand."""
    made = check_draft(desk.program, _found(desk, draft).text)
    sheet = sheets_of(made).get(mark) if isinstance(made, Program) else None
    if sheet is None:
        raise Http404
    return sheet_answer(sheet, shared=False)


@staff_page
def draft_file(desk: Desk, draft: str, mark: str, ending: str) -> HttpResponse:
    """A file of a draft's brand."""
    made = check_draft(desk.program, _found(desk, draft).text)
    file = files_of(made).get(mark) if isinstance(made, Program) else None
    return file_answer(file, ending, shared=False)


def _found(desk: Desk, draft: str) -> DraftRow:
    number = read("drf", draft)
    with desk.transaction() as tx:
        found = find_draft(tx, desk.program_id, number) if number is not None else None
    if found is None:
        raise Http404
    return found


def _path(found: DraftRow) -> str:
    return f"program/drafts/{show('drf', found.id)}/brand"


def _saved(desk: Desk, tx: Transaction, found: DraftRow, text: str) -> DraftRow | Conflict | Refused:
    given = desk.request.POST.get("edition", "")
    edition = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
    return save_draft(tx, acting_at(desk), found.id, Written(edition, found.title, text))


def _changed(desk: Desk, found: DraftRow) -> str:
    """The draft's text with a file in it, or without; raises `UnfitError`."""
    given, market = desk.request.POST, desk.cut.market or ""
    key = given.get("what", "")
    kind = KINDS.get(key)
    if kind is None or given.get("act") not in {"bring", "drop"}:
        raise Http404
    at = ("brand", "markets", market) if market else ("brand",)
    wanted: Plain | None = as_text(_brought(desk, kind)) if given.get("act") == "bring" else None
    path = (*at, key)
    if kind == "svg":
        wanted, path = _logo(found.text, (*at, "logo"), key, wanted), (*at, "logo")
    text = rewritten(found.text, path, wanted)
    if text is None:
        raise UnfitError(hindrance_said("tangled", desk.locale), "")
    return text


def _logo(text: str, path: tuple[str, ...], key: str, wanted: Plain | None) -> Plain | None:
    """What `logo` says with another one for light pages or for dark ones; None: nothing."""
    node = find(spans_of(text), path)
    there = plain(node) if node is not None else ""
    both: dict[str, Plain] = {}
    if there:
        both = dict(there) if isinstance(there, dict) else {"light": there}
    theme = "dark" if key == "logo_dark" else "light"
    if wanted is None:
        both.pop(theme, None)
    else:
        both[theme] = wanted
    if theme == "dark" and "light" not in both and wanted is not None:
        raise UnfitError("there is no logo yet to stand in place of", "bring the one for light pages first")
    if "light" not in both:
        return None
    return both if "dark" in both else both["light"]


def _brought(desk: Desk, kind: Kind) -> File:
    file = desk.request.FILES.get("file")
    # One byte more than there may be says enough.
    raw = file.read(CHECKS[kind][1] + 1) if file is not None else b""
    if not raw:
        raise UnfitError("no file was chosen", f"choose one like {CHECKS[kind][2]}")
    return file_of(kind, raw)


def _shown(
    desk: Desk, found: DraftRow, fault: UnfitError | None = None, status: int | None = None
) -> HttpResponse:
    made = check_draft(desk.program, found.text)
    problems = made if not isinstance(made, Program) else []
    # A text with mistakes is no program: what is live is shown, and that it is not this.
    program = made if isinstance(made, Program) else desk.program
    place = f"/console/{desk.program.key}/{_path(found)}"
    if not isinstance(made, Program):
        place = f"/brand/{desk.program.key}"
    market = desk.cut.market or ""
    answer = shown(
        desk,
        Seen(program, place, _path(found)),
        draft=found,
        drf=show("drf", found.id),
        files=_slots(desk, program.brand.of(market), program.brand.places_own(market), place),
        fault=fault,
        problems=problems[:PROBLEMS_SHOWN],
        writes=may_write(acting_at(desk)) and found.stands,
    )
    answer.status_code = status or (422 if fault is not None else 200)
    return answer


def _slots(desk: Desk, brand: Brand, own: Brand, place: str) -> list[Slot]:
    def all_of(one: Brand) -> tuple[File | None, ...]:
        return one.logo.light, one.logo.dark, one.icon, one.typeface

    return [
        Slot(key, *file_said(key, desk.locale), f".{kind}", file_address(file, place), mine is not None)
        for (key, kind), file, mine in zip(KINDS.items(), all_of(brand), all_of(own), strict=True)
    ]
