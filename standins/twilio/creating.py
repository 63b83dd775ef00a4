"""Creating a message: what is asked, what is refused, and what goes wrong."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from standins.hubspot.wire import Answer
from standins.suppliers.application import Call, Refusal
from standins.suppliers.table import Problem
from standins.twilio import delivering
from standins.twilio.documented import MAGIC_FROM, TABLE
from standins.twilio.messages import Message, Sent
from standins.twilio.numbers import E164, MAGIC_SENDER, NAME
from standins.twilio.refusals import refusal
from standins.twilio.segments import segments
from standins.twilio.world import Account, World

EARLY_S = 0.15
FORM = "application/x-www-form-urlencoded"
HOST = re.compile(r"[A-Za-z0-9.-]+")


@dataclass
class Asked:
    """A request to send, read and found good."""

    account: Account
    to: str
    sender: str
    service: str | None
    body: str
    callback: str | None
    validity_s: int
    fault: str | None = None

    @property
    def about(self) -> str:
        """What faults are drawn by."""
        return f"{self.to}:{self.body}"


def create(call: Call) -> Answer:
    """Create a message; there is no key that a repetition could be known by."""
    world: World = call.world
    asked = _read(world, world.accounts[call.path["account"]], form_of(call, "form:create"))
    asked.fault = world.faults.draw(asked.about)
    answer = _refused(world, asked) or _silent(world, asked) or _created(world, asked)
    world.truth.note(asked.to, f"{answer.status} {asked.fault or 'well'}")
    return answer


def form_of(call: Call, shape: str) -> dict[str, str]:
    """The fields of a form, where all of them are documented and none comes twice."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise refusal(20001, f"the body must be {FORM}")
    try:
        pairs = parse_qsl(
            call.request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict"
        )
    except ValueError:
        raise refusal(20001, "the body is no form") from None
    unplayed = [name for name, _ in pairs if name in TABLE.shapes["form:unplayed"]]
    if unplayed:
        raise refusal(20001, f"{unplayed[0]} is documented, and not played by this stand-in")
    wrong = TABLE.query_problem(shape, pairs)
    if wrong is None and len(pairs) != len(dict(pairs)):
        wrong = Problem((), "a parameter comes more than once")
    if wrong is not None:
        raise refusal(20001, wrong.written())
    return dict(pairs)


def _read(world: World, account: Account, form: dict[str, str]) -> Asked:
    to, body, service = form.get("To", ""), form.get("Body", ""), form.get("MessagingServiceSid")
    if not to:
        raise refusal(21604)
    if not form.get("From") and not service:
        raise refusal(21603)
    if not body:
        raise refusal(21602)
    if len(body) > TABLE.figure("body_most"):
        raise refusal(21617)
    if service is not None and service != account.service:
        raise refusal(21701, service)
    validity_s = int(form.get("ValidityPeriod", TABLE.figure("validity_most")))
    if not 1 <= validity_s <= TABLE.figure("validity_most"):
        raise refusal(90007, str(validity_s))
    asked = Asked(
        account,
        to,
        form.get("From", ""),
        service,
        body,
        form.get("StatusCallback"),
        validity_s,
    )
    _check_callback(asked.callback)
    _check_sender(world, asked)
    _check_recipient(world, asked)
    return asked


def _check_callback(url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or HOST.fullmatch(parts.hostname or "") is None:
        raise refusal(21609, url)


def _check_sender(world: World, asked: Asked) -> None:
    sender = asked.sender
    if not sender:
        return
    if sender in MAGIC_FROM:
        raise refusal(MAGIC_FROM[sender], sender)
    if NAME.fullmatch(sender) is None and E164.fullmatch(sender) is None:
        raise refusal(21212, sender)
    ours = asked.account.pool if asked.service else (*asked.account.senders, MAGIC_SENDER)
    if sender.startswith("+") and sender not in ours:
        raise refusal(21606, sender)
    queue_ms = delivering.waits_ms(world, asked.account.sid, sender)
    if queue_ms > TABLE.figure("queue_hours") * 3_600_000:
        raise refusal(21611, sender)


def _check_recipient(world: World, asked: Asked) -> None:
    if E164.fullmatch(asked.to) is None or asked.to == asked.sender:
        raise refusal(21211, asked.to)
    sender = asked.sender or asked.account.pool[0]
    told = world.outcome(asked.to, sender).refusal
    if told is None and world.wants_none(asked.account, sender, asked.service, asked.to):
        told = 21610
    if told is not None:
        world.truth.note(asked.to, f"refused {told}")
        raise refusal(told, asked.to)


def _refused(world: World, asked: Asked) -> Answer | None:
    """What ends before anything is created, and says so."""
    if asked.fault == "limited":
        return _error(refusal(20429))
    if asked.fault == "before":
        return _error(trouble(world.faults.status(asked.about)))
    if asked.fault == "refused":
        return _error(refusal(21612, asked.to))
    return None


def _silent(world: World, asked: Asked) -> Answer | None:
    """What gets no word back and is not created, or not yet."""
    if asked.fault not in ("lost", "late"):
        return None
    if asked.fault == "late":
        world.agenda.later(world.faults.delay_ms(asked.about), lambda: _start_unseen(world, asked))
    return Answer(504, None, delay_s=world.faults.hold_s, cut=True)


def _created(world: World, asked: Asked) -> Answer:
    shown = _start(world, asked)
    if asked.fault == "after":
        return _error(trouble(world.faults.status(asked.about)))
    answer = Answer(201, shown)
    answer.cut = asked.fault == "cut"
    answer.delay_s = EARLY_S if asked.fault == "early" else 0.0
    return answer


def _start(world: World, asked: Asked) -> dict[str, Any]:
    """Create the message and put it on its way; gives it as it was at first."""
    now_ms, sid, count = world.now_ms(), world.sid("SM"), segments(asked.body)
    status = "accepted" if asked.service else "queued"
    truth = Sent(
        sid, asked.account.sid, asked.to, asked.sender, asked.body, count, now_ms, "outbound-api", status
    )
    truth.fault = asked.fault
    message = Message(
        sid=sid,
        account=asked.account.sid,
        to=asked.to,
        sender=asked.sender,
        service=asked.service,
        body=asked.body,
        callback=asked.callback,
        validity_s=asked.validity_s,
        created_ms=now_ms,
        updated_ms=now_ms,
        status=status,
        segments=count,
        truth=truth,
        fault=asked.fault,
    )
    world.messages[sid] = message
    world.truth.issues.append(truth)
    shown = message.shown(early_date=world.behaviour["date_sent"] == "created")
    delivering.begin(world, message)
    return shown


def _start_unseen(world: World, asked: Asked) -> None:
    _start(world, asked)


def trouble(status: int) -> Refusal:
    """Something broke."""
    return refusal(20500 if status == 500 else 20503, status=status)


def _error(said: Refusal) -> Answer:
    return Answer(said.status, said.body)
