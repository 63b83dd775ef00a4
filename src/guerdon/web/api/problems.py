"""Problem details (RFC 9457): what went wrong, in a form that programs can act on.

`type` is stable and means one thing; `errors` names each wrong field by JSON pointer, parameter or header.
What is missing and what belongs to somebody else is told by the same words.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from guerdon.store.database import UNAVAILABLE
from guerdon.values.problems import Problem as Mistake
from guerdon.web.api.shapes.plain import Told

log = logging.getLogger(__name__)
TYPE = "application/problem+json"
Headers = Sequence[tuple[str, str]]
AGAIN = (("Retry-After", "1"),)


class WrongField(Told):
    """Where a mistake is: in the body (JSON pointer), a parameter of the address, or a header."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None


class Problem(Told):
    """What went wrong."""

    type: str = Field(
        description="Stable: what programs tell problems apart by.", examples=["urn:guerdon:missing"]
    )
    title: str
    status: int
    detail: str
    reason: str | None = Field(None, description="Why the program refused, as receipts name it.")
    errors: list[WrongField] | None = None


class Trouble(Exception):  # noqa: N818  an answer
    """A request that is answered with a problem."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        headers: Headers = (),
        errors: Iterable[WrongField] = (),
        *,
        reason: str = "",
    ) -> None:
        super().__init__(kind)
        self.status = status
        self.headers = headers
        self.problem = Problem(
            type=f"urn:guerdon:{kind}",
            title=TITLES[kind],
            status=status,
            detail=detail,
            reason=reason or None,
            errors=list(errors) or None,
        )

    @property
    def body(self) -> bytes:
        """The problem as it is sent."""
        return self.problem.model_dump_json(exclude_none=True).encode()

    def answer(self) -> HttpResponse:
        """The answer to the request."""
        return rendered(self.status, self.body, self.headers)


TITLES = {
    "key": "No valid key",
    "scope": "The key may not do this",
    "place": "The key does not reach this",
    "origin": "Sent from another site",
    "pace": "Too many requests",
    "guesses": "Too many wrong guesses",
    "missing": "There is no such thing",
    "method": "Not with this method",
    "unreadable": "The body cannot be read",
    "too-large": "The body is too large",
    "media-type": "Send JSON",
    "wrong": "Some fields are wrong",
    "refused": "Refused",
    "edited": "Somebody saved since",
    "no-idempotency-key": "The header Idempotency-Key is missing",
    "key-reused": "This Idempotency-Key belongs to another request",
    "in-flight": "The first request with this Idempotency-Key is still at work",
    "unavailable": "Not done; send it again in a moment",
    "broken": "Something of ours failed",
}


def rendered(status: int, body: bytes, headers: Headers = ()) -> HttpResponse:
    """An answer: a problem from 400 on."""
    kind = "application/json" if status < 400 else TYPE
    answer = HttpResponse(body, status=status, content_type=kind)
    # Whose eyes it is for is the key, so no cache on the way keeps it.
    answer.headers["Cache-Control"] = "no-store"
    for name, value in headers:
        answer.headers[name] = value
    return answer


def missing() -> Trouble:
    """The one answer for what is not there and for what is somebody else's."""
    return Trouble(404, "missing", "There is nothing here, or nothing for this key")


def wrong(errors: Iterable[WrongField]) -> Trouble:
    """Every field that is wrong."""
    found = list(errors)
    return Trouble(422, "wrong", "1 mistake" if len(found) == 1 else f"{len(found)} mistakes", errors=found)


def wrong_in_body(mistakes: Sequence[Mistake], rows: str, names: Mapping[str, str]) -> Trouble:
    """What a check of the content found; a line is the number of a row in the list `rows`."""
    said = []
    for each in mistakes:
        field = names.get(each.where, each.where)
        inside = f"/{rows}/{each.line - 1}" if each.line is not None and rows else ""
        detail = f"{each.what}; {each.hint}" if each.hint else each.what
        said.append(WrongField(detail=detail, pointer=f"{inside}/{field}"))
    return wrong(said)


def told_as_problem(request: HttpRequest, fault: Exception | type[Exception]) -> HttpResponse:
    """Whatever an operation raised, as a problem."""
    match fault:
        case Trouble():
            trouble = fault
        case ValidationError():
            trouble = _invalid(fault)
        case HttpError(status_code=400):
            trouble = Trouble(400, "unreadable", "It is not JSON, or holds what JSON has no words for")
        case Http404():
            trouble = missing()
        case _ if isinstance(fault, UNAVAILABLE):
            log.warning("the database did not do it: %s %s", request.path, fault)
            trouble = Trouble(503, "unavailable", "The database is busy or away; nothing was done", AGAIN)
        case _:
            assert isinstance(fault, Exception)
            log.error("a request failed: %s %s", request.method, request.path, exc_info=fault)
            trouble = Trouble(500, "broken", "It was noted; whether it was done is told under the same key")
    return trouble.answer()


def _invalid(fault: ValidationError) -> Trouble:
    found = []
    for error in fault.errors:
        source, *rest = error["loc"]
        if source == "path":
            return missing()
        found.append(_field(source, rest, error["msg"]))
    return wrong(found)


def _field(source: str, place: Sequence[Any], detail: str) -> WrongField:
    # Before the field stands the name of our own argument.
    inner = [str(part) for part in place[1:]]
    if source == "query":
        return WrongField(detail=detail, parameter=inner[-1] if inner else str(place[0]))
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in inner)
    return WrongField(detail=detail, pointer=pointer)
