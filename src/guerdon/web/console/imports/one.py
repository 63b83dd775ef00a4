"""The page of one import: what its trial found, who confirms it, how far it is, and its receipt."""

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase

from guerdon.engine.imports.deciding import ACTS, Wrong, acts_of, do, unconfirmed
from guerdon.engine.imports.rows import open_row
from guerdon.store.imports.refusals import RefusalRow, list_refusals
from guerdon.store.imports.runs import Import, find_import
from guerdon.text.catalogs import words
from guerdon.text.exporting import Cell
from guerdon.text.files.refused_rows import refused_row_text
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.imports.progress import progress_context
from guerdon.web.console.imports.sayings import act_said, wrong_said
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.downloads import whole_csv
from guerdon.web.lookups import note_export
from guerdon.web.rooms import room

REFUSALS_SHOWN, REFUSALS_MAX = 50, 200_000
STATUS = {"state": 409, "own": 403, "nothing": 422}
REFUSED, RECEIPT = "refused.csv", "receipt.csv"


@staff_page
def one_import(desk: Desk, run: str) -> HttpResponse:
    """Show an import, confirm it, or drop it."""
    found = _found(desk, run)
    if desk.request.method != "POST":
        return _shown(desk, found)
    act = next((each for each in ACTS if each == desk.request.POST.get("act")), None)
    if act is None:
        raise Http404
    if not desk.scope.whole:
        raise PermissionDenied
    with desk.transaction() as tx:
        done = do(tx, (desk.program_id, found.id), act, desk.actor, desk.now)
    if isinstance(done, Wrong):
        return _shown(desk, _found(desk, run), done)
    return HttpResponse(status=303, headers={"Location": desk.address(f"imports/{run}")})


@staff_page
def import_file(desk: Desk, run: str, file: str) -> HttpResponseBase:
    """Give an import's receipt, or its refused rows with the reasons in the reader's language."""
    found = _found(desk, run)
    if file == RECEIPT and found.ended_at is not None:
        return whole_csv(run, _receipt(desk, found))
    if file != REFUSED:
        raise Http404
    note_export(desk.program_id, desk.actor, f"imports/{run}", "csv", {})
    with desk.transaction() as tx:
        rows = list_refusals(tx, desk.program_id, found.id, REFUSALS_MAX)
    return whole_csv(f"{run}-refused", _refused(desk, found, rows))


def reasons_of(desk: Desk, run: Import, rows: list[RefusalRow]) -> list[tuple[int, list[str]]]:
    """Refused rows: the line, and why, in the reader's language."""
    return [(row.line, _reasons(desk, run, row)) for row in rows]


def _found(desk: Desk, run: str) -> Import:
    number = read("imp", run)
    if number is None or not desk.scope.whole:
        raise Http404
    with desk.transaction() as tx:
        found = find_import(tx, desk.program_id, number)
    if found is None:
        raise Http404
    return found


def _reasons(desk: Desk, run: Import, row: RefusalRow) -> list[str]:
    spoken = words(desk.locale, "reasons")
    said = open_row(room().vault, (run.program_id, run.id), row).said
    return [
        refused_row_text(spoken, why, values, column)
        for why, values, column in zip(row.reasons, said, row.columns, strict=True)
    ]


def _refused(desk: Desk, run: Import, rows: list[RefusalRow]) -> Iterator[list[Cell]]:
    """The rows as the file has them, for whoever may bring a file; with the line and the reasons."""
    whole = desk.may("setup", "write")
    yield ["line", "reasons", *(["row"] if whole else [])]
    for row in rows:
        kept = open_row(room().vault, (run.program_id, run.id), row)
        yield [row.line, "; ".join(_reasons(desk, run, row)), *([kept.row] if whole else [])]


def _receipt(desk: Desk, run: Import) -> Iterator[list[Cell]]:
    with desk.transaction() as tx:
        who = names_of(tx, [each for each in (run.made_by, run.confirmed_by) if each])
    yield ["what", "value"]
    yield ["import", show("imp", run.id)]
    yield ["kind", run.kind]
    yield ["file", run.file]
    yield ["sha256", run.sha.hex()]
    yield ["bytes", run.size]
    yield ["brought_by", who.get(run.made_by, run.made_by)]
    yield ["brought_at", run.made_at]
    yield ["confirmed_by", who.get(run.confirmed_by or "", run.confirmed_by or "")]
    yield ["confirmed_at", run.confirmed_at]
    yield ["ended_at", run.ended_at]
    yield ["state", run.state]
    yield ["rows", run.total]
    for name in ("new", "changed", "same", "repeated", "refused"):
        yield [name, getattr(run, name)]


def _shown(desk: Desk, run: Import, wrong: Wrong | None = None) -> HttpResponse:
    with desk.transaction() as tx:
        names = names_of(tx, [each for each in (run.made_by, run.confirmed_by) if each])
        rows = list_refusals(tx, desk.program_id, run.id, REFUSALS_SHOWN)
    imp = show("imp", run.id)
    writes = desk.may("setup", "write")
    why = unconfirmed(run, desk.actor) if writes else None
    answer = desk.show(
        "console/imports/one.html",
        "imports",
        imp=imp,
        acts=acts_of(run, desk.actor) if writes else [],
        act_said=lambda act: act_said(act, desk.locale),
        refused=wrong_said(wrong.why, desk.locale) if wrong else "",
        unconfirmed=wrong_said(why, desk.locale) if why else "",
        who=lambda actor: names.get(actor, actor),
        refusals=reasons_of(desk, run, rows),
        refused_file=desk.address(f"imports/{imp}/{REFUSED}"),
        receipt_file=desk.address(f"imports/{imp}/{RECEIPT}"),
        reads_members=desk.may("members"),
        shown=show,
        stream=desk.address("stream", view="import", about=imp, after=0) if run.state == "running" else "",
        **progress_context(run, desk.locale, is_page=True),
    )
    answer.status_code = STATUS[wrong.why] if wrong else 200
    answer.headers["Cache-Control"] = "no-store"
    return answer
