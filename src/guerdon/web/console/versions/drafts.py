"""A draft's page: its text in a plain field, every mistake with its line, and who may be asked to sign it.

Whoever saves upon what somebody else saved meanwhile is told who and when, and has both texts before them.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import (
    Conflict,
    Written,
    check_draft,
    may_write,
    missing_of,
    put_away_draft,
    save_draft,
    submit_draft,
)
from guerdon.program.diff import summary
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.versions.drafts import DraftRow, find_draft
from guerdon.values.ids import read, show
from guerdon.web.console.decisions.sayings import acting_at, note_refused
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.versions.sayings import names_of, refusal_said, state_said

CHANGES_SHOWN = 300
PROBLEMS_SHOWN = 200

Done = str | Conflict | Refused


@staff_page
def draft(desk: Desk, draft: str) -> HttpResponse:
    """Show a draft, or save it, submit it, put it away."""
    number = read("drf", draft)
    with desk.transaction() as tx:
        found = find_draft(tx, desk.program_id, number) if number is not None else None
    if found is None:
        raise Http404
    if desk.request.method != "POST":
        return _shown(desk, found)
    with desk.transaction() as tx:
        done = _done(desk, tx, found)
    if isinstance(done, str):
        return HttpResponse(status=303, headers={"Location": desk.address(done)})
    if isinstance(done, Refused):
        note_refused(desk, "program", done)
    return _shown(desk, found, done)


def _done(desk: Desk, tx: Transaction, found: DraftRow) -> Done:
    given, acting = desk.request.POST, acting_at(desk)
    here = f"program/drafts/{show('drf', found.id)}"
    edition = _number(given.get("edition", ""))
    match given.get("act", ""):
        case "save":
            said = Written(edition, given.get("title", ""), given.get("text", ""))
            done = save_draft(tx, acting, found.id, said)
            return here if isinstance(done, DraftRow) else done
        case "submit":
            live_from = _moment(desk)
            if isinstance(live_from, Refused):
                return live_from
            asked = submit_draft(tx, acting, (found.id, edition), given.get("reason", "").strip(), live_from)
            if isinstance(asked, Refused | Conflict):
                return asked
            return f"decisions/{show('apr', asked.request_id)}"
        case "put_away":
            return put_away_draft(tx, acting, found.id, given.get("reason", "").strip()) or "program"
        case _:
            raise Http404


def _moment(desk: Desk) -> datetime | Refused | None:
    """From when it shall be live, by the program's clock; None for as soon as it is signed."""
    typed = desk.request.POST.get("live_from", "").strip()
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return Refused("moment")
    if moment.tzinfo is not None or abs(moment.year - desk.now.year) > 2:
        return Refused("moment")
    return moment.replace(tzinfo=ZoneInfo(desk.program.time_zone))


def _shown(desk: Desk, found: DraftRow, done: Conflict | Refused | None = None) -> HttpResponse:
    typed = desk.request.POST if done is not None else {}
    now = done.now if isinstance(done, Conflict) else found
    text = typed.get("text", now.text)
    # What is refused for a text that was never kept is wrong in what was typed.
    made = check_draft(desk.program, text)
    problems = made if not isinstance(made, Program) else []
    if isinstance(done, Refused) and done.problems:
        problems = list(done.problems)
    changes = summary(desk.program, made, desk.locale) if isinstance(made, Program) else []
    with desk.transaction() as tx:
        names = names_of(tx, [now.saved_by, now.created_by])
        missing = missing_of(tx, acting_at(desk), made) if isinstance(made, Program) and changes else ""
    answer = desk.show(
        "console/program_draft.html",
        "program",
        draft=now,
        drf=show("drf", now.id),
        apr=show("apr", now.request_id) if now.request_id is not None else "",
        state=state_said("review" if now.waits else "draft", desk.locale),
        text=text,
        title=typed.get("title", now.title),
        typed={name: typed.get(name, "") for name in ("live_from", "reason")},
        conflict=isinstance(done, Conflict),
        refused=refusal_said(done.reason, desk.locale) if isinstance(done, Refused) else "",
        problems=problems[:PROBLEMS_SHOWN],
        more=max(len(problems) - PROBLEMS_SHOWN, 0),
        unrehearsed=refusal_said(f"replay_{missing}", desk.locale) if missing else "",
        changes=changes[:CHANGES_SHOWN],
        more_changes=max(len(changes) - CHANGES_SHOWN, 0),
        writes=may_write(acting_at(desk)) and now.stands,
        who=lambda actor: names.get(actor, actor),
    )
    answer.status_code = 409 if isinstance(done, Conflict) else 422 if done is not None else 200
    return answer


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
