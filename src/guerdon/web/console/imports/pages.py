"""The page of imports: what was imported, and a file that is tried: read, compared, kept to be confirmed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.files.codes import FILE_BYTES_MAX
from guerdon.engine.files.members import OPTIONAL, REQUIRED
from guerdon.engine.files.rates import HEADER, rehearse_rates
from guerdon.engine.files.refusing import Refusal
from guerdon.engine.files.taken import FileTaken
from guerdon.engine.imports.deciding import Brought, acts_of, keep_trial, trial_of, unconfirmed
from guerdon.engine.rehearsing import ROWS_MAX, Rehearsed, Unread, read_text, rehearse_members
from guerdon.queries.imports.told import Told, list_imports
from guerdon.store.database import Transaction
from guerdon.store.drops.taken import DropRow, list_drops
from guerdon.store.imports.runs import Import, find_import, list_runs
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.files.refused_rows import refused_row_text
from guerdon.values.ids import show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.imports.sayings import (
    act_said,
    column_said,
    kind_said,
    state_said,
    unread_said,
    wrong_said,
)
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from typing import BinaryIO

SHOWN = 50
Kind = Literal["members", "rates"]
KINDS: tuple[Kind, ...] = ("members", "rates")


@dataclass(frozen=True, slots=True)
class Tried:
    """A file that was tried: of what, how its sender calls it, what it would do; as it is kept, if it is."""

    kind: Kind
    file: str
    run: Import | None = None
    members: Rehearsed | None = None
    rates: FileTaken | None = None


@staff_page
def imports(desk: Desk) -> HttpResponse:
    """Show what was imported, or try a file."""
    if desk.request.method != "POST":
        return _shown(desk)
    kind = next((each for each in KINDS if each == desk.request.POST.get("kind")), None)
    if desk.request.POST.get("act") != "try" or kind is None:
        raise Http404
    if not desk.scope.whole:
        # What a file would change is told of all members.
        raise PermissionDenied
    tried = _tried(desk, kind)
    return _shown(desk, refused=tried) if isinstance(tried, str) else _shown(desk, tried)


def _tried(desk: Desk, kind: Kind) -> Tried | str:
    file = desk.request.FILES.get("file")
    if file is None or not file.size:
        return unread_said("empty", None, desk.locale)
    if file.size > FILE_BYTES_MAX:
        return unread_said("large", FILE_BYTES_MAX >> 20, desk.locale)
    data = cast("BinaryIO", file.file).read(FILE_BYTES_MAX + 1)
    name = file.name or ""
    with desk.transaction() as tx:
        if kind == "members":
            found = rehearse_members(tx, room().vault, (desk.program_id, desk.program), data)
            if isinstance(found, Unread):
                return unread_said(found.why, found.line, desk.locale)
            return Tried(kind, name, _kept(desk, tx, (kind, name, data), found), members=found)
        text = read_text(data)
        if isinstance(text, Unread):
            return unread_said(text.why, text.line, desk.locale)
        rates = rehearse_rates(tx, (desk.program_id, desk.program), data, desk.now)
        return Tried(kind, name, _kept(desk, tx, (kind, name, data), rates), rates=rates)


def _kept(
    desk: Desk, tx: Transaction, file: tuple[Kind, str, bytes], found: Rehearsed | FileTaken
) -> Import | None:
    kind, name, data = file
    brought = Brought(kind, name, data, desk.actor)
    number = keep_trial(tx, room().vault, desk.program_id, brought, found, desk.now)
    return None if number is None else find_import(tx, desk.program_id, number)


def _shown(desk: Desk, tried: Tried | None = None, refused: str = "") -> HttpResponse:
    told: list[Told] = []
    drops: list[DropRow] = []
    runs: list[Import] = []
    who: dict[str, str] = {}
    if desk.scope.whole:
        with desk.transaction() as tx:
            runs = list_runs(tx, desk.program_id, SHOWN)
            # What was confirmed here is told above, with its receipt.
            own = {each.ended_at for each in runs}
            told = [each for each in list_imports(tx, desk.program.key, SHOWN) if each.at not in own]
            drops = list_drops(tx, desk.program_id, SHOWN)
            who = names_of(tx, [*(each.by for each in told), *(each.made_by for each in runs)])
    run = tried.run if tried else None
    why = unconfirmed(run, desk.actor) if run else None
    answer = desk.show(
        "console/imports/page.html",
        "imports",
        told=told,
        runs=runs,
        run=run,
        acts=acts_of(run, desk.actor) if run else [],
        act_said=lambda act: act_said(act, desk.locale),
        unconfirmed=wrong_said(why, desk.locale) if why else "",
        trial_of=trial_of,
        run_said=lambda each: state_said(each.state, desk.locale),
        refusals=_refusals(desk, tried),
        drops=drops,
        who=who,
        part=not desk.scope.whole,
        tried=tried,
        refused=refused,
        kinds=KINDS,
        kind_said=lambda kind: kind_said(kind, desk.locale),
        column_said=lambda name: column_said(name, desk.locale),
        columns={
            "members": ",".join((*REQUIRED, *OPTIONAL, *desk.program.attributes)),
            "rates": ",".join(HEADER),
        },
        rows_max=ROWS_MAX,
        megabytes=FILE_BYTES_MAX >> 20,
        problems_shown=SHOWN,
        writes=desk.may("setup", "write") and desk.scope.whole,
        reads_members=desk.may("members"),
        shown=show,
    )
    answer.status_code = 422 if refused else 200
    # It says what stands in a file that nobody kept.
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refusals(desk: Desk, tried: Tried | None) -> list[str]:
    """Why rows would be refused, in the reader's language."""
    found = tried and (tried.members or tried.rates)
    if not found:
        return []
    spoken = words(desk.locale, "reasons")
    return [
        spoken.gettext("line %(line)s, %(said)s")
        % {
            "line": formats.quoted(each.line or 1, desk.locale),
            "said": refused_row_text(spoken, each.why, each.said, each.where),
        }
        for each in found.problems
        if isinstance(each, Refusal)
    ]
