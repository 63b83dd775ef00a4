"""Operations that explain: a decided event with its reasons, and what would follow from one that is tried."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Router

from guerdon.engine.why import trying
from guerdon.engine.why.accounts import Account, PairTried, account_of
from guerdon.engine.why.telling import Teller
from guerdon.program.model import Program
from guerdon.queries.api.members import find_member_id, is_member
from guerdon.queries.why.events import load_why
from guerdon.rules.why import Story
from guerdon.store.versions.timeline import load_timeline
from guerdon.text.catalogs import words
from guerdon.text.reasons import reason_text
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.values.problems import Problem
from guerdon.values.texts import text_in
from guerdon.web.api.answers import asks, reading, reads, told
from guerdon.web.api.callers import Caller, caller_of, demand
from guerdon.web.api.ids import digits_of, number_of
from guerdon.web.api.problems import missing, wrong_in_body
from guerdon.web.api.shapes.plain import EventId
from guerdon.web.api.shapes.why import (
    ClauseTold,
    EventReceipt,
    ReferralTried,
    RuleTold,
    SeenValue,
    SideTried,
    Tried,
    Try,
)
from guerdon.web.books import Which, playbook_for, reaches
from guerdon.web.rooms import room

router = Router(tags=["why"])
EventPath = Annotated[EventId, Path(...)]
# For programs; what members read is said in their own language.
LANGUAGE = "en"
# Where a mistake stands in the body, by what the trial calls it.
_PLACES = {"market": "invented/market", "language": "invented/language", "location": "invented/location"}


@router.get("/events/{event}", response=reads(EventReceipt, 404), operation_id="get_event")
def get_event(request: HttpRequest, event: EventPath) -> HttpResponse:
    """Get a decided event: every rule that was asked, each clause with what it saw, and what decided."""
    caller, number = caller_of(request), number_of("evt", event)
    with reading(request) as tx:
        row = load_why(tx, number)
        if row is None or not row.receipt.member_id:
            raise missing()
        account = account_of(row, room().playbook(tx, caller.program_id, row.receipt.version))
    receipt, program = account.receipt, account.program or caller.program
    teller = Teller(program, LANGUAGE)
    return told(
        EventReceipt(
            id=show("evt", receipt.id),
            member=show("mem", receipt.member_id),
            type=receipt.type,
            source=receipt.source,
            external_id=receipt.external_id,
            market=receipt.market,
            location=receipt.location,
            version=receipt.version,
            outcome=receipt.outcome,
            happened_at=receipt.happened_at,
            recorded_at=receipt.recorded_at,
            decided_at=receipt.decided_at,
            language=account.language,
            says=Teller(program, account.language).member_line(account),
            rules=[_rule(program, teller, account, story) for story in account.stories],
            trouble=teller.trouble(account.trouble, receipt.version) or None,
        )
    )


@router.post("/try", response=asks(Tried), operation_id="try_event")
def try_event(request: HttpRequest, wanted: Annotated[Try, Body(...)]) -> HttpResponse:
    """Try an event: what would follow, with the reasons. Nothing is stored, and no limit is used up.

    A member needs the scope `read:members` too, a draft or another version than the live one `read:versions`.
    """
    caller, now = caller_of(request), utc_now()
    _demand_scopes(request, caller, wanted, now)
    problems: list[Problem] = []
    member = _whose(request, caller, wanted, problems)
    inviter = _inviter(request, wanted, problems)
    if wanted.version is not None and wanted.draft is not None:
        problems.append(Problem("draft", None, "a version is named, too", "name one of the two"))
    draft = None if wanted.draft is None else read("drf", wanted.draft)
    at = wanted.at or now
    with reading(request) as tx:
        book = playbook_for(tx, caller.program_id, Which(wanted.version, draft), at, now)
    if isinstance(book, Problem):
        raise wrong_in_body([*problems, book], "", _PLACES)
    # Seen whole, as it would be decided: whether the member is one for this key was asked before. Without one
    # the mistakes of the event are told all the same.
    with room().reading(caller.program_id) as tx:
        whose = trying.NOBODY if member is None else member
        trial = trying.Trial(wanted.type, dict(wanted.fields), whose, at, inviter, room().vault)
        found = trying.try_event(tx, book, trial, now)
    if isinstance(found, list):
        kept = [each for each in found if member is not None or each.where != "member"]
        raise wrong_in_body([*problems, *map(_placed, kept)], "", _PLACES)
    if problems:
        raise wrong_in_body(problems, "", _PLACES)
    with reading(request) as tx:
        sides = {account.receipt.member_id for pair in found.pairs for _, account in pair.told}
        seen = {each for each in sides if each == trying.NOBODY or is_member(tx, each)}
    receipt, program = found.receipt, book.program
    teller = Teller(program, LANGUAGE)
    return told(
        Tried(
            type=receipt.type,
            member=show("mem", receipt.member_id) if receipt.member_id > 0 else None,
            market=receipt.market,
            location=receipt.location,
            version=receipt.version,
            outcome=receipt.outcome,
            happened_at=receipt.happened_at,
            language=found.language,
            says=Teller(program, found.language).member_line(found),
            rules=[_rule(program, teller, found, story, tried=True) for story in found.stories],
            referrals=[_referral(program, pair, seen) for pair in found.pairs],
        )
    )


def _demand_scopes(request: HttpRequest, caller: Caller, wanted: Try, now: datetime) -> None:
    """What is told of a member or by a text is no more than this key could read of them."""
    if wanted.member is not None or wanted.external is not None or wanted.invited_by is not None:
        demand(request, caller, "read:members")
    another = wanted.draft is not None
    if wanted.version is not None:
        with reading(request) as tx:
            live = load_timeline(tx, caller.program_id).live(now)
        another |= live is None or wanted.version != live.version
    if another:
        demand(request, caller, "read:versions")


def _whose(
    request: HttpRequest, caller: Caller, wanted: Try, problems: list[Problem]
) -> int | trying.Invented | None:
    """Whose event it would be; None after a mistake, which is on the list."""
    named = [each for each in (wanted.member, wanted.external, wanted.invented) if each is not None]
    if len(named) != 1:
        what = "nobody is named" if not named else "more than one is named"
        problems.append(Problem("member", None, what, "name one: member, external or invented"))
        return None
    if wanted.invented is not None:
        said = wanted.invented
        invented = trying.Invented(said.market, said.language or "", said.location or "", dict(said.facts))
        if reaches(caller.place, invented):
            return invented
        problems.append(Problem("market", None, "this key does not reach there"))
        return None
    with reading(request) as tx:
        if wanted.external is not None:
            number = find_member_id(tx, wanted.external.source, wanted.external.external_id)
        else:
            number = read("mem", wanted.member or "")
        if number is not None and is_member(tx, number):
            return number
    where = "external" if wanted.external is not None else "member"
    problems.append(Problem(where, None, "there is no such member, or none for this key"))
    return None


def _inviter(request: HttpRequest, wanted: Try, problems: list[Problem]) -> int | None:
    if wanted.invited_by is None:
        return None
    number = number_of("mem", wanted.invited_by)
    with reading(request) as tx:
        if is_member(tx, number):
            return number
    problems.append(Problem("invited_by", None, "there is no such member, or none for this key"))
    return None


def _referral(program: Program, pair: PairTried, seen: Collection[int]) -> ReferralTried:
    teller = Teller(program, LANGUAGE)
    return ReferralTried(
        scheme=pair.scheme,
        state=pair.state,
        reasons=list(pair.reasons),
        told=[
            SideTried(
                side=side,
                type=account.receipt.type,
                outcome=account.receipt.outcome,
                says=Teller(program, account.language).member_line(account),
                rules=[_rule(program, teller, account, story, tried=True) for story in account.stories],
            )
            for side, account in pair.told
            if account.receipt.member_id in seen
        ],
    )


def _placed(problem: Problem) -> Problem:
    where = problem.where.replace("attributes.", "invented/facts/").replace("fields.", "fields/")
    return replace(problem, where=where)


def _rule(
    program: Program, teller: Teller, account: Account, story: Story, *, tried: bool = False
) -> RuleTold:
    rule = program.rules.get(story.rule)
    reason = f"held:{story.reason}" if story.outcome == "held" else story.reason
    return RuleTold(
        rule=story.rule,
        name=text_in(rule.name, LANGUAGE) if rule is not None else story.rule,
        outcome=story.outcome,
        reason=story.reason or None,
        says=reason_text(words(LANGUAGE, "reasons"), reason, program, "staff") if story.reason else None,
        unit=story.unit or None,
        digits=digits_of(program, story.unit) if story.unit else None,
        value=story.value,
        asked=story.asked,
        reward=show("rwd", story.reward) if story.reward is not None and not tried else None,
        request=show("apr", story.request) if story.request is not None and not tried else None,
        clauses=[
            ClauseTold(
                text=clause.text,
                words=clause.words,
                answer=clause.answer,
                seen=[SeenValue(key=s.key, name=s.name, value=s.value) for s in clause.seen],
                row=clause.row or None,
            )
            for clause in teller.clauses(story, account)
        ],
        policies=teller.policies(story, account),
    )
