"""`POST /hooks/suppliers/{program}/{account}`: a supplier says that something became of an order.

It is verified over the raw bytes and noted as "look at this one", never as what it says: what became of it is
asked of the supplier. So one that is sent twice, late, or before its order was answered does no harm. Who
guesses is told the same whatever there is.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping

from guerdon.engine.orders.looking import note
from guerdon.engine.orders.port import Notice
from guerdon.store.database import UNAVAILABLE
from guerdon.suppliers.wired import Suppliers
from guerdon.values.clock import utc_now
from guerdon.web.intake.asgi import Headers, Receive, Scope, Send, answer, problem, take_body
from guerdon.web.intake.hooks import COME_AGAIN
from guerdon.web.intake.unsigned import refuse_unsigned
from guerdon.web.rooms import Room

PREFIX = "/hooks/suppliers/"

log = logging.getLogger(__name__)


class SupplierDoor:
    """Takes what suppliers tell; one a process."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._suppliers = Suppliers(room.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one callback."""
        if scope["method"] != "POST":
            await problem(send, 405, "Send callbacks by POST", ((b"allow", b"POST"),))
            return
        body = await take_body(scope, receive, send)
        if body is None:
            return
        if self._room.stale:
            await asyncio.to_thread(self._room.refresh)
        program, _, account = scope["path"].removeprefix(PREFIX).partition("/")
        found = self._room.program_by_key(program)
        notice = None
        if found is not None:
            given = _headers(scope["headers"])
            notice = self._suppliers.read_notice(found[1], account, given, body, utc_now())
        if found is None or notice is None:
            await refuse_unsigned(self._room, scope, send)
            return
        try:
            await asyncio.to_thread(self._note, found[0], account, notice)
        except UNAVAILABLE:
            log.warning("a callback could not be noted; it is asked to come again")
            await problem(send, 503, "Not noted; send it again in a moment", COME_AGAIN)
            return
        await answer(send, 200, {"noted": True})

    def _note(self, program_id: int, account: str, notice: Notice) -> None:
        if not notice.their_id and not notice.ref:
            return
        with self._room.reading(program_id) as tx:
            note(tx, program_id, account, notice, utc_now())


def _headers(given: Headers) -> Mapping[str, str]:
    # One that stands twice is one that nobody can rely on.
    names = Counter(name for name, _ in given)
    once = [(name, value) for name, value in given if names[name] == 1]
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in once}
