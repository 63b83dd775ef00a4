"""One member's data: handed over as a file, erased when they asked for it, and the proof that it was done.

For whoever sees persons unmasked. Who is erased is typed once more: no slip of the hand erases anybody.
"""

from django.http import Http404, HttpResponse, HttpResponseBase

from guerdon.engine.privacy.certifying import certified
from guerdon.engine.privacy.erasing import WAITS_AT_MOST, Asking, ask_erasure
from guerdon.engine.privacy.exporting import Person, export_person
from guerdon.ledger.erased import write_certified
from guerdon.store.privacy.erasures import find_erasure, list_enrolled
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

REASON_LETTERS_MAX = 1_000
JSON = "application/json"


@staff_page
def privacy(desk: Desk, member: str) -> HttpResponseBase:
    """Show how it stands; hand the data over, or ask for the erasure."""
    member_id = _number(desk, member)
    if desk.request.method != "POST":
        return _shown(desk, member_id)
    given = desk.request.POST
    if given.get("act") not in {"export", "erase"}:
        raise Http404
    reason = given.get("reason", "").strip()
    if not 0 < len(reason) <= REASON_LETTERS_MAX or "\0" in reason:
        return _shown(desk, member_id, "reason")
    if given.get("act") == "export":
        person = Person(
            *(desk.program_id, member_id, room().vault, desk.actor, reason),
            language=desk.locale,
            scope=desk.scope,
        )
        # One person's rows are few: handed over whole, so no connection waits for a slow reader.
        with room().connections.lent() as db:
            written = b"".join(export_person(db, person, desk.now))
        return HttpResponse(written, content_type=JSON, headers=_as_file(f"{show('mem', member_id)}.json"))
    if given.get("typed", "").strip() != show("mem", member_id):
        return _shown(desk, member_id, "typed")
    asking = Asking(member_id, "staff", desk.actor, reason, desk.now)
    with desk.transaction() as tx:
        ask_erasure(tx, desk.program_id, asking)
    return HttpResponse(
        status=303, headers={"Location": desk.address(f"members/{show('mem', member_id)}/privacy")}
    )


@staff_page
def certificate(desk: Desk, member: str) -> HttpResponse:
    """The certificate of an erasure with its proof, as a file that `./guerdon audit verify` checks."""
    member_id = _number(desk, member)
    with desk.transaction() as tx:
        found = certified(tx, (desk.program_id, desk.program.key), member_id)
    if found is None or not found.case.seals:
        raise Http404
    return HttpResponse(
        write_certified(found) + b"\n",
        content_type=JSON,
        headers=_as_file(f"{show('mem', member_id)}-erased.json"),
    )


def _number(desk: Desk, member: str) -> int:
    """The member; of somewhere else is as unknown as none."""
    member_id = read("mem", member)
    if member_id is not None:
        with desk.transaction() as tx:
            if list_enrolled(tx, desk.program_id, [member_id]):
                return member_id
    raise Http404


def _shown(desk: Desk, member_id: int, problem: str = "") -> HttpResponse:
    with desk.transaction() as tx:
        stands = find_erasure(tx, desk.program_id, member_id)
    answer = desk.show(
        "console/privacy.html",
        "members",
        names=Namer(desk.program, desk.locale),
        member_id=member_id,
        stands=stands,
        days=WAITS_AT_MOST.days,
        problem=problem,
        typed={name: desk.request.POST.get(name, "") for name in ("act", "reason", "typed")},
    )
    answer.status_code = 422 if problem else 200
    return answer


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
