"""The one way a request goes to HubSpot: counted, sent once, and made one of a closed set of outcomes.

Nothing is tried again here: who asks knows whether it may happen twice, and when it has time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec

from guerdon.connectors.hubspot.api.errors import Wrong, read_wrong, told_wrong
from guerdon.connectors.hubspot.api.outcomes import (
    Done,
    Later,
    Outcome,
    Partial,
    Refused,
    TokenGone,
    Unsure,
    refused,
)
from guerdon.connectors.hubspot.api.pace import Pace
from guerdon.connectors.hubspot.api.versions import Place
from guerdon.http import Answer, Unreachable

WITHIN_S = 30.0
ERRORS_MAX = 1000
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
# Without a Retry-After: what the guides advise, or a little more than what a limit of theirs lasts.
TROUBLE_S, LOCKED_S, MOVING_S, SEARCH_S, BURST_S, DAY_S, WAIT_S_MAX = (
    5.0,
    2.0,
    3600.0,
    1.0,
    10.0,
    900.0,
    86_400.0,
)
LOCKED, TOO_MANY, MOVING, TIMED_OUT = 423, 429, 477, 408

Answered = TypeVar("Answered")
Reader = Callable[[bytes], Answered]
TokenSource = Callable[[], str]


class Asks(Protocol):
    """What asks another address; `guerdon.http.Client` does."""

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        """The answer; raises `Unreachable` and nothing else."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request. `writes`: it may take effect though no answer comes."""

    method: str
    path: str
    body: object | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    writes: bool = False
    search: bool = False
    # Values that must not come back in anybody's words.
    secrets: tuple[str, ...] = field(default=(), repr=False)


def reading(path: str, body: object | None = None, *, search: bool = False) -> Question:
    """A question that changes nothing, however it is asked."""
    return Question("GET" if body is None else "POST", path, body, search=search)


def writing(path: str, body: object, method: str = "POST") -> Question:
    """A request that changes something."""
    return Question(method, path, body, writes=True)


def nothing(_body: bytes) -> None:
    """Read an answer in which nothing is wanted."""


@dataclass(frozen=True, slots=True)
class Api:
    """HubSpot as one connection may ask it, from any thread; without a token only what needs none."""

    http: Asks = field(repr=False)
    token: TokenSource | None = field(default=None, repr=False)
    pace: Pace | None = None
    place: Place = field(default_factory=Place)
    within_s: float = WITHIN_S
    tick: Callable[[], float] = monotonic

    def ask(self, question: Question, read: Reader[Answered]) -> Outcome[Answered]:
        """Send a request once; `read` makes sense of a success's body."""
        wait = self.pace.take(self.tick(), search=question.search) if self.pace else 0.0
        if wait > 0:
            return Later(wait, "pace")
        token = self.token() if self.token is not None else ""
        headers, body = _written(question)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = self.place.api + question.path
        try:
            answer = self.http.ask(question.method, url, headers, body, self.within_s)
        except Unreachable as fault:
            return _unanswered(question, fault)
        if self.pace is not None:
            self.pace.learn(self.tick(), answer.headers)
        secrets = (token, *question.secrets)
        outcome = _judged(question, answer, read, secrets)
        if self.pace is not None and answer.status in (TOO_MANY, MOVING) and isinstance(outcome, Later):
            self.pace.hold(self.tick(), outcome.after_s, search=question.search and outcome.why != "day")
        return outcome


def _written(question: Question) -> tuple[dict[str, str], bytes | None]:
    headers = {"Accept": "application/json"}
    if question.form is not None:
        return headers | {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(
            question.form
        ).encode()
    if question.body is None:
        return headers, b"" if question.writes and question.method != "DELETE" else None
    return headers | {"Content-Type": "application/json"}, msgspec.json.encode(question.body)


def _unanswered(question: Question, fault: Unreachable) -> Outcome[Any]:
    if fault.reason == "url":
        return refused("URL", "HubSpot's address, as it is set, is none that may be asked")
    if fault.sent and question.writes:
        return Unsure(fault.reason)
    if fault.reason == "large":
        return refused("TOO_LARGE", "the answer is larger than what is read")
    return Later(TROUBLE_S, "unreachable")


def _judged(
    question: Question, answer: Answer, read: Reader[Answered], secrets: tuple[str, ...]
) -> Outcome[Answered]:
    status = answer.status
    if 200 <= status < 300:
        return _succeeded(question, answer, read, secrets)
    wrong = read_wrong(answer.body, secrets)
    if status == 401:
        return TokenGone(expired=wrong.category == "EXPIRED_AUTHENTICATION")
    if status == TOO_MANY:
        return _limited(question, answer, wrong)
    if status in (LOCKED, MOVING, TIMED_OUT):
        fallback = {LOCKED: LOCKED_S, MOVING: MOVING_S}.get(status, TROUBLE_S)
        # Who gave up waiting for it may find it done.
        late = status == TIMED_OUT and question.writes
        return Later(_retry_after(answer, fallback), "trouble", perhaps=late)
    if status >= 500:
        return Later(_retry_after(answer, TROUBLE_S), "trouble", perhaps=question.writes)
    return Refused(status, wrong)


def _succeeded(
    question: Question, answer: Answer, read: Reader[Answered], secrets: tuple[str, ...]
) -> Outcome[Answered]:
    try:
        found = read(answer.body)
        errors = _errors(answer.body, secrets) if answer.status == 207 else ()
    except msgspec.ValidationError:
        # It is JSON, and not what is documented: it will not be tomorrow either.
        return (
            Unsure("unreadable")
            if question.writes
            else refused("UNREADABLE", "the answer is not as documented", answer.status)
        )
    except UNREADABLE:
        return Unsure("unreadable") if question.writes else Later(TROUBLE_S, "unreachable")
    return Partial(found, errors) if errors else Done(found)


def _errors(body: bytes, secrets: tuple[str, ...]) -> tuple[Wrong, ...]:
    given = msgspec.json.decode(body)
    listed = given.get("errors") if isinstance(given, dict) else None
    told = [told_wrong(each, secrets) for each in (listed if isinstance(listed, list) else [])[:ERRORS_MAX]]
    if not told and isinstance(given, dict) and given.get("numErrors"):
        return (Wrong(message="errors that the answer does not name"),)
    return tuple(told)


def _limited(question: Question, answer: Answer, wrong: Wrong) -> Later:
    if wrong.policy == "DAILY":
        return Later(_retry_after(answer, DAY_S), "day")
    fallback = SEARCH_S if question.search or wrong.policy == "SECONDLY" else BURST_S
    return Later(_retry_after(answer, fallback), "limit")


def _retry_after(answer: Answer, fallback: float) -> float:
    text = answer.headers.get("retry-after", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return fallback
    return min(float(text), WAIT_S_MAX)
