"""The web process's front: events and live streams by the plain doors, everything else by Django.

Whatever goes wrong beyond a door's own answers is caught here, once, and never shown to the one who asked.
"""

import logging
import re

from guerdon.web.intake.asgi import Bounded, Receive, Scope, Send, problem
from guerdon.web.intake.events import PATH as EVENTS_PATH
from guerdon.web.intake.events import Keys, take_events
from guerdon.web.intake.hooks import PREFIX as HOOKS_PREFIX
from guerdon.web.intake.hooks import hubspot_hook
from guerdon.web.intake.messages import PREFIX as MESSAGES_PREFIX
from guerdon.web.intake.messages import MessageDoor
from guerdon.web.intake.steps import SUFFIX as STEP_SUFFIX
from guerdon.web.intake.steps import hubspot_step
from guerdon.web.intake.suppliers import PREFIX as SUPPLIERS_PREFIX
from guerdon.web.intake.suppliers import SupplierDoor
from guerdon.web.intake.writer import Writer
from guerdon.web.masks import mask_logs
from guerdon.web.rooms import Room

# Django keeps a body on disk before it asks who sent it. A file that staff send by a form may have 10 MB.
BODY_BYTES_MAX, UPLOAD_BYTES_MAX = 1 << 20, 11 << 20
_UPLOAD = re.compile(
    r"/console/[^/]+/(?:decisions/new|catalog/feeds|pools|delivery/before|reconciliation|imports)"
    r"|/api/v1/(?:drops|catalog/feeds)/.*"
)

log = logging.getLogger(__name__)


class Front:
    """The ASGI application."""

    def __init__(self, room: Room) -> None:
        # Django reads its settings when it is imported, so it comes after the room is open.
        from guerdon.web import accounts, live  # noqa: PLC0415
        from guerdon.web.inapp import stream  # noqa: PLC0415

        mask_logs()
        self._room = room
        self._writer = Writer(room)
        self._keys = Keys(room)
        self._callbacks = SupplierDoor(room)
        self._told = MessageDoor(room)
        pages = accounts.application()
        # It speaks Django's tongue, so it too is there only once the pages are.
        from guerdon.web.api.elsewhere import guarded  # noqa: PLC0415

        self._pages = guarded(pages)
        self._live = live.live_app
        self._inapp, self._inapp_path = stream.inapp_app, stream.PATH

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            await self._serve(scope, receive, send)
        except Exception:
            log.exception("a request failed: %s %s", scope["method"], scope["path"])
            await problem(send, 500, "Something of ours failed; it was noted")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(HOOKS_PREFIX) and path.endswith(STEP_SUFFIX):
            await hubspot_step(self._room, self._writer, scope, receive, send)
        elif path.startswith(HOOKS_PREFIX):
            await hubspot_hook(self._room, self._writer, scope, receive, send)
        elif path.startswith(SUPPLIERS_PREFIX):
            await self._callbacks(scope, receive, send)
        elif path.startswith(MESSAGES_PREFIX):
            await self._told(scope, receive, send)
        elif path == EVENTS_PATH:
            await take_events(self._room, self._writer, self._keys, scope, receive, send)
        elif path.startswith("/console/") and path.rstrip("/").endswith("/stream"):
            await self._live(scope, receive, send)
        elif path == self._inapp_path:
            await self._inapp(scope, receive, send)
        else:
            await self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        at_most = UPLOAD_BYTES_MAX if _UPLOAD.fullmatch(scope["path"]) else BODY_BYTES_MAX
        body = Bounded(scope, receive, at_most)
        await self._pages(scope, body, send)
        if body.overrun:
            title = f"The body is larger than {at_most >> 20} MiB"
            await problem(send, 413, title, [(b"connection", b"close")])
        elif body.late:
            await problem(send, 408, "The body did not come in time", [(b"connection", b"close")])

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._writer.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
