"""`POST /hooks/hubspot/{connection}/action`: a step of a workflow, signed by v2, that waits for its result.

It becomes an ordinary event; the answer is that we are at it, and the result follows by the callback. The
same callback that comes again is the same event, and is answered the same. One that cannot be one is set
apart, and the workflow is told at once that it failed: it goes on and notes it.
"""

import asyncio
from functools import partial

from guerdon.connectors.hubspot.action import failed, waiting
from guerdon.connectors.hubspot.asked import kept_body, step_arrival
from guerdon.connectors.hubspot.signature import Rejected, Request, verify_old
from guerdon.engine.arrivals import Unusable
from guerdon.engine.crm.actions import AT_MOST, OUTCOME, REASON
from guerdon.engine.intake import Delivery
from guerdon.program.model import Connection
from guerdon.values.clock import utc_now
from guerdon.web.intake.asgi import Receive, Scope, Send, problem, take_body
from guerdon.web.intake.hooks import COME_AGAIN, PREFIX
from guerdon.web.intake.writer import Busy, Writer
from guerdon.web.rooms import Room

SUFFIX = "/action"


async def hubspot_step(room: Room, writer: Writer, scope: Scope, receive: Receive, send: Send) -> None:
    """Take one step of a workflow."""
    name = scope["path"].removeprefix(PREFIX).removesuffix(SUFFIX)
    if scope["method"] != "POST":
        await problem(send, 405, "Send steps by POST", ((b"allow", b"POST"),))
        return
    if room.stale:
        await asyncio.to_thread(room.refresh)
    found = room.program_by_connection("hubspot", name)
    if found is None:
        await problem(send, 404, "There is no such connection")
        return
    program_id, program = found
    connection = program.connections[name]
    body = await take_body(scope, receive, send, partial(writer.count_rejected, program_id, name))
    if body is None:
        return
    judged = _judged(room, connection, scope, body)
    if isinstance(judged, Rejected):
        writer.count_rejected(program_id, name, judged.reason)
        await problem(send, 401, "The signature is missing or wrong")
        return
    delivery, reply = _delivery(connection, body)
    try:
        await writer.keep(program_id, delivery)
    except Busy:
        await problem(send, 503, "Not kept; send it again in a moment", COME_AGAIN)
        return
    await _reply(send, reply)


def _judged(room: Room, connection: Connection, scope: Scope, body: bytes) -> object:
    secret = room.settings.connection_secret(connection.secret)
    previous = room.settings.connection_secret(connection.secret + "_PREVIOUS")
    # An address with a query is not the one that is told to HubSpot.
    request = Request("POST", room.settings.public_url + scope["path"], scope["headers"], body)
    return verify_old(request, [s for s in (secret, previous) if s], "v2")


def _delivery(connection: Connection, body: bytes) -> tuple[Delivery, bytes]:
    now = utc_now()
    step = step_arrival(connection, body)
    if isinstance(step, Unusable):
        return Delivery(connection.key, body, [step]), _refused(step)
    asked, element = step
    kept = kept_body(body, now)
    if isinstance(element, Unusable):
        return Delivery(connection.key, kept, [element]), _refused(element)
    return Delivery(connection.key, kept, [element], callback=asked.callback_id), waiting(AT_MOST)


def _refused(element: Unusable) -> bytes:
    return failed({OUTCOME: "set_apart", REASON: element.reason})


async def _reply(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
