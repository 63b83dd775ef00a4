"""The page of imports: what was imported, and a file that is tried: read, compared, and not kept."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.files.codes import FILE_BYTES_MAX
from guerdon.engine.files.members import OPTIONAL, REQUIRED
from guerdon.engine.files.rates import HEADER, rehearse_rates
from guerdon.engine.files.taken import FileTaken
from guerdon.engine.rehearsing import ROWS_MAX, Rehearsed, Unread, read_text, rehearse_members
from guerdon.queries.imports.told import Told, list_imports
from guerdon.store.drops.taken import DropRow, list_drops
from guerdon.values.ids import show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.imports.sayings import column_said, kind_said, unread_said
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from typing import BinaryIO

SHOWN = 50
Kind = Literal["members", "rates"]
KINDS: tuple[Kind, ...] = ("members", "rates")


@dataclass(frozen=True, slots=True)
class Tried:
    """A file that was tried: of what, how its sender calls it, and what it would do."""

    kind: Kind
    file: str
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
            return Tried(kind, name, members=found)
        text = read_text(data)
        if isinstance(text, Unread):
            return unread_said(text.why, text.line, desk.locale)
        rates = rehearse_rates(tx, (desk.program_id, desk.program), data, desk.now)
        return Tried(kind, name, rates=rates)


def _shown(desk: Desk, tried: Tried | None = None, refused: str = "") -> HttpResponse:
    told: list[Told] = []
    drops: list[DropRow] = []
    who: dict[str, str] = {}
    if desk.scope.whole:
        with desk.transaction() as tx:
            told = list_imports(tx, desk.program.key, SHOWN)
            drops = list_drops(tx, desk.program_id, SHOWN)
            who = names_of(tx, [each.by for each in told])
    answer = desk.show(
        "console/imports/page.html",
        "imports",
        told=told,
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
