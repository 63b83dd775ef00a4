"""Which answers an operation can give: its own, and every problem that can come instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from guerdon.store.database import Transaction
from guerdon.web.api.callers import caller_of
from guerdon.web.api.problems import Problem, rendered
from guerdon.web.rooms import room

Answers = dict[int, Any]
_ALWAYS = (401, 403, 422, 429, 500, 503)
_OF_CHANGES = (400, 409, 413, 415)


def reads(model: type[BaseModel], *also: int) -> Answers:
    """The answers of an operation that reads."""
    return {200: model, **dict.fromkeys(sorted({*_ALWAYS, *also}), Problem)}


def asks(model: type[BaseModel], *also: int) -> Answers:
    """The answers of an operation that is posted, for its body, and changes nothing."""
    return {200: model, **dict.fromkeys(sorted({*_ALWAYS, 400, 413, 415, *also}), Problem)}


def changes(model: type[BaseModel], *also: int, status: int = 200) -> Answers:
    """The answers of an operation that changes something."""
    return {status: model, **dict.fromkeys(sorted({*_ALWAYS, *_OF_CHANGES, *also}), Problem)}


def told(model: BaseModel) -> HttpResponse:
    """What was read, as an answer."""
    return rendered(200, model.model_dump_json().encode())


@contextmanager
def reading(request: HttpRequest) -> Iterator[Transaction]:
    """A transaction that sees what the caller's key sees."""
    caller = caller_of(request)
    with room().reading(caller.program_id, scope=caller.place) as tx:
        yield tx
