"""Asking for the erasure of a member; the worker does it, and its certificate stands in the audit."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Router

from guerdon.engine.privacy.erasing import Asking, ask_erasure
from guerdon.queries.api.members import is_member
from guerdon.store.privacy import erasures
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.ids import number_of
from guerdon.web.api.members import MemberPath
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import missing
from guerdon.web.api.shapes.erasing import Erasure, ErasureAsked

router = Router(tags=["members"])


@router.post(
    "/members/{member}/erasure", response=changes(Erasure, 404, status=202), operation_id="erase_member"
)
def erase_member(
    request: HttpRequest, member: MemberPath, wanted: Annotated[ErasureAsked, Body(...)]
) -> HttpResponse:
    """Ask that a member be erased; while one such request waits, it is told again."""

    def work(doing: Doing) -> Erasure:
        number = number_of("mem", member)
        if not is_member(doing.tx, number):
            raise missing()
        asking = Asking(number, "api", doing.caller.name, wanted.reason, doing.now)
        ask_erasure(doing.tx, doing.program_id, asking)
        stands = erasures.find_erasure(doing.tx, doing.program_id, number)
        assert stands is not None, "it was asked for just now"
        return _erasure(stands)

    return once(request, work, 202)


@router.get("/members/{member}/erasure", response=reads(Erasure, 404), operation_id="get_erasure")
def get_erasure(request: HttpRequest, member: MemberPath) -> HttpResponse:
    """Get how the erasure of a member stands."""
    number = number_of("mem", member)
    with reading(request) as tx:
        stands = erasures.find_erasure(tx, caller_of(request).program_id, number)
    if stands is None:
        raise missing()
    return told(_erasure(stands))


def _erasure(stands: erasures.Erasure) -> Erasure:
    return Erasure(
        member=show("mem", stands.asked.member_id),
        state="waiting" if stands.done_at is None else "done",
        asked_at=stands.asked.asked_at,
        done_at=stands.done_at,
        orders_under_way=stands.under_way,
        certificate_sha=stands.sha.hex() if stands.sha is not None else None,
    )
