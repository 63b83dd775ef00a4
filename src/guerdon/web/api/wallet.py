"""Commands on a member's value: spent, held, taken, freed, given back, extended; a code used at the till.

Each is one event of ours. The caller's key of idempotency is also the command's own, for ever: what was done
under it is never done again, even when the answer itself is not remembered any more.
"""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Router

from guerdon.engine import codes
from guerdon.engine.wallet import commands, extending, holding, spending
from guerdon.ledger import effects
from guerdon.ledger.effects import Refuse
from guerdon.program.model import Program
from guerdon.queries.api.members import is_member
from guerdon.store.audit import record_audit
from guerdon.values.ids import show
from guerdon.web.api.answers import changes
from guerdon.web.api.callers import address_of, caller_of, wait_for
from guerdon.web.api.ids import digits_of, number_of
from guerdon.web.api.members import MemberPath
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, WrongField, missing, wrong
from guerdon.web.api.shapes.plain import EventId, HoldId, RewardId
from guerdon.web.api.shapes.wallet import (
    Capture,
    Done,
    Draw,
    Extended,
    Extension,
    Held,
    Hold,
    Spend,
    Transfer,
    UsedCode,
    UseOfCode,
)
from guerdon.web.rooms import room

router = Router(tags=["wallet"])
HoldPath = Annotated[HoldId, Path(...)]
EventPath = Annotated[EventId, Path(...)]
RewardPath = Annotated[RewardId, Path(...)]
# What a refusal means to whoever asked: a wrong field, or something that is not there. Else it is a conflict.
_FIELDS = {
    "unit:unknown": "/unit",
    "unit:whole": "/unit",
    "unit:status": "/unit",
    "hold:ended": "/expires_at",
    "end:sooner": "/last_day",
    "end:far": "/last_day",
}
_NOT_THERE = frozenset(
    {
        *("member:unknown", "hold:unknown", "spend:unknown", "reward:unknown"),
        "code:used",
    }
)
_SAID = {
    "balance": "The member does not have so much to spend",
    "hold:closed": "The hold is not open any more",
    "hold:amount": "The hold is for less than that",
    "hold:pending": "Nobody knows yet how it ended with the supplier, so it stays",
    "hold:order": "What is held for an order ends with the order alone",
    "key:reused": "The same key was used before for something else",
    "unit:unknown": "the program has no such unit",
    "unit:whole": "rewards of this unit are redeemed whole, by choosing an item",
    "unit:status": "status is counted and never spent",
    "hold:ended": "it is over already",
    "reward:used": "The reward was used up",
    "reward:ended": "The reward has ended already",
    "reward:withdrawn": "The reward was taken back",
    "reward:endless": "The reward has no end of its own",
    "end:sooner": "it must be later than the present last day",
    "end:far": "it is more than ten years away",
}


@router.post("/members/{member}/spends", response=changes(Done, 404, status=201), operation_id="spend")
def spend(request: HttpRequest, member: MemberPath, wanted: Annotated[Spend, Body(...)]) -> HttpResponse:
    """Spend from a member's balance, the lots that end first."""

    def work(doing: Doing) -> Done:
        number = member_of(doing, member)
        asked = spending.Spend(
            doing.program_id,
            number,
            doing.key,
            wanted.unit,
            wanted.amount,
            wanted.purpose,
            doing.caller.name,
        )
        return _done(doing, number, spending.spend(doing.tx, doing.program, asked, doing.now))

    return once(request, work, 201)


@router.post(
    "/members/{member}/spends/{event}/restore", response=changes(Done, 404), operation_id="restore_spend"
)
def restore_spend(request: HttpRequest, member: MemberPath, event: EventPath) -> HttpResponse:
    """Take a spend back, whole and once: every lot has back what it gave."""

    def work(doing: Doing) -> Done:
        number = member_of(doing, member)
        asked = spending.Restore(doing.program_id, number, number_of("evt", event), doing.caller.name)
        return _done(doing, number, spending.restore(doing.tx, doing.program, asked, doing.now))

    return once(request, work)


@router.post("/members/{member}/holds", response=changes(Held, 404, status=201), operation_id="hold")
def hold(request: HttpRequest, member: MemberPath, wanted: Annotated[Hold, Body(...)]) -> HttpResponse:
    """Set an amount of a member's balance aside."""

    def work(doing: Doing) -> Held:
        number = member_of(doing, member)
        asked = holding.Reserve(
            doing.program_id,
            number,
            doing.key,
            wanted.unit,
            wanted.amount,
            wanted.purpose,
            wanted.expires_at,
            doing.caller.name,
        )
        done = _accepted(holding.hold(doing.tx, doing.program, asked, doing.now))
        return Held(
            hold=show("hld", done.event_id),
            event=show("evt", done.event_id),
            member=show("mem", number),
            unit=wanted.unit,
            digits=digits_of(doing.program, wanted.unit),
            amount=wanted.amount,
            expires_at=wanted.expires_at,
        )

    return once(request, work, 201)


@router.post(
    "/members/{member}/holds/{hold}/capture", response=changes(Done, 404), operation_id="capture_hold"
)
def capture_hold(
    request: HttpRequest, member: MemberPath, hold: HoldPath, wanted: Annotated[Capture, Body(...)]
) -> HttpResponse:
    """Take what was set aside, all of it or less; the rest is free again by the same commit."""

    def work(doing: Doing) -> Done:
        asked = _hold_of(doing, member, hold)
        return _done(doing, asked.member_id, holding.capture(doing.tx, asked, wanted.amount, doing.now))

    return once(request, work)


@router.post(
    "/members/{member}/holds/{hold}/release", response=changes(Done, 404), operation_id="release_hold"
)
def release_hold(request: HttpRequest, member: MemberPath, hold: HoldPath) -> HttpResponse:
    """Free what was set aside."""

    def work(doing: Doing) -> Done:
        asked = _hold_of(doing, member, hold)
        return _done(doing, asked.member_id, holding.release(doing.tx, asked, doing.now))

    return once(request, work)


@router.post(
    "/members/{member}/rewards/{reward}/extend",
    response=changes(Extended, 404),
    operation_id="extend_reward",
)
def extend_reward(
    request: HttpRequest, member: MemberPath, reward: RewardPath, wanted: Annotated[Extension, Body(...)]
) -> HttpResponse:
    """Let a reward that is still there last longer, until the end of a day in the program's time zone."""

    def work(doing: Doing) -> Extended:
        number = member_of(doing, member)
        asked = extending.Extension(
            doing.program_id,
            number,
            number_of("rwd", reward),
            doing.key,
            wanted.last_day,
            wanted.reason,
            doing.caller.name,
        )
        done = _accepted(extending.extend(doing.tx, doing.program, asked, doing.now))
        (told,) = (each for each in done.effects if isinstance(each, effects.Extend))
        return Extended(
            event=show("evt", done.event_id),
            member=show("mem", number),
            reward=show("rwd", told.reward),
            expires_at=told.expires_at,
            before=told.was,
        )

    return once(request, work)


@router.post("/codes/uses", response=changes(UsedCode, 404, status=201), operation_id="use_code")
def use_code(request: HttpRequest, used: Annotated[UseOfCode, Body(...)]) -> HttpResponse:
    """Note that a code was used at the till. One that is unknown, used or void is as good as none."""
    guesses, who = room().wrong_codes, (caller_of(request).name, address_of(request))
    # Before the key of idempotency remembers an answer: this one is for now.
    wait_for(guesses.wait(*who), "Too many codes were wrong")

    def work(doing: Doing) -> UsedCode:
        # A code is no member's, and is used wherever it is shown: only a key of the whole program sees it.
        if not doing.caller.place.whole:
            raise missing()
        found = codes.use_code(doing.tx, room().vault, doing.program_id, used.code)
        if isinstance(found, Refuse):
            guesses.wrong(*who)
            raise missing()
        order = show("ord", found)
        record_audit(doing.tx, doing.program_id, doing.caller.name, "code.used", order, doing.now)
        return UsedCode(order=order, used_at=doing.now)

    return once(request, work, 201)


def member_of(doing: Doing, member: str) -> int:
    """The member, where the key sees them: the work itself is of the whole program."""
    number = number_of("mem", member)
    with room().reading(doing.program_id, scope=doing.caller.place) as tx:
        if not is_member(tx, number):
            raise missing()
    return number


def _hold_of(doing: Doing, member: str, hold: str) -> holding.OfHold:
    return holding.OfHold(
        doing.program_id, member_of(doing, member), number_of("hld", hold), doing.caller.name
    )


def _accepted(done: commands.Done | Refuse) -> commands.Done:
    if isinstance(done, commands.Done):
        return done
    reason = done.reason
    if reason in _NOT_THERE:
        raise missing()
    detail = _SAID.get(reason, reason)
    if reason in _FIELDS:
        raise wrong([WrongField(detail=detail, pointer=_FIELDS[reason])])
    if reason == "key:reused":
        raise Trouble(422, "key-reused", detail, reason=reason)
    raise Trouble(409, "refused", detail, reason=reason)


def _done(doing: Doing, member: int, done: commands.Done | Refuse) -> Done:
    accepted = _accepted(done)
    return Done(
        event=show("evt", accepted.event_id),
        member=show("mem", member),
        transfers=[
            _transfer(doing.program, each) for each in accepted.effects if isinstance(each, effects.Post)
        ],
        lots=[
            Draw(transfer=show("trf", each.post), reward=show("rwd", each.reward), amount=each.amount)
            for each in accepted.effects
            if isinstance(each, effects.Draw)
        ],
    )


def _transfer(program: Program, post: effects.Post) -> Transfer:
    return Transfer(
        id=show("trf", post.id),
        from_account=post.from_account,
        to_account=post.to_account,
        unit=post.unit,
        digits=digits_of(program, post.unit),
        amount=post.amount,
    )
