"""The one way a question goes to a supplier: sent once, bounded, and made an answer or a loss.

Nothing is asked again here: who asks knows whether it may happen twice, and when it is time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from guerdon.engine.orders.port import Absent, Later, Shut, Unknown
from guerdon.http import Answer, Unreachable
from guerdon.suppliers import Asks
from guerdon.suppliers.reading import Unreadable, read_record
from guerdon.suppliers.turns import NoTurn
from guerdon.suppliers.words import plain

WITHIN_S = 30.0
TROUBLE_S = 5.0
WAIT_S_MAX = 3_600.0
TOO_MANY = 429
CLOSED = (401, 403)
DONE = (200, 201, 202, 204)

Answered = TypeVar("Answered")
_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Lost:
    """There was no answer. `sent`: something may have gone out, so it may have taken effect.

    `after_s`: it was not asked at all, for it is not our turn for so many seconds.
    """

    sent: bool
    reason: str
    after_s: float | None = None

    @property
    def unheard(self) -> Later:
        """What that is where nothing can have taken effect."""
        return Later(TROUBLE_S, "unreachable") if self.after_s is None else Later(self.after_s, "turn")


@dataclass(frozen=True, slots=True)
class Line:
    """An account's way to its supplier; `headers` hold its key."""

    http: Asks = field(repr=False)
    address: str
    headers: Mapping[str, str] = field(repr=False)
    # What must not come back in anybody's words.
    secrets: tuple[str, ...] = field(repr=False, default=())
    within_s: float = WITHIN_S

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer | Lost:
        """Ask for something; nothing changes by it."""
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), None, {})

    def post(
        self, path: str, body: object | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer | Lost:
        """Ask that something be done."""
        return self._ask("POST", path, b"" if body is None else _encode(body), headers or {})

    def says(self, answer: Answer, *path: str) -> str:
        """What stands at a place in an answer, as a line for staff; empty where there is nothing."""
        try:
            found: object = read_record(answer.body)
        except Unreadable:
            return ""
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return plain(found, self.secrets)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer | Lost:
        kind = {"Content-Type": "application/json"} if body else {}
        sent = {"Accept": "application/json", **kind, **self.headers, **headers}
        try:
            return self.http.ask(method, self.address + path, sent, body, self.within_s)
        except NoTurn as fault:
            return Lost(fault.sent, fault.reason, fault.after_s)
        except Unreachable as fault:
            return Lost(fault.sent, fault.reason)


def not_read(line: Line, answer: Answer | Lost, limit_s: float) -> Later | Shut | None:
    """Why a question that changes nothing has no answer that could be read; None where it has.

    What says that there is none (404) is an answer.
    """
    if isinstance(answer, Lost):
        return answer.unheard
    if answer.status in CLOSED:
        return shut(line, answer)
    if answer.status == TOO_MANY:
        return Later(retry_after(answer, limit_s), "limit")
    if answer.status not in (200, 404):
        return Later(retry_after(answer, TROUBLE_S), "trouble")
    return None


def not_done(
    line: Line, answer: Answer | Lost, limit_s: float, refusals: Sequence[int]
) -> Unknown | Later | Shut | None:
    """Why nobody can say whether something was done, or why it was not heard; None where they say which.

    `refusals`: statuses by which they say that it was not done.
    """
    if isinstance(answer, Lost):
        return Unknown(f"no answer: {answer.reason}") if answer.sent else answer.unheard
    if answer.status in CLOSED:
        return shut(line, answer)
    if answer.status == TOO_MANY:
        return Later(retry_after(answer, limit_s), "limit")
    if answer.status in DONE or answer.status in refusals:
        return None
    return Unknown(f"answered {answer.status}", retry_after(answer, TROUBLE_S))


def read_answer(
    line: Line, answer: Answer | Lost, limit_s: float, read: Callable[[bytes], Answered]
) -> Answered | Absent | Later | Shut:
    """What a question that changes nothing was answered; `Absent` where they say that there is none."""
    why = not_read(line, answer, limit_s)
    if why is not None:
        return why
    assert isinstance(answer, Answer)
    if answer.status == 404:
        return Absent()
    try:
        return read(answer.body)
    except Unreadable:
        return Later(TROUBLE_S, "trouble")


def shut(line: Line, answer: Answer) -> Shut:
    """The account may not ask, in their words."""
    said = line.says(answer, "message") or line.says(answer, "errors", "message")
    return Shut(f"{answer.status}: {said}" if said else str(answer.status))


def retry_after(answer: Answer, fallback: float) -> float:
    """For how many seconds an answer asks us to wait."""
    given = answer.headers.get("retry-after", "").strip()
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        return fallback
    return min(max(float(given), 1.0), WAIT_S_MAX)
