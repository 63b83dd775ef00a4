"""The program page: every version with its life, the drafts beside them, and the ways back.

A version's own page says what it changed, in words. Nothing here makes a new text live by one person's word;
what was live before may be again (`engine/versions/ways_back.py`).
"""

from collections.abc import Callable
from itertools import pairwise

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse

from guerdon.access.grants import WHOLE_PROGRAM
from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import begin_draft, may_write, written_text
from guerdon.engine.versions.ways_back import call_off, may_publish, roll_back
from guerdon.program.diff import summary
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.versions import VersionLine, list_versions
from guerdon.store.database import Transaction
from guerdon.store.programs import load_versions
from guerdon.store.versions.drafts import list_drafts
from guerdon.values.ids import show
from guerdon.web.console.decisions.sayings import acting_at, note_refused
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.versions.sayings import names_of, refusal_said, state_said

CHANGES_SHOWN = 300


@staff_page
def versions(desk: Desk) -> HttpResponse:
    """Show all versions, or do something to one."""
    if desk.request.method != "POST":
        return _shown(desk)
    act = _ACTS.get(desk.request.POST.get("act", ""))
    if act is None:
        raise SuspiciousOperation
    with desk.transaction() as tx:
        done = act(desk, tx)
    if isinstance(done, Refused):
        note_refused(desk, "program", done)
        return _shown(desk, done)
    return HttpResponse(status=303, headers={"Location": desk.address(done)})


@staff_page
def version(desk: Desk, version: int) -> HttpResponse:
    """Show one version and what it changed, or give its text."""
    with desk.transaction() as tx:
        lines = list_versions(tx, desk.program_id)
        found = next((line for line in lines if line.version == version), None)
        if found is None:
            raise Http404
        before = _before(lines, found)
        stored = load_versions(tx, desk.program_id, [found.version, *([before.version] if before else [])])
        texts = {each.version: each for each in stored}
        if "text" in desk.request.GET and desk.scope == WHOLE_PROGRAM:
            return _text(written_text(tx, desk.program_id, texts[found.version]), desk, found.version)
        names = names_of(tx, [found.published_by, found.called_by, *found.signed_by])
    made, earlier = (
        read_program(texts[each.version].bundle, None, texts[each.version].key) if each else None
        for each in (found, before)
    )
    # Its text names every place; whoever sees a part of the program sees when it was live.
    whole = desk.scope == WHOLE_PROGRAM
    readable = isinstance(made, Program) and isinstance(earlier, Program)
    changes = summary(earlier, made, desk.locale) if readable else []  # type: ignore[arg-type]
    return desk.show(
        "console/program_version.html",
        "program",
        line=found,
        before=before,
        readable=readable,
        whole=whole,
        changes=changes[:CHANGES_SHOWN] if whole else [],
        more=max(len(changes) - CHANGES_SHOWN, 0),
        who=lambda actor: names.get(actor, actor),
        state_said=lambda state: state_said(state, desk.locale),
        publishes=may_publish(acting_at(desk)),
        apr=show("apr", found.request_id) if found.request_id is not None else "",
        now=desk.now,
    )


def _text(text: str, desk: Desk, number: int) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{desk.program.key}-{number}.yaml"'
    return answer


def _before(lines: list[VersionLine], found: VersionLine) -> VersionLine | None:
    """The version that was live before it; for one that was called off, that would have been."""
    standing = [line for line in lines if line.called_by is None or line is found]
    return next((earlier for later, earlier in pairwise(standing) if later is found), None)


def _begin(desk: Desk, tx: Transaction) -> str | Refused:
    number = desk.request.POST.get("version", "")
    stored = [line.version for line in list_versions(tx, desk.program_id) if str(line.version) == number]
    found = load_versions(tx, desk.program_id, stored)
    if not found:
        return Refused("unknown")
    done = begin_draft(tx, acting_at(desk), desk.request.POST.get("title", ""), found[0])
    return done if isinstance(done, Refused) else f"program/drafts/{show('drf', done)}"


def _call_off(desk: Desk, tx: Transaction) -> str | Refused:
    return call_off(tx, acting_at(desk), *_said(desk)) or "program"


def _roll_back(desk: Desk, tx: Transaction) -> str | Refused:
    done = roll_back(tx, acting_at(desk), *_said(desk))
    return done if isinstance(done, Refused) else "program"


def _said(desk: Desk) -> tuple[int, str]:
    number = desk.request.POST.get("version", "")
    plain = number.isascii() and number.isdecimal() and len(number) < 10
    return int(number) if plain else 0, desk.request.POST.get("reason", "")


_ACTS: dict[str, Callable[[Desk, Transaction], str | Refused]] = {
    "begin": _begin,
    "call_off": _call_off,
    "roll_back": _roll_back,
}


def _shown(desk: Desk, refused: Refused | None = None) -> HttpResponse:
    with desk.transaction() as tx:
        lines = list_versions(tx, desk.program_id)
        drafts = list_drafts(tx, desk.program_id)
        actors = [line.published_by for line in lines] + [draft.saved_by for draft in drafts]
        names = names_of(tx, [*actors, *(name for line in lines for name in line.signed_by)])
    live = next((line for line in lines if line.state(desk.now) == "live"), None)
    acting = acting_at(desk)
    answer = desk.show(
        "console/program.html",
        "program",
        lines=lines,
        drafts=drafts,
        live=live,
        shown=show,
        who=lambda actor: names.get(actor, actor),
        state_said=lambda state: state_said(state, desk.locale),
        publishes=may_publish(acting),
        writes=may_write(acting),
        refused=refusal_said(refused.reason, desk.locale) if refused else "",
        now=desk.now,
    )
    answer.status_code = 422 if refused else 200
    return answer
