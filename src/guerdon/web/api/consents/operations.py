"""Operations on consents: what holds for a member with its proof, what they agree to and what they stop."""

from typing import Annotated, cast

from django.http import HttpRequest, HttpResponse
from ninja import Body, Router

from guerdon.engine.messages.consents.consenting import (
    Grant,
    Withdrawal,
    await_begun,
    give,
    topic_named,
    withdraw,
    words_sha,
)
from guerdon.queries.api.consents import StandingRow, list_standing
from guerdon.queries.api.members import is_member
from guerdon.store.database import Transaction
from guerdon.store.messages.keys import have_key, network_mark
from guerdon.store.orders.choices import load_live_version
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.consents.shapes import (
    Consent,
    ConsentChannel,
    ConsentGiven,
    ConsentMethod,
    Consents,
    ConsentState,
    ConsentWithdrawn,
)
from guerdon.web.api.ids import number_of
from guerdon.web.api.members import MemberPath
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, WrongField, missing, wrong
from guerdon.web.api.wallet import member_of
from guerdon.web.rooms import room

router = Router(tags=["consents"])
_SAID = {
    "often": "The address was asked to confirm three times within the hour",
    "no_address": "The market wants this consent confirmed, and there is no address to ask",
}


@router.get("/members/{member}/consents", response=reads(Consents, 404), operation_id="list_consents")
def list_consents(request: HttpRequest, member: MemberPath) -> HttpResponse:
    """List what holds of a member's consents, each with its proof."""
    number = number_of("mem", member)
    with reading(request) as tx:
        if not is_member(tx, number):
            raise missing()
        return told(_consents(tx, number))


@router.post("/members/{member}/consents/give", response=changes(Consents, 404), operation_id="give_consent")
def give_consent(
    request: HttpRequest, member: MemberPath, given: Annotated[ConsentGiven, Body(...)]
) -> HttpResponse:
    """Keep that a member agrees. Where their market wants it confirmed, their address is asked first."""

    def work(doing: Doing) -> Consents:
        number = _whose(doing, member, given.topic)
        if given.happened_at is not None and given.happened_at > doing.now:
            raise wrong([WrongField(detail="it lies ahead", pointer="/happened_at")])
        grant = Grant(
            program_id=doing.program_id,
            member_id=number,
            topic=given.topic,
            channel=given.channel,
            method="api",
            actor=doing.caller.name,
            version=load_live_version(doing.tx, doing.program_id, doing.now),
            language=given.language,
            text_sha=words_sha(given.words),
            source=given.source,
            network_mark=_mark(doing, number, given.network),
            at=doing.now,
            happened_at=given.happened_at,
        )
        came = give(doing.tx, doing.program, grant)
        if came in _SAID:
            raise Trouble(409, "refused", _SAID[came], reason=f"consent:{came}")
        return _consents(doing.tx, number)

    return once(request, work)


@router.post(
    "/members/{member}/consents/withdraw", response=changes(Consents, 404), operation_id="withdraw_consent"
)
def withdraw_consent(
    request: HttpRequest, member: MemberPath, said: Annotated[ConsentWithdrawn, Body(...)]
) -> HttpResponse:
    """Keep that a member wants no more. It is answered when nothing is on its way any more, within 5 s."""

    def work(doing: Doing) -> Consents:
        number = _whose(doing, member, said.topic)
        withdraw(
            doing.tx,
            Withdrawal(
                *(doing.program_id, number, [said.topic], [said.channel], "api", doing.caller.name),
                *(said.source, _mark(doing, number, said.network), doing.now),
            ),
        )
        return _consents(doing.tx, number)

    answer = once(request, work)
    if answer.status_code == 200:
        with room().connections.lent() as connection:
            await_begun(connection, (caller_of(request).program_id, number_of("mem", member)), [said.channel])
    return answer


def _whose(doing: Doing, member: str, topic: str) -> int:
    number = member_of(doing, member)
    if topic_named(doing.program, topic) is None:
        raise wrong([WrongField(detail="the program has no such topic", pointer="/topic")])
    return number


def _mark(doing: Doing, member_id: int, network: str | None) -> bytes | None:
    if network is None:
        return None
    return network_mark(have_key(doing.tx, room().vault, doing.program_id, member_id), network)


def _consents(tx: Transaction, member_id: int) -> Consents:
    rows = list_standing(tx, member_id)
    return Consents(member=show("mem", member_id), consents=[_consent(row) for row in rows])


def _consent(row: StandingRow) -> Consent:
    return Consent(
        topic=row.topic,
        channel=cast("ConsentChannel", row.channel),
        state=cast("ConsentState", row.state),
        since=row.since,
        method=cast("ConsentMethod", row.method),
        actor=row.actor,
        version=row.version,
        language=row.language,
        text_sha256=None if row.text_sha is None else row.text_sha.hex(),
        source=row.source,
        recorded_at=row.recorded_at,
    )
