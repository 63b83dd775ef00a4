"""Handing over all that is kept of a member: the one operation that answers with who somebody is.

It is posted, for the audit keeps who had it and why. It has no Idempotency-Key: an answer that is kept to be
told again would be a second copy of a person's data. Asked again, it is written down again.
"""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Router

from guerdon.engine.privacy.exporting import Person, export_person
from guerdon.queries.api.members import is_member
from guerdon.values.clock import utc_now
from guerdon.web.api.answers import asks, reading
from guerdon.web.api.callers import caller_of
from guerdon.web.api.exporting.shapes import ExportAsked, MemberExport
from guerdon.web.api.ids import number_of
from guerdon.web.api.members import MemberPath
from guerdon.web.api.problems import missing, rendered
from guerdon.web.rooms import room

router = Router(tags=["members"])


@router.post("/members/{member}/export", response=asks(MemberExport, 404), operation_id="export_member")
def export_member(
    request: HttpRequest, member: MemberPath, wanted: Annotated[ExportAsked, Body(...)]
) -> HttpResponse:
    """Hand over all that is kept of a member, of one moment; the audit is told first."""
    caller, number = caller_of(request), number_of("mem", member)
    with reading(request) as tx:
        if not is_member(tx, number):
            raise missing()
    whose = Person(*(caller.program_id, number, room().vault, caller.name, wanted.reason), scope=caller.place)
    # One person's rows are few: handed over whole, so no connection waits for a slow reader.
    with room().connections.lent() as db:
        return rendered(200, b"".join(export_person(db, whose, utc_now())))
