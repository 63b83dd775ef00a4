"""`POST /hooks/hubspot/{connection}`: verify over the raw bytes, keep, answer. Nothing is decided here.

Not believed: 401, and only a counter remembers. Authentic but unusable: 200, and quarantine says why,
because HubSpot would drop what a 4xx answers.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.connectors.hubspot.signature import Rejected, Request, verify
from guerdon.engine.arrivals import Arrival, Unusable
from guerdon.engine.intake import Delivery
from guerdon.values.clock import utc_now
from guerdon.web.intake.asgi import Receive, Scope, Send, answer, problem, take_body
from guerdon.web.intake.writer import Busy, Writer
from guerdon.web.rooms import Room

PREFIX = "/hooks/hubspot/"
COME_AGAIN = ((b"retry-after", b"1"),)


async def hubspot_hook(room: Room, writer: Writer, scope: Scope, receive: Receive, send: Send) -> None:
    """Take one webhook request."""
    name = scope["path"].removeprefix(PREFIX)
    if scope["method"] != "POST":
        await problem(send, 405, "Send events by POST", ((b"allow", b"POST"),))
        return
    if room.stale:
        await asyncio.to_thread(room.refresh)
    found = room.program_by_connection("hubspot", name)
    if found is None:
        await problem(send, 404, "There is no such connection")
        return
    program_id, program = found
    body = await take_body(scope, receive, send, partial(writer.count_rejected, program_id, name))
    if body is None:
        return
    secret = room.settings.connection_secret(program.connections[name].secret)
    previous = room.settings.connection_secret(program.connections[name].secret + "_PREVIOUS")
    request = Request(
        "POST", room.settings.public_url + scope["path"] + _query(scope), scope["headers"], body
    )
    judged = verify(request, [s for s in (secret, previous) if s], utc_now())
    if isinstance(judged, Rejected):
        writer.count_rejected(program_id, name, judged.reason)
        await problem(send, 401, "The signature is missing, wrong or outside its five minutes")
        return
    await _keep(writer, program_id, Delivery(name, body, _elements(body)), send)


async def _keep(writer: Writer, program_id: int, delivery: Delivery, send: Send) -> None:
    try:
        kept = await writer.keep(program_id, delivery)
    except Busy:
        await problem(send, 503, "Not kept; send it again in a moment", COME_AGAIN)
        return
    await answer(
        send, 200, {"accepted": kept.accepted, "duplicates": kept.duplicates, "quarantined": kept.quarantined}
    )


def _elements(body: bytes) -> Sequence[Arrival | Unusable]:
    read = read_arrivals(body)
    return [read] if isinstance(read, Unusable) else read


def _query(scope: Scope) -> str:
    raw: bytes = scope.get("query_string", b"")
    return "?" + raw.decode("latin-1") if raw else ""
