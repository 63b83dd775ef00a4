"""What becomes of a message once it is created: its sender is chosen, it waits, is sent, and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.twilio.documented import TABLE
from standins.twilio.numbers import Outcome
from standins.twilio.refusals import ENDINGS

if TYPE_CHECKING:
    from standins.twilio.messages import Message
    from standins.twilio.world import World

FAILED = Outcome(ends="failed", error=30008, arrives=False)
UNDELIVERED = Outcome(ends="undelivered", error=30003, arrives=False)
STUCK = Outcome(ends=None)


def begin(world: World, message: Message) -> None:
    """Put the message on its way; with a service and no sender it is not even queued yet."""
    if message.status == "accepted":
        world.agenda.later(_drawn_ms(world, message, "sent_s") / 4, lambda: _queue(world, message))
    else:
        _wait(world, message)


def waits_ms(world: World, account: str, sender: str) -> float:
    """How long the queue of a sender is now."""
    return max(0.0, world.free_ms.get((account, sender), 0.0) - world.now_ms())


def _queue(world: World, message: Message) -> None:
    account = world.accounts[message.account]
    # The same handset is always written to by the same number.
    chosen = world.faults.chance(f"sender:{message.to}").choice(account.pool)
    message.sender = message.truth.sender = message.sender or chosen
    message.become("queued", world.now_ms())
    world.tell(message)
    _wait(world, message)


def _wait(world: World, message: Message) -> None:
    key, now_ms = (message.account, message.sender), world.now_ms()
    wait_ms = 0.0 if message.fault == "early" else _drawn_ms(world, message, "sent_s")
    if message.fault == "slow":
        wait_ms += world.faults.delay_ms(_about(message))
    starts_ms = max(now_ms + wait_ms, world.free_ms.get(key, 0.0))
    world.free_ms[key] = starts_ms + 1000 * message.segments / world.timing["per_second"]
    left_ms = message.created_ms + message.validity_s * 1000 - now_ms
    if starts_ms - now_ms > left_ms:
        world.agenda.later(left_ms, lambda: _end(world, message, "failed", 30036))
    elif message.fault == "early":
        _send(world, message)
    else:
        world.agenda.later(starts_ms - now_ms, lambda: _send(world, message))


def _send(world: World, message: Message) -> None:
    outcome = _outcome(world, message)
    if outcome.ends == "failed":
        _end(world, message, "failed", outcome.error)
        return
    message.truth.arrived = outcome.arrives
    message.become("sent", world.now_ms())
    world.tell(message)
    ends, error = outcome.ends, outcome.error
    if ends is not None:
        wait_ms = _drawn_ms(world, message, "ended_s")
        world.agenda.later(wait_ms, lambda: _end(world, message, ends, error))


def _end(world: World, message: Message, status: str, error: int | None) -> None:
    if error is not None:
        assert TABLE.problem(f"ended:{error}", {"status": status}) is None, (error, status)
        message.fail(error, ENDINGS[error])
    message.become(status, world.now_ms())
    world.tell(message)


def _outcome(world: World, message: Message) -> Outcome:
    told = {"failed": FAILED, "undelivered": UNDELIVERED, "stuck": STUCK}.get(message.fault or "")
    return told or world.outcome(message.to, message.sender)


def _drawn_ms(world: World, message: Message, name: str) -> float:
    return world.faults.chance(f"{name}:{_about(message)}").uniform(*world.timing[name]) * 1000


def _about(message: Message) -> str:
    return f"{message.to}:{message.body}"
