"""The description of events, of the live version of the key's program."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import RootModel

from guerdon.web.api.answers import reads
from guerdon.web.api.asyncapi.document import write_document
from guerdon.web.api.callers import caller_of
from guerdon.web.api.problems import missing, rendered
from guerdon.web.rooms import room

router = Router(tags=["versions"])


class AsyncApi(RootModel[dict[str, Any]]):
    """A document of AsyncAPI 3.0."""


@router.get("/asyncapi.json", response=reads(AsyncApi, 404), operation_id="get_asyncapi")
def get_asyncapi(request: HttpRequest) -> HttpResponse:
    """Describe the events that may be sent here and those that are told, as AsyncAPI 3.0."""
    caller = caller_of(request)
    # It says what the program's text says, and that is for keys of all of it.
    if not caller.place.whole:
        raise missing()
    return rendered(200, write_document(caller.program, room().settings.public_url))
