"""What handsets write: a message that came in, the numbers' webhook, and STOP, START and HELP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standins.twilio.documented import TABLE
from standins.twilio.messages import Message, Sent
from standins.twilio.numbers import E164, keyword
from standins.twilio.posts import form_post
from standins.twilio.segments import segments

if TYPE_CHECKING:
    from standins.twilio.world import Account, World


def receive(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """Take in a message; a word alone that means something is acted on before anybody is told."""
    account = next((one for one in world.accounts.values() if asked["to"] in one.senders), None)
    if account is None or E164.fullmatch(asked["from"]) is None:
        raise ValueError("only a number can write, and only to a number of ours")
    message = _kept(world, account, asked)
    meaning = keyword(asked["body"])
    entry = (account.opt_out_key(asked["to"]), asked["from"])
    if meaning == "STOP":
        world.opted_out.add(entry)
    elif meaning == "START":
        world.opted_out.discard(entry)
    if world.callbacks.url is not None:
        _tell(world, account, message, meaning, int(asked.get("copies", 1)))
    return {"sid": message.sid, "keyword": meaning, "opted_out": entry in world.opted_out}


def _kept(world: World, account: Account, asked: dict[str, Any]) -> Message:
    now_ms, sid = world.now_ms(), world.sid("SM")
    count = segments(asked["body"])
    truth = Sent(
        sid, account.sid, asked["to"], asked["from"], asked["body"], count, now_ms, "inbound", "received"
    )
    truth.arrived = True
    message = Message(
        sid=sid,
        account=account.sid,
        to=asked["to"],
        sender=asked["from"],
        service=account.service if asked["to"] in account.pool else None,
        body=asked["body"],
        callback=None,
        validity_s=0,
        created_ms=now_ms,
        updated_ms=now_ms,
        status="received",
        segments=count,
        truth=truth,
        direction="inbound",
        sent_ms=now_ms,
    )
    world.messages[sid] = message
    world.truth.issues.append(truth)
    return message


def _tell(world: World, account: Account, message: Message, meaning: str, copies: int) -> None:
    params = {
        "AccountSid": account.sid,
        "ApiVersion": "2010-04-01",
        "Body": message.body,
        "From": message.sender,
        "MessageSid": message.sid,
        "NumMedia": "0",
        "NumSegments": str(message.segments),
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.to,
    }
    if message.service is not None:
        params["MessagingServiceSid"] = message.service
        if world.behaviour["advanced_opt_out"] and meaning:
            params["OptOutType"] = meaning
    wrong = TABLE.problem("Incoming", params)
    assert wrong is None, wrong.written()
    url = world.callbacks.url
    assert url is not None
    made = form_post(
        url,
        params,
        account.token,
        id=f"{message.sid} received",
        about=message.sid,
        repeat=world.hexadecimal(32),
        copies=copies,
    )
    world.callbacks.send(made, world.now_ms(), tells=world.behaviour["tells"])
