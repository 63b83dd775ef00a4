"""Operations on referrals: a member's code, a friend's claim, and what became of pairs."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Query, Router

from guerdon.engine.referrals.claiming import Claim, Origin, claim
from guerdon.engine.referrals.codes import code_of
from guerdon.program.schemes import Scheme
from guerdon.queries.api.members import is_member
from guerdon.queries.referrals.standing import PairRow, list_pairs
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.ids import cursor_of_number, number_after, number_of, page_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import WrongField, missing, wrong
from guerdon.web.api.shapes.referrals import (
    ClaimGiven,
    ClaimTaken,
    Code,
    CodeWanted,
    Pair,
    Pairs,
    WhichPairs,
)
from guerdon.web.rooms import room

router = Router(tags=["referrals"])


@router.get("/referrals", response=reads(Pairs), operation_id="list_referrals")
def list_referrals(request: HttpRequest, which: Annotated[WhichPairs, Query(...)]) -> HttpResponse:
    """List pairs, and what became of each."""
    member = None if which.member is None else number_of("mem", which.member)
    with reading(request) as tx:
        found = list_pairs(tx, which.state, which.limit + 1, number_after(which.after), member)
    rows, last = page_of(found, which.limit)
    return told(
        Pairs(pairs=[_pair(row) for row in rows], next=None if last is None else cursor_of_number(last.id))
    )


@router.post("/referrals/codes", response=changes(Code, 404), operation_id="make_referral_code")
def make_code(request: HttpRequest, given: Annotated[CodeWanted, Body(...)]) -> HttpResponse:
    """Get the code of a member, made at the first asking."""

    def work(doing: Doing) -> Code:
        scheme, member = _whose(doing, given)
        code = code_of(
            doing.tx, room().vault, (doing.program_id, scheme.key, member), doing.caller.name, doing.now
        )
        if code is None:
            raise missing()
        link = f"{room().settings.public_url}/i/{code}"
        return Code(member=given.member, scheme=scheme.key, code=code, link=link)

    return once(request, work)


@router.post(
    "/referrals/claims", response=changes(ClaimTaken, 404, status=202), operation_id="claim_referral"
)
def claim_referral(request: HttpRequest, given: Annotated[ClaimGiven, Body(...)]) -> HttpResponse:
    """Take a friend's claim; what becomes of it stands in the list of pairs."""

    def work(doing: Doing) -> ClaimTaken:
        scheme, member = _whose(doing, given)
        origin = Origin(given.device or "", given.network or "")
        came = claim(
            doing.tx,
            room().vault,
            Claim(doing.program_id, scheme, member, given.code, origin, doing.caller.name, doing.now),
        )
        if came == "no_code":
            raise wrong([WrongField(detail="a code has twelve letters and digits", pointer="/code")])
        if came == "no_member":
            raise missing()
        return ClaimTaken(member=given.member, scheme=scheme.key, state=came)

    return once(request, work, status=202)


def _whose(doing: Doing, given: CodeWanted | ClaimGiven) -> tuple[Scheme, int]:
    scheme = doing.program.referrals.get(given.scheme)
    member = number_of("mem", given.member)
    if scheme is None or not is_member(doing.tx, member):
        raise missing()
    return scheme, member


def _pair(row: PairRow) -> Pair:
    return Pair(
        pair=show("ref", row.id),
        scheme=row.scheme,
        code=row.code,
        referrer=None if row.referrer_id is None else show("mem", row.referrer_id),
        friend=show("mem", row.member_id),
        state=row.state,
        reasons=list(row.reasons),
        claimed_at=row.claimed_at,
        qualified_at=row.qualified_at,
        told_at=row.told_at,
        undone_at=row.undone_at,
        settled_at=row.settled_at,
    )
