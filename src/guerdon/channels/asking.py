"""How a channel asks its provider over HTTP: by the one client, and what follows where no answer came."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from guerdon.engine.messages.port import Rejected, Retry, Unsure
from guerdon.engine.webhooks.judging import read_retry_after
from guerdon.http import Answer, Unreachable


class Asks(Protocol):
    """What asks another address; `guerdon.http.Client` does."""

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        """The answer; raises `Unreachable` and nothing else."""


def lost(fault: Unreachable, *, alone: bool = False) -> Retry | Unsure:
    """What no answer comes to: once something went out, nobody knows whether it was taken."""
    reason = f"http:{fault.reason}"
    return Unsure(reason, alone=alone) if fault.sent else Retry(reason, alone=alone)


def never(fault: Unreachable) -> Rejected | None:
    """What it comes to that a member's own address may not be asked; None where it may."""
    # One that leads inside may do so by a fault of names on our side, so it is not given up for that.
    if fault.reason not in ("url", "inside"):
        return None
    return Rejected(f"http:{fault.reason}", retires=fault.reason == "url")


def asked_to_wait(answer: Answer, now: datetime) -> timedelta | None:
    """For how long an answer asks to be left alone, a day at most; None where it says nothing of use."""
    until = read_retry_after(answer.headers.get("retry-after", ""), now)
    return None if until is None else until - now


def read_object(body: bytes) -> Mapping[str, object]:
    """What an answer says, where it is an object of JSON; else nothing."""
    try:
        said: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
